import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Domain } from '../../domain/domain.ts'
import type { RunInSandbox } from './faults.ts'
import * as schemas from './schemas.ts'

const rules = z.object({
  mode: z
    .enum(['automatic', 'manual'])
    .describe('automatic: decided at once by what validation found; manual: in the queue of the operator console'),
  rejectNext: z.string().nullable().describe('Reason with which the next submission is rejected; null: it is not'),
})

const wanted = z.strictObject({
  mode: rules.shape.mode.default('automatic'),
  rejectNext: z.string().min(1).max(300).nullable().default(null).describe('Rejects the next submission with this reason, then no more'),
})

/** How submissions of offers are certified in the sandbox, so that publishers can try a rejection and the work by hand. */
export function certificationRoutes(plain: FastifyInstance, { publishing }: Pick<Domain, 'publishing'>, run: RunInSandbox): void {
  const app = plain.withTypeProvider<ZodTypeProvider>()
  const url = '/api/sandbox/certification'
  const config = { action: 'sandbox.use' } as const
  const refused = { 400: schemas.error, 413: schemas.error, 415: schemas.error, 401: schemas.error, 403: schemas.error }
  const tags = ['Sandbox']
  const { certification } = publishing

  app.get(
    url,
    { config, schema: { tags, summary: 'How submissions of offers are certified.', response: { 200: rules, ...refused } } },
    async (request) => run(request, async (ctx) => certification.rules(ctx)),
  )

  app.put(
    url,
    {
      config,
      schema: { tags, summary: 'Sets how submissions of offers are certified.', body: wanted, response: { 200: rules, ...refused } },
    },
    async (request) =>
      run(request, async (ctx) => {
        await certification.setRules(ctx, request.body)
        return certification.rules(ctx)
      }),
  )
}
