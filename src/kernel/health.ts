import { sql } from 'drizzle-orm'
import { authorize } from './authorization.ts'
import { rowsOf, wallMilliseconds } from './clock.ts'
import type { Ctx } from './context.ts'
import type { Kernel } from './kernel.ts'

/** How something is: `bad` wants somebody now, `attention` soon. */
export interface Vital {
  name: string
  state: 'good' | 'attention' | 'bad'
  /** what was measured, as a sentence */
  says: string
}

export interface Health {
  vitals: Vital[]
  database: { version: string; bytes: number; connections: number; mostConnections: number; schemaVersion: string }
  files: { count: number; bytes: number }
  /** connections of each process of this installation, by what the process does: `web,api,worker` */
  processes: { roles: string; connections: number }[]
}

interface Measured {
  version: string
  bytes: string
  connections: number
  most: number
  schema: string
  overdue: number
  late: number | null
  failing: number
  failed_jobs: number
  waiting_jobs: number
  failed_mail: number
  waiting_mail: number
  files: number
  file_bytes: string
}

/** Seconds of wall time after which waiting work is late, and much too late. */
const late = { soon: 60, now: 600 }
/** The part of the database's connections that may be used before somebody should look. */
const connectionShare = 0.8

/** How the installation is, for the operator. Reads a handful of counts; {@link Kernel.doctor} looks at every row. @throws forbidden */
export async function measureHealth(ctx: Ctx, { config }: Pick<Kernel, 'config'>): Promise<Health> {
  authorize(ctx.principal, 'background.read')
  const began = wallMilliseconds()
  await ctx.tx.execute(sql`select 1`)
  const answer = wallMilliseconds() - began
  const wall = ctx.wall.toString()
  const [m] = rowsOf<Measured>(
    await ctx.tx.execute(sql`
      select current_setting('server_version') as version, pg_database_size(current_database())::text as bytes,
        (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as connections, current_setting('max_connections')::int as most,
        (select max(name) from kernel.migration) as schema,
        (select count(*)::int from kernel.due where at <= ${ctx.now.toString()}::timestamptz) as overdue,
        (select extract(epoch from ${ctx.now.toString()}::timestamptz - min(at))::float8 from kernel.due where at <= ${ctx.now.toString()}::timestamptz and attempts = 0) as late,
        (select count(*)::int from kernel.due where attempts > 0) as failing,
        (select count(*)::int from pgboss.job where state = 'failed') as failed_jobs,
        (select count(*)::int from pgboss.job where state = 'created' and start_after < ${wall}::timestamptz - interval '1 minute') as waiting_jobs,
        (select count(*)::int from kernel.mail where state = 'failed' and wall_at > ${wall}::timestamptz - interval '1 day') as failed_mail,
        (select count(*)::int from kernel.mail where state = 'queued' and wall_at < ${wall}::timestamptz - interval '5 minutes') as waiting_mail,
        (select count(*)::int from kernel.file) as files, (select coalesce(sum(size), 0)::text from kernel.file) as file_bytes`),
  ) as [Measured]
  const processes = rowsOf<{ roles: string; connections: number }>(
    await ctx.tx.execute(sql`
      select substr(application_name, 6) as roles, count(*)::int as connections from pg_stat_activity
      where application_name like 'stoa %' and datname = current_database() group by application_name order by application_name`),
  )
  const vital = (name: string, state: Vital['state'], says: string): Vital => ({ name, state, says })
  const count = (n: number, one: string, many = `${one}s`) => `${n.toLocaleString('en-US')} ${n === 1 ? one : many}`
  const works = processes.some(({ roles }) => roles.includes('worker'))
  return {
    vitals: [
      vital(
        'Database',
        answer > 1000 ? 'bad' : answer > 100 ? 'attention' : 'good',
        `Answers within ${Math.max(1, Math.round(answer))} ms.`,
      ),
      vital(
        'Connections',
        m.connections >= m.most * connectionShare ? 'attention' : 'good',
        `${m.connections} of ${m.most} connections of the database are in use.`,
      ),
      vital(
        'Worker',
        works ? 'good' : 'bad',
        works ? 'A process works off due work and jobs.' : 'No process works off due work and jobs (STOA_ROLES).',
      ),
      vital(
        'Due work',
        (m.late ?? 0) > late.now ? 'bad' : (m.late ?? 0) > late.soon || m.failing > 0 ? 'attention' : 'good',
        m.overdue === 0
          ? 'Nothing is overdue.'
          : `${count(m.overdue, 'item is', 'items are')} due and ${m.overdue === 1 ? 'has' : 'have'} not run yet, ${m.failing} of which after a failure.`,
      ),
      vital(
        'Jobs',
        m.failed_jobs > 0 ? 'bad' : m.waiting_jobs > 0 ? 'attention' : 'good',
        m.failed_jobs > 0
          ? `${count(m.failed_jobs, 'job has', 'jobs have')} been given up within a week.`
          : m.waiting_jobs > 0
            ? `${count(m.waiting_jobs, 'job has', 'jobs have')} waited for more than a minute.`
            : 'No job waits, and none was given up.',
      ),
      vital(
        'Mail',
        m.failed_mail > 0 ? 'bad' : m.waiting_mail > 0 ? 'attention' : 'good',
        config.mode === 'sandbox'
          ? 'Mail is captured in sandbox mode.'
          : m.failed_mail + m.waiting_mail === 0
            ? 'All mail of the last day was handed over.'
            : `${count(m.failed_mail, 'mail')} of the last day could not be delivered, ${m.waiting_mail} wait.`,
      ),
    ],
    database: {
      version: m.version,
      bytes: Number(m.bytes),
      connections: m.connections,
      mostConnections: m.most,
      schemaVersion: m.schema.replace(/\.sql$/, ''),
    },
    files: { count: m.files, bytes: Number(m.file_bytes) },
    processes,
  }
}
