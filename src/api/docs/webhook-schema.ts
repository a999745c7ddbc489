import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { answerable, type OperationAction } from '../../domain/subscriptions/index.ts'

const file = path.join(import.meta.dirname, '../../../docs/schemas/webhook-v1.json')

interface JsonSchema {
  $id?: string
  title?: string
  properties: Record<string, unknown>
}

/** The action that a file name names, in any case: `changeplan.json` and `ChangePlan.json` alike. */
function actionOf(name: string): OperationAction | undefined {
  const wanted = /^([a-z]+)\.json$/i.exec(name)?.[1]?.toLowerCase()
  return (Object.keys(answerable) as OperationAction[]).find((action) => action.toLowerCase() === wanted)
}

/**
 * JSON Schema of the webhook of one action, version 1, or null for a name that is no action: the schema of all webhooks (which a test compares
 * with the one the sender uses), narrowed to the action and the states it is sent in.
 */
export async function webhookSchema(name: string): Promise<object | null> {
  const action = actionOf(name)
  if (!action) return null
  const all = JSON.parse(await readFile(file, 'utf8')) as JsonSchema
  const status = answerable[action]
    ? { type: 'string', const: 'InProgress', description: 'It waits for an answer.' }
    : { type: 'string', enum: ['Succeeded', 'Success'], description: 'It has happened; no answer is expected.' }
  return {
    ...all,
    $id: all.$id?.replace(/webhook-v1\.json$/, `webhook/v1/${action}.json`),
    title: `${action} webhook of SaaS fulfillment v2`,
    properties: { ...all.properties, action: { type: 'string', const: action }, status },
  }
}
