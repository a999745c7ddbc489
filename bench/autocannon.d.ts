/** What the benchmarks use of autocannon, which ships no types. */
declare module 'autocannon' {
  export interface Options {
    url: string
    connections?: number
    /** seconds */
    duration?: number
    /** requests, instead of a duration */
    amount?: number
    headers?: Record<string, string>
    /** called for each connection before it begins */
    setupClient?: (client: { setRequests(requests: { path: string; headers?: Record<string, string> }[]): void }) => void
  }

  export interface Result {
    requests: { average: number; total: number }
    latency: { p50: number; p99: number }
    throughput: { total: number }
    non2xx: number
    errors: number
  }

  export default function autocannon(options: Options): Promise<Result>
}
