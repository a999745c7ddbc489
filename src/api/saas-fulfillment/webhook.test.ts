import { readFileSync, writeFileSync } from 'node:fs'
import { Marked, type Tokens } from 'marked'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { webhook } from './schemas.ts'

const docs = new URL('../../../docs/', import.meta.url)
const schemaFile = new URL('schemas/webhook-v1.json', docs)

test('docs/schemas/webhook-v1.json is the schema of what is sent (STOA_UPDATE_DOCS=1 writes it)', () => {
  const text = `${JSON.stringify(z.toJSONSchema(webhook, { io: 'output' }), null, 2)}\n`
  if (process.env.STOA_UPDATE_DOCS) writeFileSync(schemaFile, text)
  expect(readFileSync(schemaFile, 'utf8')).toBe(text)
})

test('AP-059 the samples of docs/webhooks.md are valid, one for each action', () => {
  const samples = new Marked()
    .lexer(readFileSync(new URL('webhooks.md', docs), 'utf8'))
    .filter((token): token is Tokens.Code => token.type === 'code' && token.lang === 'json')
    .map(({ text }) => webhook.strict().parse(JSON.parse(text)))
  expect(samples.map(({ action }) => action).toSorted()).toEqual([
    'ChangePlan',
    'ChangeQuantity',
    'Reinstate',
    'Renew',
    'Suspend',
    'Unsubscribe',
  ])
})
