import type { Ctx } from '../../kernel/context.ts'
import { type ErrorDetail, invalid } from '../../kernel/errors.ts'
import { newId } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { looksLikeHar, NoHar, stripHar } from './har.ts'
import { attachment } from './schema.ts'

/** Most files of one message, and most bytes of one file. */
export const attachmentLimits = { files: 10, bytes: 10 * 1024 * 1024 }

export interface GivenFile {
  name: string
  contentType: string
  bytes: Uint8Array
}

/** A file that is kept and not yet part of a request. */
export interface KeptFile {
  name: string
  contentType: string
  size: number
  hash: string
  /** a recording of a browser: for those who wrote in the request only */
  restricted: boolean
  removed: number
}

/** Left-to-right and right-to-left marks make `exe.txt` of `txt.exe`. */
const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

function fileName(name: string): string {
  const last = name.split(/[\\/]/).at(-1) ?? ''
  return last.replaceAll(invisible, '').trim().slice(-200) || 'file'
}

/**
 * Keeps files for a message, out of reach of their public address. Recordings (HAR) lose what would open their author's account first.
 * Files that no message takes are nobody's.
 *
 * @throws invalid `TooManyFiles`, `UnfitFile` naming the file
 */
export async function keepFiles({ files }: Pick<Kernel, 'files'>, given: readonly GivenFile[]): Promise<KeptFile[]> {
  if (given.length > attachmentLimits.files) {
    throw invalid('TooManyFiles', `At most ${attachmentLimits.files} files can be attached at once.`, { target: 'files' })
  }
  const problems: ErrorDetail[] = []
  const ready: (Omit<KeptFile, 'hash'> & { bytes: Uint8Array })[] = []
  for (const one of given) {
    const name = fileName(one.name)
    const refuse = (message: string) => problems.push({ code: 'UnfitFile', target: 'files', message: `${name}: ${message}` })
    if (one.bytes.byteLength === 0) refuse('The file is empty.')
    else if (one.bytes.byteLength > attachmentLimits.bytes) refuse(`The file has more than ${attachmentLimits.bytes / 1024 / 1024} MB.`)
    else if (looksLikeHar(name, one.bytes)) {
      try {
        const { bytes, removed } = stripHar(one.bytes)
        ready.push({ name, contentType: 'application/json', size: bytes.length, restricted: true, removed, bytes })
      } catch (error) {
        if (!(error instanceof NoHar)) throw error
        refuse(error.message)
      }
    } else {
      const contentType = /^[\w.+-]+\/[\w.+-]+$/.test(one.contentType) ? one.contentType : 'application/octet-stream'
      ready.push({ name, contentType, size: one.bytes.byteLength, restricted: false, removed: 0, bytes: one.bytes })
    }
  }
  const [first] = problems
  if (first) throw invalid('UnfitFile', first.message, { target: 'files', details: problems })
  const kept: KeptFile[] = []
  for (const { bytes, ...file } of ready) {
    kept.push({ ...file, hash: (await files.put(bytes, file.contentType, { private: true })).hash })
  }
  return kept
}

/** Makes kept files part of a message. */
export async function attach(ctx: Ctx, to: { request: string; message: string }, kept: readonly KeptFile[]): Promise<void> {
  if (kept.length === 0) return
  await ctx.tx.insert(attachment).values(kept.map((file) => ({ ...file, ...to, id: newId<'attachment'>() })))
}
