// `npm run check`: everything that can be said about the code without running it. Plain JavaScript and no shell, so that it runs wherever
// npm runs; every tool is started through Node itself. Prints what failed, one line a check, and exits 1 if anything did.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import path from 'node:path'

const root = path.join(import.meta.dirname, '..')

/** The JavaScript file behind a package's command: `.bin` holds shell scripts on Windows. */
function command(packageName, name) {
  const folder = path.join(root, 'node_modules', packageName)
  const { bin } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'))
  return path.join(folder, typeof bin === 'string' ? bin : bin[name])
}

const tsc = command('typescript', 'tsc')

/** Checks, the slowest first. `steps` run one after the other. */
const checks = [
  { name: 'lint', steps: [[command('oxlint', 'oxlint'), '--type-aware', '--deny-warnings']] },
  {
    name: 'types',
    steps: [
      [tsc, '--project', 'tsconfig.json'],
      [tsc, '--project', 'test/browser/tsconfig.json'],
    ],
  },
  {
    name: 'types (web)',
    steps: [[tsc, '--project', 'src/web/tsconfig.json']],
  },
  { name: 'unused code', steps: [[command('knip', 'knip'), '--no-progress']] },
  { name: 'format', steps: [[command('@biomejs/biome', 'biome'), 'format', '--colors=off', '.']] },
  { name: 'rooms', steps: [['tools/rooms.ts']] },
  { name: 'migrations', steps: [['tools/migrations.ts']] },
  { name: 'dependencies', steps: [['tools/dependencies.ts']] },
  { name: 'documentation', steps: [['tools/documentation.ts']] },
]

function run(args) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NO_COLOR: '1' } })
    let output = ''
    child.stdout.on('data', (chunk) => (output += chunk))
    child.stderr.on('data', (chunk) => (output += chunk))
    child.on('error', (error) => resolve({ ok: false, output: String(error) }))
    child.on('close', (code) => resolve({ ok: code === 0, output }))
  })
}

async function check({ name, steps }) {
  const started = performance.now()
  let output = ''
  let ok = true
  for (const step of steps) {
    const result = await run(step)
    output += result.output
    ok = result.ok
    if (!ok) break
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  if (!ok) console.log(`\n--- ${name} ---\n${output.trim()}\n`)
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`)
  return { name, ok }
}

// Naming checks runs only those: `npm run check -- types lint`.
const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !checks.some((one) => one.name.startsWith(name)))
if (unknown.length > 0) {
  console.error(`No such check: ${unknown.join(', ')}. There are: ${checks.map((one) => one.name).join(', ')}.`)
  process.exit(2)
}
const queue = checks.filter((one) => wanted.length === 0 || wanted.some((name) => one.name.startsWith(name)))

// Types of the pages' routes, which lint and types both read: a fresh clone has none until they are generated.
const routeTypes = await run([command('@react-router/dev', 'react-router'), 'typegen'])
if (!routeTypes.ok) {
  console.error(routeTypes.output.trim())
  process.exit(1)
}

const results = []
const workers = Array.from({ length: Math.min(queue.length, Math.max(2, availableParallelism())) }, async () => {
  for (let next = queue.shift(); next; next = queue.shift()) results.push(await check(next))
})
await Promise.all(workers)

const failed = results.filter((result) => !result.ok)
console.log(
  failed.length === 0
    ? `\nAll ${results.length} checks passed.`
    : `\n${failed.length} of ${results.length} checks failed: ${failed.map((one) => one.name).join(', ')}.`,
)
process.exitCode = failed.length === 0 ? 0 : 1
