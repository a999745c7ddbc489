import { createHash } from 'node:crypto'
import { createWriteStream, existsSync, mkdirSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { Config } from '../kernel/config.ts'
import { isDomainError } from '../kernel/errors.ts'
import { withDatabase } from './database.ts'
import { CommandFailed } from './sandbox.ts'

/** Months of usage that stay in the database when nothing else is said: the year that analytics and customers look back on. */
const monthsKept = 13

/**
 * Writes usage events of old months to `folder`, one compressed CSV file a month, and takes them out of the database, which may be in use.
 *
 * @throws CommandFailed when a month would go that billing may still read, or a file is in the way
 */
export async function archiveUsage(config: Config, folder: string, months: string | undefined) {
  const keep = months === undefined ? monthsKept : Number(months)
  mkdirSync(folder, { recursive: true })
  try {
    return await withDatabase(config, async (kernel, { metering }) => {
      const now = await kernel.clock.marketNow(kernel.database.db)
      const archived = await metering.archive({ now }, keep, async (month, rows) => {
        const file = `usage-${month.toString().slice(0, 7)}.csv.gz`
        const path = join(folder, file)
        if (existsSync(path)) throw new CommandFailed(`${path} exists. An archive never overwrites a file: move it away.`, true)
        const hash = createHash('sha256')
        const hashed = new PassThrough().on('data', (chunk: Buffer) => hash.update(chunk))
        await pipeline(rows, createGzip(), hashed, createWriteStream(`${path}.unfinished`))
        // The rows are dropped next: they must be on the disk by then.
        const handle = await open(`${path}.unfinished`, 'r+')
        await handle.sync()
        await handle.close()
        await rename(`${path}.unfinished`, path)
        return { file, sha256: hash.digest('hex') }
      })
      return {
        kept: `${keep} months`,
        archived: archived.map(({ month, ...rest }) => ({ month: month.toString().slice(0, 7), ...rest })),
      }
    })
  } catch (error) {
    if (!isDomainError(error)) throw error
    throw new CommandFailed(`--${error.target}: ${error.message}`, true)
  }
}
