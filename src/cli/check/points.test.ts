import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { points } from './points.ts'
import { Findings, type Report, reportJunit, reportText } from './report.ts'

const guide = readFileSync(new URL('../../../docs/integration-check.md', import.meta.url), 'utf8')

test.each(points)('the guide says of $id what the table says', ({ id, title, says, mend }) => {
  expect(guide).toContain(`### ${id}\n\n**${title}.** ${says}\n\nTo mend: ${mend}\n`)
})

function reportOf(findings: Findings): Report {
  const results = findings.results('http://localhost:3978/docs/integration-check')
  return {
    landing: 'http://localhost:3980/signup?a=1&b=2',
    webhook: 'http://localhost:3980/webhook',
    offer: 'contoso.contoso-desk',
    plan: 'team',
    startedAt: '2027-01-01T00:00:00.000Z',
    seconds: 1.5,
    counts: { ok: 1, failed: 1, notTested: results.length - 2 },
    points: results,
  }
}

test('JUnit escapes what was seen, the text says how to mend', () => {
  const findings = new Findings()
  findings.ok('resolve', 'It was called.')
  findings.failed('activate', 'Answered "<b>" & \u0000 more')
  findings.ok('activate', 'A failure stands.')
  findings.rest('No time.')
  const report = reportOf(findings)
  const xml = reportJunit(report)
  expect(xml).toContain('<failure message="Answered &quot;&lt;b&gt;&quot; &amp; \uFFFD more">')
  expect(xml).toContain('a=1&amp;b=2')
  expect(xml).toContain('<skipped message="No time."/>')
  expect(xml.match(/<testcase /g)).toHaveLength(points.length)
  expect(reportText(report)).toContain('http://localhost:3978/docs/integration-check#activate')
})
