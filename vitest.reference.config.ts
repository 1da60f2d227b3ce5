// The engine beside PyTorch at the published sizes: `npm run test:reference`. It needs Python, and about 5 GB for PyTorch.
import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { alias: { '@shared': resolve(import.meta.dirname, 'src/shared') } },
  test: {
    include: ['test/reference/**/*.test.ts'],
    // As in vitest.config.ts.
    server: { deps: { inline: [/tfjs-core\/dist\/(register_all_gradients|gradients|kernel_names|gradients_util)/] } },
    testTimeout: 600_000, hookTimeout: 600_000, fileParallelism: false,
  },
})
