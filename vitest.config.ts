// Unit, parity, training, integration, renderer and rule tests. The end-to-end suite has its own configuration.
import { resolve } from 'node:path'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

const alias = {
  '@shared': resolve(import.meta.dirname, 'src/shared'),
  '@renderer': resolve(import.meta.dirname, 'src/renderer'),
}

export default defineConfig({
  test: {
    // Two cores: tensor tests use both, so more than two workers only makes each slower.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    globalSetup: ['test/helpers/buildMain.ts'],
    projects: [
      {
        resolve: { alias },
        test: {
          name: 'node',
          environment: 'node',
          // What is linked on this computer (npm run tensorflow:link) changes no result here; it has tests of its own.
          env: { FUSELIP_TENSORFLOW_DIR: resolve(import.meta.dirname, 'test', 'no-tensorflow') },
          // These ES modules of tfjs-core import each other without file extensions, which Node refuses to resolve; Vite does.
          server: { deps: { inline: [/tfjs-core\/dist\/(register_all_gradients|gradients|kernel_names|gradients_util)/] } },
          include: ['test/{unit,parity,training,integration,rules}/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        resolve: { alias },
        plugins: [vue()],
        // A project does not take the times above; beside a training run a whole page takes seconds to mount.
        test: { name: 'renderer', environment: 'happy-dom', include: ['test/renderer/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000 },
      },
    ],
  },
})
