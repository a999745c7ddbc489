import { existsSync } from 'node:fs'
import { defineConfig } from 'vitest/config'

const chromium = process.env.CHROME_PATH ?? '/usr/bin/chromium'
const browserTests = existsSync(chromium) ? [] : ['test/browser/**']
if (browserTests.length > 0) console.warn(`Without Chromium (${chromium}; CHROME_PATH names another) the tests in a browser are left out.`)

export default defineConfig({
  test: {
    include: ['src/**/*.test.{ts,tsx}', 'test/**/*.test.ts', 'tools/**/*.test.ts', 'examples/*/src/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'dist/**', 'test/faults/**', ...browserTests],
    globalSetup: ['test/global-setup.ts'],
    pool: 'forks',
    // The first database of a run, and every start of a whole marketplace, take their time on a busy machine.
    testTimeout: 30_000,
    hookTimeout: 90_000,
    teardownTimeout: 30_000,
  },
})
