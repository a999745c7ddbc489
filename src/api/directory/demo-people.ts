import { readFileSync } from 'node:fs'
import { z } from 'zod'
import type { Config } from '../../kernel/config.ts'

export interface DemoPerson {
  email: string
  displayName: string
  role: string
}

export interface DemoPeople {
  password: string
  people: DemoPerson[]
}

const demo = z.object({
  password: z.string(),
  tenants: z.array(
    z.object({ users: z.array(z.object({ email: z.string(), displayName: z.string(), roles: z.array(z.string()) })).default([]) }),
  ),
})

const file = new URL('../../../reference-data/demo.json', import.meta.url)

/** The demo sign-ins that the sandbox's page offers with one click; nobody in production. */
export function demoPeople(config: Config): DemoPeople | null {
  if (config.mode !== 'sandbox') return null
  const { password, tenants } = demo.parse(JSON.parse(readFileSync(file, 'utf8')))
  const people = tenants.flatMap(({ users }) =>
    users.map(({ email, displayName, roles }) => ({ email, displayName, role: roles.join(', ') })),
  )
  return { password, people }
}
