import type { Ctx } from '../../kernel/context.ts'
import { personalTenantId } from '../../kernel/personal-accounts.ts'
import type { Secrets } from '../../kernel/secrets.ts'
import { gone } from '../../kernel/errors.ts'
import type { Temporal } from 'temporal-polyfill'
import { reserveAttempt } from './attempts.ts'
import * as tables from './schema.ts'
import { fingerprint } from './secrets.ts'
import { domainOwner } from './tenants.ts'
import { issueTicket, spendTicket, type TicketUse } from './tickets.ts'
import { createUser, emailKey, findUserByEmail, type User } from './users.ts'

const linkMinutes = 60
const windowMinutes = 60
const requestsOfOneEmail = 5
const requestsOfOneAddress = 30
/** A name that nobody can own (RFC 2606). */
const domainOfAll = 'personal.invalid'

/** What is asked for before the address was proved. */
export interface NewPersonal {
  email: string
  displayName: string
}

/** What the owner of an address is told who asked for a personal account: how to go on, or why not. */
export type PersonalAnswer = { kind: 'link'; ticket: string } | { kind: 'has-account' } | { kind: 'organisation' }

const use = ({ email, displayName }: NewPersonal): TicketUse => ({ purpose: 'personal', bound: [emailKey(email), displayName] })

/** Counts a request for a personal account. @returns until when nobody may ask from here or for this address, or null */
export async function countPersonalRequest(ctx: Ctx, input: { email: string; address: string }): Promise<Temporal.Instant | null> {
  return (
    (await reserveAttempt(ctx, { key: `join-from:${input.address}`, limit: requestsOfOneAddress, windowMinutes })) ??
    (await reserveAttempt(ctx, { key: `join:${fingerprint(emailKey(input.email))}`, limit: requestsOfOneEmail, windowMinutes }))
  )
}

/** What to write to the address that asked. An address of an organisation's domain is for that organisation to give. */
export async function answerPersonal(ctx: Ctx, secrets: Secrets, input: NewPersonal): Promise<PersonalAnswer> {
  if (await findUserByEmail(ctx, input.email)) return { kind: 'has-account' }
  if ((await domainOwner(ctx, emailKey(input.email).split('@')[1] ?? '')) !== null) return { kind: 'organisation' }
  return { kind: 'link', ticket: issueTicket(ctx, secrets, use(input), linkMinutes).toString('base64url') }
}

/**
 * Makes the account of somebody who has the mail that was sent to the address.
 * @throws gone `LinkExpired`, conflict `EmailTaken`, invalid, also `PasswordLength`
 */
export async function createPersonal(ctx: Ctx, secrets: Secrets, input: NewPersonal & { ticket: string; password: string }): Promise<User> {
  const { email, displayName, password } = input
  if (!(await spendTicket(ctx, secrets, use(input), input.ticket))) {
    throw gone('LinkExpired', 'This link has been used or is older than an hour. Ask for a new one.')
  }
  await ensurePersonalTenant(ctx)
  return createUser(ctx, { tenantId: personalTenantId, email, displayName, password })
}

/** Made with the first account: an installation without personal accounts has no such directory. */
async function ensurePersonalTenant(ctx: Ctx): Promise<void> {
  const made = await ctx.tx
    .insert(tables.tenant)
    .values({ tenantId: personalTenantId, name: 'Personal accounts', country: 'US', createdAt: ctx.wall })
    .onConflictDoNothing()
    .returning({ tenantId: tables.tenant.tenantId })
  if (made.length === 0) return
  await ctx.tx.insert(tables.domain).values({ name: domainOfAll, tenantId: personalTenantId, isPrimary: true, createdAt: ctx.wall })
}
