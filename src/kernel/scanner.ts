import { spawn } from 'node:child_process'
import type { Logger } from 'pino'
import { invalid, unavailable } from './errors.ts'
import type { Metrics } from './metrics.ts'
import { createOutbound, OutboundError } from './outbound.ts'
import type { ScannerConfig } from './scanner-config.ts'

/** Looks at uploaded files before they are kept (STOA_SCAN_COMMAND, STOA_SCAN_URL). */
export interface Scanner {
  /** @throws invalid `FileRefused` with the scanner's words, unavailable `ScannerSilent`: what nobody has looked at is not kept */
  check(bytes: Uint8Array): Promise<void>
  close(): Promise<void>
}

interface Verdict {
  fine: boolean
  /** what was found */
  why: string
}

const longestReason = 200

export function createScanner(config: ScannerConfig | undefined, metrics: Metrics, log: Logger): Scanner {
  const uploads = metrics.counter('stoa_uploads_total', 'Uploaded files by what the scanner said', ['outcome'])
  // The operator has chosen this address, wherever it is.
  const outbound = createOutbound({ mode: 'production', outboundAllow: ['0.0.0.0/0', '::/0'] }, metrics)
  const looks = [
    ...(config?.command ? [(bytes: Uint8Array) => askProgram(config.command as readonly string[], bytes, config.seconds)] : []),
    ...(config?.url ? [(bytes: Uint8Array) => askService(config.url as string, bytes, config.seconds)] : []),
  ]

  async function askService(url: string, bytes: Uint8Array, seconds: number): Promise<Verdict> {
    const headers = { 'content-type': 'application/octet-stream' }
    const { status, body } = await outbound.request({
      url,
      method: 'POST',
      headers,
      body: bytes,
      timeoutMs: seconds * 1000,
      maxBytes: 64 * 1024,
    })
    if (status === 200 || status === 204) return { fine: true, why: '' }
    if (status === 403 || status === 406 || status === 422) return { fine: false, why: body.toString() }
    throw new Error(`the service answered ${status}`)
  }

  return {
    async check(bytes) {
      for (const look of looks) {
        let verdict: Verdict
        try {
          verdict = await look(bytes)
        } catch (error) {
          uploads.inc({ outcome: 'unchecked' })
          const why = error instanceof OutboundError ? error.reason : String(error)
          log.error({ why }, 'the scanner of uploads does not answer')
          throw unavailable(
            'ScannerSilent',
            'Files cannot be checked for harmful content just now, so none are taken. Try again in a few minutes.',
            {
              target: 'file',
            },
          )
        }
        if (verdict.fine) continue
        uploads.inc({ outcome: 'refused' })
        const why = oneLine(verdict.why)
        log.warn({ bytes: bytes.byteLength, why }, 'an upload was refused by the scanner')
        throw invalid('FileRefused', `The file was refused by the check for harmful content${why === '' ? '' : `: ${why}`}.`, {
          target: 'file',
        })
      }
      uploads.inc({ outcome: 'accepted' })
    },
    close: () => outbound.close(),
  }
}

/** Programs print several lines, often with the name of their own temporary file; the first that says something is shown. */
function oneLine(text: string): string {
  const line = text.split('\n').find((one) => one.trim() !== '') ?? ''
  return line
    .replaceAll(/[\p{Cc}\p{Cf}<>]/gu, ' ')
    .trim()
    .replace(/[.\s]+$/, '')
    .slice(0, longestReason)
}

/** Exit code 0: fine, 1: refused, with the reason printed (so clamdscan and clamscan answer). Anything else is no answer. */
function askProgram([program = '', ...args]: readonly string[], bytes: Uint8Array, seconds: number): Promise<Verdict> {
  return new Promise((resolve, reject) => {
    // No environment but the path: the keys of this process are nobody's business.
    const child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH ?? '' },
      timeout: seconds * 1000,
      killSignal: 'SIGKILL',
    })
    let printed = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        if (printed.length < 10_000) printed += text
      })
    }
    child.once('error', reject)
    child.once('close', (code, signal) => {
      if (code === 0) resolve({ fine: true, why: '' })
      else if (code === 1) resolve({ fine: false, why: printed })
      else reject(new Error(`the program ended with ${signal ?? `code ${code}`}: ${oneLine(printed)}`))
    })
    // It may have decided before it has read everything.
    child.stdin.on('error', () => {})
    child.stdin.end(bytes)
  })
}
