// Sums the JSON reports of several vitest runs and prints one line: `N passed, N failed` (and `, N skipped`).
//   node scripts/countTests.mjs report.json …
import { existsSync, readFileSync } from 'node:fs'

const counts = { passed: 0, failed: 0, skipped: 0 }
for (const path of process.argv.slice(2)) {
  // A suite that did not get as far as a report failed as a whole.
  if (!existsSync(path)) {
    counts.failed += 1
    continue
  }
  const report = JSON.parse(readFileSync(path, 'utf8'))
  counts.passed += report.numPassedTests
  counts.failed += report.numFailedTests
  counts.skipped += report.numPendingTests + report.numTodoTests
  // A file that cannot be loaded has no failed test of its own.
  counts.failed += report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length
}
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''}\n`)
