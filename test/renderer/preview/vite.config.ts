// `npx vite --config test/renderer/preview/vite.config.ts` shows the interface on made-up data, pictures included.
import { resolve } from 'node:path'
import tailwindcss from '@tailwindcss/vite'
import vue from '@vitejs/plugin-vue'
import { defineConfig, type Plugin } from 'vite'

const root = resolve(import.meta.dirname, '../../..')
const colours = ['#d7484f', '#3f7fd6', '#3fa66b', '#e0b13c', '#8a5bd1', '#e07f3c']

const pictures: Plugin = {
  name: 'made-up-pictures',
  configureServer(server) {
    server.middlewares.use('/media/images', (request, response) => {
      const id = Number(request.url?.split('/')[1] ?? 0)
      const colour = (step: number): string => colours[(id * step) % colours.length] ?? '#888'
      response.setHeader('content-type', 'image/svg+xml')
      response.end(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" width="256" height="256"><rect width="64" height="64" fill="hsl(${(id * 47) % 360} 22% ${18 + (id % 5) * 14}%)"/>
        <circle cx="${14 + (id * 7) % 20}" cy="${16 + (id * 5) % 30}" r="${6 + (id % 6)}" fill="${colour(1)}"/>
        <rect x="${32 + (id * 3) % 14}" y="${10 + (id * 11) % 30}" width="${9 + (id % 7)}" height="${9 + (id % 7)}" fill="${colour(7)}"/></svg>`)
    })
  },
}

export default defineConfig({
  root: import.meta.dirname,
  plugins: [vue(), tailwindcss(), pictures],
  resolve: { alias: { '@shared': resolve(root, 'src/shared'), '@renderer': resolve(root, 'src/renderer') } },
  server: { fs: { allow: [root] } },
})
