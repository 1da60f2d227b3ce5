// The linked TensorFlow beside the compiled engine; only where `npm run tensorflow:link` was run.
import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { alias: { '@shared': resolve(import.meta.dirname, 'src/shared') } },
  test: {
    include: ['test/tensorflow/**/*.test.ts'],
    // As in vitest.config.ts: modules that Node would refuse to resolve.
    server: { deps: { inline: [/tfjs-core\/dist\/(register_all_gradients|gradients|kernel_names|gradients_util)/] } },
    testTimeout: 300_000, hookTimeout: 300_000, fileParallelism: false,
  },
})
