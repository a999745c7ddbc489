// `npm test`: builds the pages when their sources have changed, for the tests in a browser, and runs vitest with what is passed on.
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { buildPages } from './pages.js'

buildPages(process.execPath)
const vitest = path.join(import.meta.dirname, '..', 'node_modules', 'vitest', 'vitest.mjs')
const { status } = spawnSync(process.execPath, [vitest, 'run', ...process.argv.slice(2)], { stdio: 'inherit' })
process.exit(status ?? 1)
