import { readFileSync } from 'node:fs'
import { Marked, type Tokens } from 'marked'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { answerable, type OperationAction } from '../../domain/subscriptions/index.ts'
import { webhookSchema } from './webhook-schema.ts'

const samples = new Marked()
  .lexer(readFileSync(new URL('../../../docs/webhooks.md', import.meta.url), 'utf8'))
  .filter((token): token is Tokens.Code => token.type === 'code' && token.lang === 'json')
  .map(({ text }) => JSON.parse(text) as { action: OperationAction; status: string })

test.each(Object.keys(answerable) as OperationAction[])(
  'AP-059 the documented %s webhook is valid by the schema of its action, others are not',
  async (action) => {
    const schema = z.fromJSONSchema((await webhookSchema(`${action}.json`)) as Parameters<typeof z.fromJSONSchema>[0])
    const own = samples.filter((sample) => sample.action === action)
    expect(own).toHaveLength(1)
    for (const sample of samples) expect(schema.safeParse(sample).success, sample.action).toBe(sample.action === action)
    expect(schema.safeParse({ ...own[0], status: 'Failed' }).success).toBe(false)
  },
)

test('a name in any case; no schema for what is no action', async () => {
  expect(await webhookSchema('changeplan.json')).not.toBeNull()
  for (const name of ['Purchase.json', 'ChangePlan', '../webhook-v1.json', '']) expect(await webhookSchema(name)).toBeNull()
})
