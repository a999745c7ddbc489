import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { testKernel } from '../../test/harness.ts'
import { wire } from '../wiring.ts'

const docs = join(import.meta.dirname, '..', '..', 'docs')
const read = (name: string) => readFileSync(join(docs, name), 'utf8')
const kernel = await testKernel()
wire(kernel)
const metrics = kernel.metrics.registry.getMetricsAsArray().map((metric) => ({
  name: metric.name,
  kind: String((metric as unknown as { type: string }).type),
  labels: [...(metric as unknown as { labelNames: string[] }).labelNames],
}))

test('the documented metrics are those that are given, with their kinds and labels', async () => {
  const documented = [...read('observability.md').matchAll(/^\| `(stoa_\w+)` \| (\w+) \|([^|]*)\|/gm)].map(([, name, kind, labels]) => ({
    name,
    kind,
    labels: [...(labels as string).matchAll(/`(\w+)`/g)].map((match) => match[1]),
  }))
  const own = metrics.filter(({ name }) => name.startsWith('stoa_'))
  const byName = (a: { name: string | undefined }, b: { name: string | undefined }) => String(a.name).localeCompare(String(b.name))
  expect(documented.toSorted(byName)).toEqual(own.toSorted(byName))
  // Each of them is collected without an error, from the database too.
  const text = await kernel.metrics.registry.metrics()
  for (const { name } of own) expect(text).toContain(`# TYPE ${name} `)
})

/** Names and labels of an expression that must be known: `up` is Prometheus's own. */
function unknownIn(expression: string): string[] {
  const wrong: string[] = []
  for (const [, name, selector = ''] of expression.matchAll(/\b((?:stoa|process|nodejs)_\w+)(?:\{([^}]*)\})?/g)) {
    const metric = metrics.find(
      (one) =>
        one.name === name ||
        (one.kind === 'histogram' &&
          /_(?:bucket|count|sum)$/.test(name as string) &&
          one.name === (name as string).replace(/_(?:bucket|count|sum)$/, '')),
    )
    if (!metric) wrong.push(`${name} is no metric`)
    for (const [, label] of selector.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)) {
      if (metric && !metric.labels.includes(label as string)) wrong.push(`${name} has no label ${label}`)
    }
  }
  for (const [, labels] of expression.matchAll(/\bby \(([^)]*)\)/g)) {
    for (const label of (labels as string).split(',').map((one) => one.trim())) {
      if (label !== 'le' && !metrics.some((one) => one.labels.includes(label))) wrong.push(`no metric has a label ${label}`)
    }
  }
  if (!/\b(?:stoa|process|nodejs)_\w+|\bup\b/.test(expression)) wrong.push(`"${expression}" asks for nothing of ours`)
  if (balance(expression) !== 0) wrong.push(`"${expression}" is not closed`)
  return wrong
}

const balance = (text: string) => text.split(/[([{]/).length - text.split(/[)\]}]/).length

test('the alert rules parse and ask for metrics and labels that exist', () => {
  const { groups } = parse(read('observability/alerts.yaml')) as {
    groups: {
      name: string
      rules: { alert: string; expr: string; for?: string; labels: { severity: string }; annotations: Record<string, string> }[]
    }[]
  }
  const rules = groups.flatMap((group) => group.rules)
  expect(rules.length).toBeGreaterThan(8)
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length)
  for (const { alert, expr, for: duration = '0s', labels, annotations } of rules) {
    expect(unknownIn(expr), alert).toEqual([])
    expect(duration, alert).toMatch(/^\d+[smh]$/)
    expect(labels.severity, alert).toMatch(/^(?:critical|warning|info)$/)
    expect(Object.keys(annotations), alert).toEqual(['summary', 'description'])
  }
})

test('the dashboard parses and asks for metrics and labels that exist, and leaves none of ours out', () => {
  const { panels } = JSON.parse(read('observability/grafana-dashboard.json')) as {
    panels: { title: string; targets: { expr: string }[] }[]
  }
  const expressions = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))
  for (const expression of expressions) expect(unknownIn(expression.replaceAll('$__rate_interval', '5m')), expression).toEqual([])
  const shown = expressions.join('\n')
  for (const { name } of metrics) if (name.startsWith('stoa_')) expect(shown, 'a metric without a panel').toContain(name)
})
