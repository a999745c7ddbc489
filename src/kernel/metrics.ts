import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export interface Metrics {
  registry: Registry
  /** seconds from request to answer, by contract, method and status class */
  requestSeconds: Histogram<'contract' | 'method' | 'status'>
  /** seconds of calls to the outside, by outcome (status class or reason) */
  outboundSeconds: Histogram<'outcome'>
  /** seconds that jobs ran, by queue and outcome */
  jobSeconds: Histogram<'queue' | 'outcome'>
  /** A counter of a room's own, e.g. `stoa_usage_events_total`. */
  counter<Label extends string>(name: string, help: string, labels: readonly Label[]): Counter<Label>
  gauge<Label extends string>(
    name: string,
    help: string,
    labels: readonly Label[],
    collect?: (gauge: Gauge<Label>) => Promise<void>,
  ): Gauge<Label>
}

const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Prometheus metrics of this process, in a registry of its own so that several kernels can live in one process. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  return {
    registry,
    requestSeconds: new Histogram({
      name: 'stoa_http_request_seconds',
      help: 'Seconds from request to answer',
      labelNames: ['contract', 'method', 'status'],
      buckets,
      registers,
    }),
    outboundSeconds: new Histogram({
      name: 'stoa_outbound_request_seconds',
      help: 'Seconds of calls to the outside',
      labelNames: ['outcome'],
      buckets,
      registers,
    }),
    jobSeconds: new Histogram({
      name: 'stoa_job_seconds',
      help: 'Seconds that immediate work ran',
      labelNames: ['queue', 'outcome'],
      buckets: [...buckets, 30, 60, 300],
      registers,
    }),
    counter: (name, help, labels) => new Counter({ name, help, labelNames: [...labels], registers }),
    gauge: (name, help, labels, collect) =>
      new Gauge({
        name,
        help,
        labelNames: [...labels],
        registers,
        ...(collect
          ? {
              async collect() {
                await collect(this)
              },
            }
          : {}),
      }),
  }
}
