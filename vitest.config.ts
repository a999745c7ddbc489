import { existsSync } from 'node:fs'
import { defineConfig } from 'vitest/config'

const chromium = process.env.CHROME_PATH ?? '/usr/bin/chromium'
const browserTests = existsSync(chromium) ? [] : ['test/browser/**']
if (browserTests.length > 0) console.warn(`Without Chromium (${chromium}; CHROME_PATH names another) the tests in a browser are left out.`)

const exclude = ['**/node_modules/**', 'dist/**', 'test/faults/**']
// Whole marketplaces in processes or browsers of their own.
const whole = ['test/browser/**/*.test.ts', 'test/*.test.ts']
// The integration check judges how fast a publisher answers: nothing else may run beside it.
const timed = ['test/browser/integration-check*.test.ts', 'test/integration-check*.test.ts']

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
          // One load of the modules a worker, not one a file: tests keep their state in kernels and databases of their own.
          isolate: false,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'whole',
          include: whole,
          exclude: [...exclude, ...browserTests, ...timed],
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: { name: 'timed', include: timed, exclude: [...exclude, ...browserTests], maxWorkers: 1, sequence: { groupOrder: 2 } },
      },
    ],
  },
})
