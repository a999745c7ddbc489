import sharp from 'sharp'
import { fromBuffer, type ZipFile } from 'yauzl'

/** What an uploaded file has to be. Judged by its content; names and the browser's word count for nothing. */
export type FileRule =
  | { type: 'image'; width: [number, number]; height: [number, number]; square?: boolean; maxBytes: number }
  | { type: 'pdf'; maxBytes: number }
  | { type: 'zip'; maxBytes: number; maxUnpackedBytes: number; maxEntries: number }

/** What a file turned out to be. */
export interface FileFacts {
  contentType: 'image/png' | 'application/pdf' | 'application/zip'
  bytes: number
  width?: number
  height?: number
  /** of an archive: what its files are together, unpacked */
  unpackedBytes?: number
  entries?: number
}

/** A sentence about what is wrong with a file. */
export class UnfitFile extends Error {
  override readonly name = 'UnfitFile'
}

/** Pictures above this are not even decoded: 40 megapixels of a PNG of a few kilobytes can be gigabytes of memory. */
const maxPixels = 8192 * 4096
/** Unpacked sizes above this are not counted to the end. */
const unpackedLimit = 2 * 1024 ** 3
const entryLimit = 100_000

const zipSignature = Buffer.from('PK\u0003\u0004', 'latin1')
const pngSignature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

/** Ends of the chunks of a PNG: everything behind IEND is no picture. Undefined when the chunks do not fit the file. */
function endOfPng(bytes: Buffer): number | undefined {
  let at = pngSignature.length
  while (at + 12 <= bytes.length) {
    const end = at + 12 + bytes.readUInt32BE(at)
    if (end > bytes.length) return undefined
    if (bytes.toString('latin1', at + 4, at + 8) === 'IEND') return end
    at = end
  }
  return undefined
}

async function inspectPng(bytes: Buffer): Promise<FileFacts> {
  const end = endOfPng(bytes)
  if (end === undefined) throw new UnfitFile('The picture is damaged: it cannot be read to its end.')
  if (end !== bytes.length) throw new UnfitFile('The file holds more than a picture. Save the picture anew.')
  try {
    const { width, height } = await sharp(bytes, { limitInputPixels: false }).metadata()
    if (width * height > maxPixels) throw new UnfitFile(`The picture has ${width} × ${height} pixels: that is too large to be read.`)
    await sharp(bytes, { failOn: 'error', limitInputPixels: maxPixels }).resize(8, 8, { fit: 'fill' }).toBuffer()
    return { contentType: 'image/png', bytes: bytes.length, width, height }
  } catch (error) {
    if (error instanceof UnfitFile) throw error
    throw new UnfitFile('The picture is damaged: it cannot be read to its end.', { cause: error })
  }
}

function inspectPdf(bytes: Buffer): FileFacts {
  const text = bytes.toString('latin1')
  if (!text.slice(-2048).includes('%%EOF')) throw new UnfitFile('The PDF is damaged: its end is missing.')
  if (/\/(JavaScript|JS|Launch)\b/.test(text)) throw new UnfitFile('The PDF runs scripts or programs. Save it without them.')
  return { contentType: 'application/pdf', bytes: bytes.length }
}

function openZip(bytes: Buffer): Promise<ZipFile> {
  return new Promise((resolve, reject) => {
    fromBuffer(bytes, { lazyEntries: true, validateEntrySizes: true, strictFileNames: true }, (error, zip) => {
      if (error || !zip) reject(new UnfitFile('The archive is damaged: its list of files cannot be read.', { cause: error }))
      else resolve(zip)
    })
  })
}

