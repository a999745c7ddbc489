/**
 * Lighthouse on the storefront's list and product page of a running marketplace: the median of several runs.
 *
 *   node bench/lighthouse.ts [http://localhost:3978] [runs]
 *
 * Goals of the foundation: performance at least 95, accessibility, best practices and SEO 100. The exit code is 1 when a goal is missed.
 * Needs Chromium (CHROME_PATH, else /usr/bin/chromium).
 */
import { launch } from 'chrome-launcher'
import lighthouse from 'lighthouse'

const goals = { performance: 95, accessibility: 100, 'best-practices': 100, seo: 100 } as const
type Category = keyof typeof goals
const categories = Object.keys(goals) as Category[]

const origin = new URL(process.argv[2] ?? 'http://localhost:3978').origin
const runs = Number(process.argv[3] ?? 5)

const chrome = await launch({
  chromePath: process.env.CHROME_PATH ?? '/usr/bin/chromium',
  chromeFlags: [
    '--headless=new',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
})

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

let missed = false
try {
  for (const path of ['/store/cloud', '/store/business', '/product/contoso.contoso-notify']) {
    const scores = new Map<Category, number[]>(categories.map((category) => [category, []]))
    const failed = new Set<string>()
    for (let run = 0; run < runs; run++) {
      const result = await lighthouse(origin + path, { port: chrome.port, output: 'json', logLevel: 'error' })
      if (!result) throw new Error(`Lighthouse gave no result for ${path}.`)
      for (const category of categories) {
        const found = result.lhr.categories[category]
        scores.get(category)?.push(Math.round((found?.score ?? 0) * 100))
        if (category === 'performance') continue
        for (const { id, weight } of found?.auditRefs ?? []) {
          const score = result.lhr.audits[id]?.score
          if (weight > 0 && score !== null && score !== undefined && score < 1) failed.add(id)
        }
      }
    }
    const row = Object.fromEntries(categories.map((category) => [category, median(scores.get(category) ?? [])]))
    missed ||= categories.some((category) => (row[category] ?? 0) < goals[category])
    console.log(JSON.stringify({ page: path, runs, ...row, performanceOfEachRun: scores.get('performance'), failed: [...failed] }))
  }
} finally {
  chrome.kill()
}
process.exit(missed ? 1 : 0)
