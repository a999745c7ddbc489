import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { CommandFailed } from '../sandbox.ts'

export interface OwnStoa {
  /** http://localhost:3978 */
  url: string
  /** https://localhost:3979 */
  issuer: string
  /** file of the authority that has signed its certificate */
  caFile: string
  stop(): Promise<void>
}

const readyWithinMs = 120_000
const stopWithinMs = 20_000

/**
 * Starts a Stoa of one's own in a temporary folder, on the given ports (0: free ones). Everything is gone when it stops.
 * @throws CommandFailed when a port is taken or it does not become ready
 */
export async function startOwnStoa(ports: { port: number; tlsPort: number }): Promise<OwnStoa> {
  const [port, tlsPort] = [ports.port || (await freePort()), ports.tlsPort || (await freePort())]
  const folder = mkdtempSync(path.join(tmpdir(), 'stoa-check-'))
  // An embedded database that root starts runs as another user, who must find its way in.
  chmodSync(folder, 0o711)
  const data = path.join(folder, 'data')
  const child = spawn(process.execPath, [path.join(import.meta.dirname, '../../main.ts')], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Its configuration is its own: what is set for another Stoa of this machine, its database above all, is not for this one.
    env: {
      ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('STOA_') && name !== 'DATABASE_URL')),
      STOA_DATA: data,
      STOA_PORT: String(port),
      STOA_TLS_PORT: String(tlsPort),
      STOA_ROLES: 'api,worker',
    },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  const stop = async () => {
    await stopProcess(child, false)
    rmSync(folder, { recursive: true, force: true })
  }
  const url = `http://localhost:${port}`
  const end = performance.now() + readyWithinMs
  for (;;) {
    if (child.exitCode !== null || performance.now() > end) {
      await stop()
      throw new CommandFailed(`A Stoa for the check did not start on the ports ${port} and ${tlsPort}:\n${output.trim()}`, true)
    }
    const ready = await fetch(`${url}/readyz`).then(
      (answer) => answer.ok,
      () => false,
    )
    // Another Stoa may sit on the port: ours says so and ends.
    if (ready && output.includes('ready in')) break
    await pause(100)
  }
  return { url, issuer: `https://localhost:${tlsPort}`, caFile: path.join(data, 'ca.pem'), stop }
}

/** Starts the application under test with the addresses of a Stoa in its environment, and waits until its landing page answers anything. */
export async function startApplication(
  command: string,
  stoa: OwnStoa,
  landing: string,
): Promise<{ stop(): Promise<void>; output(): string }> {
  const child = spawn(command, {
    shell: true,
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      STOA_URL: stoa.url,
      MARKETPLACE_API_URL: `${stoa.issuer}/api`,
      MARKETPLACE_AUTHORITY_URL: stoa.issuer,
      MARKETPLACE_BROWSER_URL: stoa.url,
      NODE_EXTRA_CA_CERTS: stoa.caFile,
      REQUESTS_CA_BUNDLE: stoa.caFile,
      SSL_CERT_FILE: stoa.caFile,
    },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-10_000)))
  const stop = () => stopProcess(child, true)
  const end = performance.now() + readyWithinMs
  for (;;) {
    if (child.exitCode !== null || performance.now() > end) {
      await stop()
      throw new CommandFailed(
        `--app: "${command}" ${child.exitCode === null ? `does not answer at ${landing}` : `ended with ${child.exitCode}`}.\n${output.trim()}`,
        true,
      )
    }
    const answers = await fetch(landing, { redirect: 'manual' }).then(
      () => true,
      () => false,
    )
    if (answers) return { stop, output: () => output }
    await pause(100)
  }
}

/** `group`: what a shell has started ends with it. */
async function stopProcess(child: ChildProcess, group: boolean): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const send = (signal: NodeJS.Signals) => {
    if (!group || child.pid === undefined || process.platform === 'win32') child.kill(signal)
    else
      try {
        process.kill(-child.pid, signal)
      } catch {
        child.kill(signal)
      }
  }
  send('SIGTERM')
  const timer = setTimeout(() => send('SIGKILL'), stopWithinMs)
  await exited
  clearTimeout(timer)
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as { port: number }
  await new Promise((resolve) => probe.close(resolve))
  return port
}
