// One build for everything: the main bundle has one entry per process (Electron, engine, compute thread, layout thread, command line),
// so that each can be started on its own; the renderer is a plain web application.
import { resolve } from 'node:path'
import { defineConfig } from 'electron-vite'
import tailwindcss from '@tailwindcss/vite'
import vue from '@vitejs/plugin-vue'

const shared = resolve(import.meta.dirname, 'src/shared')

export default defineConfig({
  main: {
    resolve: { alias: { '@shared': shared } },
    build: {
      target: 'node20',
      // tfjs-core registers its gradients from ES modules that import each other without file extensions, which Node
      // refuses to resolve; in the bundle nothing is left to resolve.
      externalizeDeps: { exclude: ['@tensorflow/tfjs-core'] },
      rollupOptions: {
        input: {
          index: resolve(import.meta.dirname, 'src/main/index.ts'),
          engine: resolve(import.meta.dirname, 'src/main/engine/index.ts'),
          compute: resolve(import.meta.dirname, 'src/main/engine/compute/thread/index.ts'),
          layout: resolve(import.meta.dirname, 'src/main/engine/compute/layout/thread.ts'),
          cli: resolve(import.meta.dirname, 'src/main/cli/index.ts'),
        },
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    resolve: { alias: { '@shared': shared } },
    build: {
      rollupOptions: {
        input: { index: resolve(import.meta.dirname, 'src/preload/index.ts') },
        // A sandboxed preload script cannot be an ES module.
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: resolve(import.meta.dirname, 'src/renderer'),
    resolve: { alias: { '@shared': shared, '@renderer': resolve(import.meta.dirname, 'src/renderer') } },
    plugins: [vue(), tailwindcss()],
    build: {
      target: 'chrome140',
      rollupOptions: { input: resolve(import.meta.dirname, 'src/renderer/index.html') },
    },
  },
})
