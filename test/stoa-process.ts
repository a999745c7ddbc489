/**
 * Stoa as the operating system sees it: a process with an environment, started from src/main.ts as `npm start` does, stopped by signals.
 * For tests of starts, stops and kills.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePorts } from './harness.ts'

export interface StoaProcess {
  url: string
  pid: number
  /** everything it has printed */
  output(): string
  /** milliseconds from the start of the process to readiness */
  startedIn: number
  /** SIGKILL, as a crash or the kernel would */
  kill(): Promise<void>
  /** SIGTERM; resolves with the exit code */
  stop(): Promise<number | null>
  /** Calls the sandbox or any other address; JSON in and out. */
  call<T = unknown>(method: string, path: string, body?: unknown): Promise<{ status: number; body: T }>
}

const here = join(import.meta.dirname, '..')

/** A data folder of its own. Not durable, so that tests stay fast: a killed process loses nothing by that, only a power failure would. */
export function newDataFolder(): string {
  const folder = mkdtempSync(join(process.env.STOA_TEST_FOLDER as string, 'stoa-'))
  chmodSync(folder, 0o711)
  return join(folder, 'data')
}

export async function environmentFor(dataDir: string, more: Record<string, string> = {}): Promise<Record<string, string>> {
  const [port, tlsPort] = await freePorts(2)
  return {
    STOA_DATA: dataDir,
    STOA_PORT: String(port),
    STOA_TLS_PORT: String(tlsPort),
    STOA_ROLES: 'api,worker',
    STOA_LOG_LEVEL: 'warn',
    ...more,
  }
}

/** Starts the process and does not wait. `folder` is another release's; default: this one. */
export function spawnStoa(
  environment: Record<string, string>,
  folder = here,
): {
  child: ChildProcess
  output: () => string
  exited: Promise<number | null>
} {
  const child = spawn(process.execPath, [join(folder, 'src', 'main.ts')], {
    cwd: folder,
    // As scripts/start.js does it.
    env: {
      PATH: process.env.PATH ?? '',
      NODE_COMPILE_CACHE: join(here, 'node_modules', '.cache', 'compiled'),
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (printed += text))
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  return { child, output: () => printed, exited }
}

/** Starts the process and waits until it is ready. Throws with its output when it ends before. */
export async function startStoaProcess(environment: Record<string, string>, folder?: string): Promise<StoaProcess> {
  const started = performance.now()
  const { child, output, exited } = spawnStoa(environment, folder)
  const url = `http://localhost:${environment.STOA_PORT}`
  let over = false
  void exited.then(() => (over = true))
  for (;;) {
    if (over) throw new Error(`Stoa ended before it was ready:\n${output()}`)
    const ready = await fetch(`${url}/readyz`).then(
      (answer) => answer.status === 200,
      () => false,
    )
    if (ready) break
    if (performance.now() - started > 60_000) throw new Error(`Stoa is not ready after a minute:\n${output()}`)
    await sleep(25)
  }
  return {
    url,
    pid: child.pid as number,
    output,
    startedIn: performance.now() - started,
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
    async stop() {
      child.kill('SIGTERM')
      return exited
    },
    async call<T>(method: string, path: string, body?: unknown) {
      const answer = await fetch(`${url}${path}`, {
        method,
        ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      })
      const text = await answer.text()
      return { status: answer.status, body: (text === '' ? undefined : JSON.parse(text)) as T }
    },
  }
}
