// The pages of all sites, built when they are missing or older than their sources.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')

/** Builds the pages unless dist/web was made from exactly these sources. */
export function buildPages(node) {
  const stamp = path.join(root, 'dist', 'web', '.sources')
  const sources = hashOfSources()
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === sources) return
  console.log('  Building the pages (first start or changed sources) …')
  const reactRouter = path.join(root, 'node_modules', '@react-router', 'dev', 'bin.cjs')
  const built = spawnSync(node, [reactRouter, 'build'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    env: { ...process.env, NODE_ENV: 'production' },
  })
  if (built.status !== 0) {
    console.error(`${built.stdout}\n${built.stderr}\nThe pages could not be built.`)
    process.exit(1)
  }
  mkdirSync(path.dirname(stamp), { recursive: true })
  writeFileSync(stamp, sources)
}

/** Of everything that the build reads. */
function hashOfSources() {
  const hash = createHash('sha256')
  const files = ['package-lock.json', 'vite.config.ts', 'react-router.config.ts', ...filesIn('src'), ...filesIn('reference-data')]
  for (const file of files) {
    if (!existsSync(path.join(root, file)) || file.endsWith('.test.ts') || file.endsWith('.test.tsx')) continue
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(path.join(root, file)))
      .update('\0')
  }
  return hash.digest('hex')
}

function filesIn(folder) {
  return readdirSync(path.join(root, folder), { recursive: true })
    .map((name) => path.join(folder, String(name)))
    .filter((name) => statSync(path.join(root, name)).isFile())
    .sort()
}

if (process.argv[1] === fileURLToPath(import.meta.url)) buildPages(process.execPath)
