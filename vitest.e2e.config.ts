// End-to-end runs in a real browser (Debian's or the user's Chromium) against the built studio.
import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { alias: { '@shared': resolve(import.meta.dirname, 'src/shared') } },
  test: {
    include: ['test/e2e/**/*.test.ts'],
    globalSetup: ['test/helpers/buildMain.ts'],
    testTimeout: 300_000, hookTimeout: 180_000, fileParallelism: false,
  },
})
