/**
 * Storefront pages of a running marketplace: requests a second, 99th percentile and CPU time a request at 16 connections.
 *
 *   node bench/storefront.ts [http://localhost:3978] [seconds]
 *
 * CPU time is what the server process itself reports (process_cpu_seconds_total of /metrics), all its threads together, with answers
 * compressed. Compared against the goals of the foundation: under 3 ms of CPU a page, under 60 KB on the first load without images.
 * The exit code is 1 when a goal is missed.
 */
import autocannon from 'autocannon'

const CONNECTIONS = 16
const GOAL_CPU_MS = 3
const GOAL_BYTES = 60_000

const origin = new URL(process.argv[2] ?? 'http://localhost:3978').origin
const seconds = Number(process.argv[3] ?? 10)
const headers = { 'accept-encoding': 'br, gzip', accept: 'text/html' }

/** CPU seconds that the server process has used so far. */
async function cpuSeconds(): Promise<number> {
  const text = await (await fetch(`${origin}/metrics`)).text()
  const found = /^process_cpu_seconds_total(?:\{[^}]*\})? (\S+)/m.exec(text)
  if (!found) throw new Error(`${origin}/metrics has no process_cpu_seconds_total.`)
  return Number(found[1])
}

/** Compressed bytes of a page with its style sheets and fonts. */
async function firstLoadBytes(path: string): Promise<number> {
  const page = await fetch(origin + path, { headers })
  if (page.status !== 200) throw new Error(`${path} answered ${page.status}: the benchmark needs the demo data.`)
  const html = await page.text()
  const linked = [...html.matchAll(/<link[^>]*(?:rel="stylesheet"|as="font")[^>]*>/g)].flatMap(
    ([link]) => /href="([^"]+)"/.exec(link)?.[1] ?? [],
  )
  const sizes = await Promise.all([path, ...new Set(linked)].map(transferred))
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** Bytes of a body on the wire. `fetch` would unpack it. */
async function transferred(path: string): Promise<number> {
  const { throughput, requests } = await autocannon({ url: origin + path, connections: 1, amount: 20, headers })
  return Math.round(throughput.total / requests.total)
}

async function measure(path: string) {
  const run = (duration: number) => autocannon({ url: origin + path, connections: CONNECTIONS, duration, headers })
  await run(Math.min(5, seconds))
  const before = await cpuSeconds()
  const result = await run(seconds)
  const cpu = (await cpuSeconds()) - before
  if (result.non2xx > 0 || result.errors > 0) throw new Error(`${path}: ${result.non2xx} answers were not 200, ${result.errors} failed.`)
  return {
    page: path,
    'requests/s': Math.round(result.requests.average),
    'p50 ms': result.latency.p50,
    'p99 ms': result.latency.p99,
    'CPU ms/request': Number(((cpu * 1000) / result.requests.total).toFixed(2)),
    'first load bytes': await firstLoadBytes(path),
  }
}

const rows = [await measure('/store/cloud'), await measure('/product/contoso.contoso-notify')]
console.table(rows)
const missed = rows.filter((row) => row['CPU ms/request'] >= GOAL_CPU_MS || row['first load bytes'] >= GOAL_BYTES)
console.log(
  `Goals: CPU under ${GOAL_CPU_MS} ms a request, first load under ${GOAL_BYTES} bytes: ${missed.length === 0 ? 'met' : 'missed'}.`,
)
process.exitCode = missed.length === 0 ? 0 : 1
