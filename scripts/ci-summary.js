// Last line of .ci/run: `N passed, N failed` from vitest's JSON report and the exit codes of the tests and of `npm run check`.
// A test file that could not be loaded holds no test, a crash leaves no report: both count as failures, so that the line never looks
// better than what happened.
import { readFileSync } from 'node:fs'

const [reportPath, testsExit, checksExit] = process.argv.slice(2)

let passed = 0
let failed = 0
try {
  const report = JSON.parse(readFileSync(reportPath, 'utf8'))
  passed = report.numPassedTests
  failed = report.numFailedTests
  failed += report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  ).length
  if (passed + failed === 0) failed = 1
} catch (error) {
  console.error(`No report of the tests: ${error.message}`)
  failed = 1
}
if (testsExit !== '0' && failed === 0) failed = 1
if (checksExit !== '0') failed += 1

console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
