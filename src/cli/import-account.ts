import { readFileSync } from 'node:fs'
import type { AccountImport } from '../domain/accounts/index.ts'
import type { Config } from '../kernel/config.ts'
import { system } from '../kernel/context.ts'
import { isDomainError } from '../kernel/errors.ts'
import { withDatabase } from './database.ts'
import { CommandFailed } from './sandbox.ts'

/**
 * Brings a publisher account over from a JSON file and mails its owner the link to claim it.
 *
 * @throws CommandFailed with every field of the file that breaks a rule
 */
export async function importAccount(config: Config, file: string) {
  const given = read(file)
  try {
    return await withDatabase(config, async (kernel, { accounts }) => {
      await kernel.jobs.start({ work: false })
      try {
        const { accountId } = await kernel.run(system, (ctx) => accounts.importAccount(ctx, given))
        return { accountId, claimLinkMailedTo: given.owner.email }
      } finally {
        await kernel.jobs.stop()
      }
    })
  } catch (error) {
    if (!isDomainError(error)) throw error
    const broken = error.details.map(({ target, message }) => `${target ?? ''}: ${message}`)
    throw new CommandFailed([error.message, ...broken].join('\n'), true)
  }
}

/** The domain checks what stands in it. */
function read(file: string): AccountImport {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as AccountImport
  } catch (error) {
    throw new CommandFailed(`${file} cannot be read as JSON: ${error instanceof Error ? error.message : String(error)}`, true)
  }
}