/** Unpacks an archive without keeping anything, to see what it really is: the sizes written in it may lie. */
async function inspectZip(bytes: Buffer, limits: { unpackedBytes: number; entries: number }): Promise<FileFacts> {
  const zip = await openZip(bytes)
  let unpackedBytes = 0
  let entries = 0
  const tooLarge = () => new UnfitFile(`The archive unpacks to more than ${Math.round(limits.unpackedBytes / 1024 / 1024)} MB.`)
  const tooMany = () => new UnfitFile(`The archive holds more than ${limits.entries.toLocaleString('en')} files.`)
  if (zip.entryCount > limits.entries) throw tooMany()
  await new Promise<void>((resolve, reject) => {
    const fail = (error: unknown) => {
      zip.close()
      reject(
        error instanceof UnfitFile ? error : new UnfitFile('The archive is damaged or holds names that lead out of it.', { cause: error }),
      )
    }
    zip.on('error', fail)
    zip.on('end', resolve)
    zip.on('entry', (entry) => {
      if (++entries > limits.entries) return fail(tooMany())
      if (entry.isEncrypted()) return fail(new UnfitFile('The archive is protected by a password.'))
      if (unpackedBytes + entry.uncompressedSize > limits.unpackedBytes) return fail(tooLarge())
      if (entry.fileName.endsWith('/')) return zip.readEntry()
      zip.openReadStream(entry, (error, stream) => {
        if (error || !stream) return fail(error)
        stream.on('data', (chunk: Buffer) => {
          unpackedBytes += chunk.length
          if (unpackedBytes > limits.unpackedBytes) stream.destroy(tooLarge())
        })
        stream.on('error', fail)
        stream.on('end', () => zip.readEntry())
      })
    })
    zip.readEntry()
  })
  return { contentType: 'application/zip', bytes: bytes.length, unpackedBytes, entries }
}

/**
 * What a file is, by its content.
 *
 * @throws UnfitFile when it is none of the types that offers hold, or damaged
 */
export async function inspectFile(bytes: Buffer, limits = { unpackedBytes: unpackedLimit, entries: entryLimit }): Promise<FileFacts> {
  if (bytes.length === 0) throw new UnfitFile('The file is empty.')
  if (bytes.subarray(0, 8).equals(pngSignature)) return inspectPng(bytes)
  if (/^%PDF-[12]\.\d/.test(bytes.toString('latin1', 0, 8))) return inspectPdf(bytes)
  if (bytes.subarray(0, 4).equals(zipSignature)) return inspectZip(bytes, limits)
  throw new UnfitFile('The file is neither a PNG picture nor a PDF nor a zip archive, whatever its name says.')
}

const contentTypes = { image: 'image/png', pdf: 'application/pdf', zip: 'application/zip' } as const
const words = { image: 'a PNG picture', pdf: 'a PDF', zip: 'a zip archive' } as const

function pixelProblem(
  { width: [minWidth, maxWidth], height: [minHeight, maxHeight], square }: FileRule & { type: 'image' },
  facts: FileFacts,
) {
  const { width = 0, height = 0 } = facts
  const fits = width >= minWidth && width <= maxWidth && height >= minHeight && height <= maxHeight
  if (fits && !(square && width !== height)) return undefined
  const due =
    minWidth === maxWidth && minHeight === maxHeight
      ? `${minWidth} × ${minHeight}`
      : `${minWidth} × ${minHeight} to ${maxWidth} × ${maxHeight}`
  return `The picture has ${width} × ${height} pixels; it needs ${due}${square ? ', as wide as high' : ''}.`
}

/** Why a file is not what a field asks for, or undefined. */
export function fileProblem(rule: FileRule, facts: FileFacts): string | undefined {
  if (facts.contentType !== contentTypes[rule.type]) return `The file is not ${words[rule.type]}.`
  if (facts.bytes > rule.maxBytes)
    return `The file has ${(facts.bytes / 1024 / 1024).toFixed(1)} MB; at most ${rule.maxBytes / 1024 / 1024} MB are possible.`
  if (rule.type === 'image') return pixelProblem(rule, facts)
  if (rule.type === 'zip' && (facts.unpackedBytes ?? 0) > rule.maxUnpackedBytes)
    return `The archive unpacks to more than ${Math.round(rule.maxUnpackedBytes / 1024 / 1024)} MB.`
  if (rule.type === 'zip' && (facts.entries ?? 0) > rule.maxEntries)
    return `The archive holds more than ${rule.maxEntries.toLocaleString('en')} files.`
  return undefined
}
