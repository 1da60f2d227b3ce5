// The engine's graphs on WebGPU against the CPU. `npm run test:webgpu` gives the environment in which a driver is found.
import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { alias: { '@shared': resolve(import.meta.dirname, 'src/shared') } },
  test: {
    include: ['test/webgpu/**/*.test.ts'],
    // As in vitest.config.ts.
    server: { deps: { inline: [/tfjs-core\/dist\/(register_all_gradients|gradients|kernel_names|gradients_util)/] } },
    testTimeout: 600_000, hookTimeout: 600_000, fileParallelism: false,
  },
})
