import type { Config } from '../kernel/config.ts'
import { system } from '../kernel/context.ts'
import { isDomainError } from '../kernel/errors.ts'
import { withDatabase } from './database.ts'
import { CommandFailed } from './sandbox.ts'

export interface NewOperator {
  email: string
  displayName: string
  /** of the organisation, when its directory does not exist yet */
  organisation: string
  country: string
  password: string
}

/**
 * Makes a person of the marketplace's own staff, and the staff's directory with the first one: how a production installation gets somebody
 * who may sign in. Whoever may run this has the database anyway.
 *
 * @throws CommandFailed with the rule that an answer breaks (address taken, short password, unknown country)
 */
export async function createOperator(config: Config, { email, displayName, organisation, country, password }: NewOperator) {
  const domain = email.split('@')[1] ?? ''
  try {
    return await withDatabase(config, (kernel, { directory }) =>
      kernel.run(system, async (ctx) => {
        const known = await directory.findTenant(ctx, domain)
        const tenant = known ?? (await directory.createTenant(ctx, { name: organisation, domain, country }))
        const user = await directory.createUser(ctx, { tenantId: tenant.tenantId, email, displayName, password, roles: ['operator'] })
        return { email: user.email, tenant: tenant.name, tenantId: tenant.tenantId, objectId: user.objectId }
      }),
    )
  } catch (error) {
    if (!isDomainError(error)) throw error
    throw new CommandFailed(`${error.target ? `${error.target}: ` : ''}${error.message}`, true)
  }
}

/** Makes a new signing key at once; the present one stays published until its last token has expired. */
export async function rotateKeys(config: Config) {
  return withDatabase(config, (kernel, { directory }) =>
    kernel.run(system, async (ctx) => {
      await directory.rotateSigningKey(ctx)
      return { rotated: true, signsInMinutes: 10, oldKeyPublishedForMinutes: 75 }
    }),
  )
}

/**
 * Ends the second factor of a person who has lost phone and recovery codes; the next sign-in asks for the password, and by the policy for a new app.
 *
 * @throws CommandFailed when nobody has the address
 */
export async function removeSecondFactor(config: Config, email: string) {
  return withDatabase(config, (kernel, { directory }) =>
    kernel.run(system, async (ctx) => {
      const user = await directory.findUserByEmail(ctx, email)
      if (!user) throw new CommandFailed(`Nobody has the address ${email}.`, true)
      const removed = await directory.removeSecondFactor(ctx, user.objectId, 'from the command line')
      return { email: user.email, removed }
    }),
  )
}
