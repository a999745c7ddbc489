import { existsSync } from 'node:fs'
import { defineConfig } from 'vitest/config'

const chromium = process.env.CHROME_PATH ?? '/usr/bin/chromium'
const browserTests = existsSync(chromium) ? [] : ['test/browser/**']
if (browserTests.length > 0) console.warn(`Without Chromium (${chromium}; CHROME_PATH names another) the tests in a browser are left out.`)

const exclude = ['**/node_modules/**', 'dist/**', 'test/faults/**']
// Whole marketplaces in processes or browsers of their own: two of them at once would only wait for each other.
const whole = ['test/browser/**/*.test.ts', 'test/*.test.ts']

export default defineConfig({
  test: {
    globalSetup: ['test/global-setup.ts'],
    pool: 'forks',
    // The first database of a run, and every start of a whole marketplace, take their time on a busy machine.
    testTimeout: 30_000,
    hookTimeout: 90_000,
    teardownTimeout: 30_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'rooms',
          include: ['src/**/*.test.{ts,tsx}', 'tools/**/*.test.ts', 'examples/*/src/**/*.test.ts'],
          exclude,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: 'whole', include: whole, exclude: [...exclude, ...browserTests], maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
})
