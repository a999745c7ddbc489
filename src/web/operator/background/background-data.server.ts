import type { Visit } from '../../ui/portal-access.server.ts'
import { measureHealth } from '../../../kernel/health.ts'

/** Most items a page shows. */
const shown = { items: 50, failed: 200 }

/** What is due, by kind, and the next items, of one kind where it is named. */
export async function dueOverview({ kernel, read }: Visit, kind: string) {
  return read(async (ctx) => {
    const kinds = await kernel.background.dueKinds(ctx)
    const items = await kernel.background.dueItems(ctx, { kind: kind || undefined }, shown.items)
    return {
      kinds: kinds.map((row) => ({ ...row, next: row.next.toString() })),
      items: items.map(({ kind, key, at, attempts }) => ({ kind, key, at: at.toString(), attempts })),
    }
  })
}

/** Due work that fails and jobs that were given up. */
export async function failedWork({ kernel, read }: Visit) {
  return read(async (ctx) => {
    const due = await kernel.background.dueItems(ctx, { failing: true }, shown.failed)
    const jobs = await kernel.background.failedJobs(ctx, shown.failed)
    return {
      due: due.map((row) => ({ ...row, at: row.at.toString(), retryAt: row.retryAt?.toString() ?? null })),
      jobs: jobs.map((row) => ({ ...row, createdAt: row.createdAt.toString(), endedAt: row.endedAt?.toString() ?? null })),
    }
  })
}

const units = ['bytes', 'KB', 'MB', 'GB', 'TB']

/** `12.4 MB` */
function sizeOf(bytes: number): string {
  const step = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log(bytes) / Math.log(1024)))
  return `${(bytes / 1024 ** step).toFixed(step === 0 ? 0 : 1)} ${units[step]}`
}

/** How the installation is, as the page says it. */
export async function healthPage({ kernel, read }: Visit) {
  const { vitals, database, files, processes } = await read((ctx) => measureHealth(ctx, kernel))
  return {
    vitals,
    processes,
    facts: [
      { label: 'PostgreSQL', value: database.version },
      { label: 'Size of the database', value: sizeOf(database.bytes) },
      { label: 'Schema version', value: database.schemaVersion },
      { label: 'Stored files', value: `${files.count.toLocaleString('en-US')}, ${sizeOf(files.bytes)}` },
      { label: 'Node.js', value: process.version },
      {
        label: 'This process runs for',
        value: `${Math.floor(process.uptime() / 3600)} h ${Math.floor((process.uptime() % 3600) / 60)} min`,
      },
      { label: 'Memory of this process', value: sizeOf(process.memoryUsage.rss()) },
    ],
  }
}
