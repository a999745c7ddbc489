/** `stoa check` against the example publisher, which passes it. */
import { expect, test } from 'vitest'
import { check } from '../src/cli/check/check.ts'
import { reportText } from '../src/cli/check/report.ts'
import { sandboxAt } from '../src/cli/sandbox.ts'
import { startTestStoa } from './harness.ts'
import { startPublisher } from './publisher-process.ts'

const stoa = await startTestStoa({ demo: true, worker: true })

test('the example publisher passes every point', { timeout: 120_000 }, async () => {
  const publisher = await startPublisher(stoa)
  try {
    const report = await check({
      stoa: stoa.url,
      call: sandboxAt(stoa.url, undefined),
      landing: publisher.landing,
      webhook: publisher.webhook,
      offer: 'contoso.contoso-desk',
      user: 'buyer@adatum.example',
      password: 'stoa-demo-2026',
      activateWithinMs: 10_000,
      webhookWithinMs: 5_000,
      moveClock: true,
      pace: { poll: 50, logged: 60, slowness: 1000 },
    })
    const notOk = report.points.filter((point) => point.outcome !== 'ok')
    expect(notOk, `${reportText(report)}\n${publisher.output()}`).toEqual([])
  } finally {
    await publisher.stop()
  }
})
