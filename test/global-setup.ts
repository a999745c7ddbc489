import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { PgBoss } from 'pg-boss'
import { jobsSchema } from '../src/kernel/jobs.ts'
import { migrate } from '../src/kernel/migrations.ts'
import { type EmbeddedPostgres, ensureDatabase, startPostgres } from '../src/kernel/postgres.ts'

/** The one database server of a test run, with a migrated template that tests clone. Its address travels in the environment. */
export default async function setup(): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'stoa-test-'))
  chmodSync(folder, 0o711) // as root, the server's own user must be able to pass
  const server = await startPostgres(join(folder, 'database'), { durable: false })
  mkdirSync(join(folder, 'files'))
  process.env.STOA_TEST_FOLDER = folder
  process.env.STOA_TEST_SERVER = server.url('postgres')
  // A broken migration must not keep the tests that need no database from running.
  process.env.STOA_TEST_TEMPLATE_ERROR = await prepareTemplate(server).then(
    () => '',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )
  return async () => {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function prepareTemplate(server: EmbeddedPostgres): Promise<void> {
  await ensureDatabase(server, 'template_plain')
  const url = server.url('template_plain')
  await migrate(url, 'sandbox')
  const pool = new pg.Pool({ connectionString: url, max: 1 })
  const boss = new PgBoss({
    db: { executeSql: (text, values) => pool.query(text, values as unknown[]) },
    schema: jobsSchema,
    schedule: false,
    supervise: false,
  })
  await boss.start()
  await boss.stop({ graceful: false })
  await pool.end()
}
