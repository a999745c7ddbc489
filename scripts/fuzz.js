// `npm run fuzz -- [requests] [seed]`: generated requests to every operation of every contract, 20,000 unless you say how many. The seed is
// printed; the same seed sends the same requests.
import { spawnSync } from 'node:child_process'
import path from 'node:path'

const [requests = '20000', seed = String(Math.floor(Math.random() * 1_000_000))] = process.argv.slice(2)
const vitest = path.join(import.meta.dirname, '..', 'node_modules', 'vitest', 'vitest.mjs')
const { status } = spawnSync(process.execPath, [vitest, 'run', 'test/fuzz.test.ts'], {
  stdio: 'inherit',
  env: { ...process.env, STOA_FUZZ_REQUESTS: requests, STOA_FUZZ_SEED: seed },
})
process.exit(status ?? 1)
