import { type Point, type PointId, points } from './points.ts'

export type Outcome = 'ok' | 'failed' | 'not-tested'

/** One point of a report: the table's words and what was seen. */
export interface PointResult extends Point {
  outcome: Outcome
  seen: string
  /** address of the point's documentation */
  docs: string
}

export interface Report {
  landing: string
  webhook: string
  /** `publisher.offer` */
  offer: string
  plan: string
  /** wall time, ISO */
  startedAt: string
  seconds: number
  counts: Record<'ok' | 'failed' | 'notTested', number>
  points: PointResult[]
}

/** Collects outcomes while the check runs. The first failure of a point stands. */
export class Findings {
  readonly #found = new Map<PointId, { outcome: Outcome; seen: string }>()
  readonly #heard: (id: PointId, outcome: Outcome) => void

  constructor(heard: (id: PointId, outcome: Outcome) => void = () => {}) {
    this.#heard = heard
  }

  ok(id: PointId, seen: string): void {
    this.#set(id, 'ok', seen)
  }

  failed(id: PointId, seen: string): void {
    this.#set(id, 'failed', seen)
  }

  notTested(id: PointId, why: string): void {
    this.#set(id, 'not-tested', why)
  }

  /** Says why for all of these that have no outcome yet. */
  rest(why: string, ids: readonly PointId[] = points.map((point) => point.id)): void {
    for (const id of ids) if (!this.#found.has(id)) this.notTested(id, why)
  }

  outcome(id: PointId): Outcome | undefined {
    return this.#found.get(id)?.outcome
  }

  #set(id: PointId, outcome: Outcome, seen: string) {
    if (this.#found.get(id)?.outcome === 'failed') return
    this.#found.set(id, { outcome, seen })
    this.#heard(id, outcome)
  }

  results(docs: string): PointResult[] {
    return points.map((point) => ({
      ...point,
      ...(this.#found.get(point.id) ?? { outcome: 'not-tested' as const, seen: 'The check ended before.' }),
      docs: `${docs}#${point.id}`,
    }))
  }
}

const marks: Record<Outcome, string> = { ok: '  ok       ', failed: '  FAILED   ', 'not-tested': '  not tested ' }

/** The report for people. */
export function reportText(report: Report): string {
  const lines = [`Integration check of ${report.landing} and ${report.webhook}`, `Offer ${report.offer}, plan ${report.plan}`]
  let area = ''
  for (const point of report.points) {
    if (point.area !== area) {
      area = point.area
      lines.push('', `${area[0]?.toUpperCase()}${area.slice(1)}`)
    }
    lines.push(`${marks[point.outcome].padEnd(13)}${point.title}`)
    if (point.outcome === 'ok') continue
    lines.push(`${' '.repeat(13)}${point.outcome === 'failed' ? 'Seen: ' : ''}${point.seen}`)
    if (point.outcome === 'failed') {
      lines.push(`${' '.repeat(13)}Documented: ${point.says}`, `${' '.repeat(13)}To mend: ${point.mend}`, `${' '.repeat(13)}${point.docs}`)
    }
  }
  const { ok, failed, notTested } = report.counts
  lines.push('', `${ok} ok, ${failed} failed, ${notTested} not tested, in ${report.seconds} s.`)
  return lines.join('\n')
}

// XML 1.0 has no control characters besides tab and line ends.
const xml = (text: string) =>
  text
    .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')

/** The report as JUnit XML, which every CI server shows. */
export function reportJunit(report: Report): string {
  const { failed, notTested } = report.counts
  const cases = report.points.map((point) => {
    const head = `  <testcase classname="${xml(point.area)}" name="${xml(`${point.id}: ${point.title}`)}"`
    if (point.outcome === 'ok') return `${head}/>`
    if (point.outcome === 'not-tested') return `${head}>\n    <skipped message="${xml(point.seen)}"/>\n  </testcase>`
    const detail = `Seen: ${point.seen}\nDocumented: ${point.says}\nTo mend: ${point.mend}\n${point.docs}`
    return `${head}>\n    <failure message="${xml(point.seen)}">${xml(detail)}</failure>\n  </testcase>`
  })
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuite name="Marketplace integration of ${xml(report.landing)}" tests="${report.points.length}" failures="${failed}" errors="0" skipped="${notTested}" time="${report.seconds}" timestamp="${report.startedAt}">`,
    ...cases,
    '</testsuite>',
    '',
  ].join('\n')
}
