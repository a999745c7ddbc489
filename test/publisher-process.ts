/** The example publisher as a process of its own, as it is or with a planted mistake. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { freePorts, type TestStoa } from './harness.ts'

/** A change of its source: in `file`, `from` becomes `to`. */
export interface Mistake {
  file: string
  from: string
  to: string
}

export interface PublisherProcess {
  landing: string
  webhook: string
  output(): string
  stop(): Promise<void>
}

const example = path.join(import.meta.dirname, '../examples/publisher')

export async function startPublisher(stoa: TestStoa, mistakes: readonly Mistake[] = []): Promise<PublisherProcess> {
  const folder = mkdtempSync(path.join(tmpdir(), 'stoa-publisher-'))
  cpSync(path.join(example, 'src'), path.join(folder, 'src'), { recursive: true })
  cpSync(path.join(example, 'public'), path.join(folder, 'public'), { recursive: true })
  cpSync(path.join(example, 'package.json'), path.join(folder, 'package.json'))
  // In a fresh clone the example is not installed; the project itself has the same packages in the same versions.
  const installed = [example, path.join(example, '../..')]
    .map((where) => path.join(where, 'node_modules'))
    .find((where) => existsSync(where))
  symlinkSync(String(installed), path.join(folder, 'node_modules'))
  for (const { file, from, to } of mistakes) {
    const name = path.join(folder, 'src', file)
    const source = readFileSync(name, 'utf8')
    if (source.split(from).length !== 2) throw new Error(`${file} does not have this once: ${from}`)
    writeFileSync(
      name,
      source.replace(from, () => to),
    )
  }
  const [port] = await freePorts(1)
  const url = `http://localhost:${port}`
  let output = ''
  const child = spawn(process.execPath, [path.join(folder, 'src/main.js')], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      PORT: String(port),
      PUBLIC_URL: url,
      NODE_EXTRA_CA_CERTS: stoa.caFile,
      MARKETPLACE_API_URL: `${stoa.tlsUrl}/api`,
      MARKETPLACE_AUTHORITY_URL: stoa.tlsUrl,
      MARKETPLACE_BROWSER_URL: stoa.url,
      DATA_FILE: path.join(folder, 'accounts.json'),
    },
  })
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
        if (output.includes('Example publisher:')) resolve()
      })
    }
    child.once('exit', () => reject(new Error(`The example publisher did not start:\n${output}`)))
  })
  return { landing: `${url}/signup`, webhook: `${url}/webhook`, output: () => output, stop: () => stop(child) }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill()
  await once(child, 'exit')
}
