import { check } from './cli/check/check.ts'
import { CommandFailed, sandboxAt } from './cli/sandbox.ts'
import { readDemoData } from './domain/demo.ts'
import type { Domain } from './domain/domain.ts'
import { integrationCheckJob } from './domain/integration-check/index.ts'
import { system } from './kernel/context.ts'
import type { Kernel } from './kernel/kernel.ts'

/** Who signs in on the landing page: the demo's customer. */
const customer = 'buyer@adatum.example'
const activateWithinMs = 30_000
const webhookWithinMs = 10_000

/** Does the integration checks that were asked for in Partner Center: the very check of `stoa check`, against this marketplace. */
export function workOffIntegrationChecks(kernel: Kernel, { integrationCheck }: Domain): void {
  const stoa = kernel.config.publicUrl
  kernel.jobs.register<{ run: string }>(
    integrationCheckJob,
    async ({ run: id }) => {
      const asked = await kernel.run(system, (ctx) => integrationCheck.begin(ctx, id))
      if (!asked) return
      try {
        const report = await check({
          stoa,
          call: sandboxAt(stoa, undefined),
          landing: asked.landingPageUrl,
          webhook: asked.webhookUrl,
          offer: `${asked.publisherId}.${asked.offerId}`,
          user: customer,
          password: readDemoData().password,
          submit: asked.submit ?? undefined,
          activateWithinMs,
          webhookWithinMs,
          moveClock: asked.moveClock,
        })
        await kernel.run(system, (ctx) => integrationCheck.end(ctx, id, { report }))
      } catch (error) {
        if (!(error instanceof CommandFailed)) kernel.log.error({ err: error, run: id }, 'integration check')
        const problem = error instanceof CommandFailed ? error.message : 'An unexpected error occurred. It has been logged.'
        await kernel.run(system, (ctx) => integrationCheck.end(ctx, id, { problem }))
      }
    },
    // Once: the publisher's application has seen it. And it moves the clock itself, which would wait for it else.
    { retries: 0, independent: true },
  )
}
