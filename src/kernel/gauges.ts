import type { Kernel } from './kernel.ts'

/** What Prometheus asks of the installation rather than of this process: read from the database at each scrape. */
export function registerGauges({ clock, database, metrics }: Kernel): void {
  const one = async (text: string, values: unknown[] = []) =>
    Number((await database.pool.query<{ n: number | null }>(text, values)).rows[0]?.n ?? 0)
  const now = async () => (await clock.marketNow(database.db)).toString()

  metrics.gauge('stoa_due_overdue', 'Business work that is due and has not run yet', [], async (gauge) =>
    gauge.set(await one('select count(*)::int as n from kernel.due where at <= $1', [await now()])),
  )
  metrics.gauge('stoa_due_lag_seconds', 'How long the oldest business work that was never tried has been due', [], async (gauge) =>
    gauge.set(
      await one('select extract(epoch from $1::timestamptz - min(at))::float8 as n from kernel.due where at <= $1 and attempts = 0', [
        await now(),
      ]),
    ),
  )
  metrics.gauge('stoa_due_failing', 'Business work that has failed and is tried again', [], async (gauge) =>
    gauge.set(await one('select count(*)::int as n from kernel.due where attempts > 0')),
  )
  metrics.gauge('stoa_jobs', 'Immediate work (mail, documents) by state', ['state'], async (gauge) => {
    const { rows } = await database.pool.query<{ state: string; n: number }>(
      `select s.state, count(j.id)::int as n from (values ('created'), ('retry'), ('active'), ('failed')) s(state)
       left join pgboss.job j on j.state::text = s.state group by s.state`,
    )
    for (const { state, n } of rows) gauge.set({ state }, n)
  })
  metrics.gauge('stoa_mail', 'Mail that waits or could not be sent, by state', ['state'], async (gauge) => {
    const { rows } = await database.pool.query<{ state: string; n: number }>(
      `select s.state, count(m.id)::int as n from (values ('queued'), ('failed')) s(state) left join kernel.mail m on m.state = s.state group by s.state`,
    )
    for (const { state, n } of rows) gauge.set({ state }, n)
  })
  metrics.gauge('stoa_database_connections', "Connections of this process's pool, by state", ['state'], async (gauge) => {
    const { totalCount, idleCount, waitingCount } = database.pool
    gauge.set({ state: 'used' }, totalCount - idleCount)
    gauge.set({ state: 'idle' }, idleCount)
    gauge.set({ state: 'wanted' }, waitingCount)
  })
}
