import { z } from 'zod'
import type { FileRule } from '../file-check.ts'
import { kind } from './kind.ts'
import { limited, text } from './text.ts'

const fileHash = z.string('Upload the file first.').regex(/^[0-9a-f]{64}$/, 'Upload the file first.')
const mebibytes = (bytes: number) => `${bytes / 1024 / 1024} MB`

/** Exact, or from – to. */
type Pixels = number | readonly [number, number]

const range = (pixels: Pixels): [number, number] => (typeof pixels === 'number' ? [pixels, pixels] : [pixels[0], pixels[1]])

function png(width: Pixels, height: Pixels, maxBytes: number): FileRule {
  return { type: 'image', width: range(width), height: range(height), maxBytes }
}

const largestPicture = 5 * 1024 * 1024
const largestLogo = 1024 * 1024

function pixelWords(width: Pixels, height: Pixels): string {
  const one = (pixels: Pixels) => (typeof pixels === 'number' ? String(pixels) : `${pixels[0]} to ${pixels[1]}`)
  return `${one(width)} × ${one(height)} pixels`
}

/** A picture of exact or ranged size, PNG. */
export const image = kind((_options: { width: Pixels; height: Pixels; maxBytes?: number }) => fileHash, {
  rules: ({ width, height, maxBytes = largestPicture }) => [`PNG of ${pixelWords(width, height)}, at most ${mebibytes(maxBytes)}.`],
  readable: (value: string) => `File ${value.slice(0, 8)}`,
  files: (value: string, { width, height, maxBytes = largestPicture }) => [{ path: [], hash: value, rule: png(width, height, maxBytes) }],
})

interface LogoOptions {
  min: number
  max: number
  medium: number
  small: number
}

interface Logos {
  large: string
  medium: string
  small: string
}

/** Logos by size: the large one is uploaded, the others are generated from it and can be replaced (spec/05 §1.4). */
export const logos = kind((_options: LogoOptions) => z.strictObject({ large: fileHash, medium: fileHash, small: fileHash }), {
  rules: ({ min, max, medium, small }) => [
    `PNG, square, ${min} to ${max} pixels. The logos of ${medium} and ${small} pixels are made from it and can be replaced.`,
  ],
  readable: (value: Logos) => `Large ${value.large.slice(0, 8)}\nMedium ${value.medium.slice(0, 8)}\nSmall ${value.small.slice(0, 8)}`,
  files: (value: Logos, { min, max, medium, small }) => [
    { path: ['large'], hash: value.large, rule: { ...png([min, max], [min, max], largestLogo), square: true } as FileRule },
    { path: ['medium'], hash: value.medium, rule: png(medium, medium, largestLogo) },
    { path: ['small'], hash: value.small, rule: png(small, small, largestLogo) },
  ],
})

interface PictureOptions {
  max: number
  width: number
  height: number
}

export const screenshots = kind(
  (options: PictureOptions) =>
    z
      .array(z.strictObject({ file: fileHash, caption: text({ max: 255 }).min(1, 'Enter a caption.') }))
      .max(options.max, `Use at most ${options.max} screenshots.`),
  {
    rules: ({ max, width, height }) => [`At most ${max}: PNG of ${pixelWords(width, height)} with a caption.`],
    readable: (value: { file: string; caption: string }[]) =>
      value.map((row) => `${row.caption} (file ${row.file.slice(0, 8)})`).join('\n'),
    files: (value: { file: string }[], { width, height }) =>
      value.map((row, index) => ({ path: [index, 'file'], hash: row.file, rule: png(width, height, largestPicture) })),
  },
)

const videoHosts = new Set([
  'www.youtube.com',
  'youtube.com',
  'm.youtube.com',
  'youtu.be',
  'vimeo.com',
  'www.vimeo.com',
  'player.vimeo.com',
])

function isVideo(value: string): boolean {
  try {
    const address = new URL(value)
    return (
      /^https?:$/.test(address.protocol) &&
      !address.username &&
      !address.password &&
      videoHosts.has(address.hostname) &&
      address.pathname.length > 1
    )
  } catch {
    return false
  }
}

/** Videos of YouTube or Vimeo with a picture that stands for them (SA-20). */
export const videos = kind(
  (options: PictureOptions) =>
    z
      .array(
        z.strictObject({
          title: text({ max: 255 }).min(1, 'Enter a title.'),
          url: limited(2048).refine(isVideo, 'Enter the address of a video on YouTube or Vimeo.'),
          thumbnail: fileHash,
        }),
      )
      .max(options.max, `Use at most ${options.max} videos.`),
  {
    rules: ({ max, width, height }) => [
      `At most ${max}: a title, an address on YouTube or Vimeo, and a PNG of ${pixelWords(width, height)}.`,
    ],
    readable: (value: { title: string; url: string }[]) => value.map((row) => `${row.title}: ${row.url}`).join('\n'),
    files: (value: { thumbnail: string }[], { width, height }) =>
      value.map((row, index) => ({ path: [index, 'thumbnail'], hash: row.thumbnail, rule: png(width, height, largestPicture) })),
  },
)

export interface FileOptions {
  accept: 'pdf' | 'zip'
  maxBytes: number
}

/** What an archive may be when it is opened: its size unpacked and the number of its files. */
function fileRule({ accept, maxBytes }: FileOptions): FileRule {
  return accept === 'pdf' ? { type: 'pdf', maxBytes } : { type: 'zip', maxBytes, maxUnpackedBytes: maxBytes * 10, maxEntries: 10_000 }
}

const fileWords = ({ accept, maxBytes }: FileOptions) => `${accept.toUpperCase()} of at most ${mebibytes(maxBytes)}`

/** One uploaded file with the name it came with. */
export const file = kind(
  (_options: FileOptions) => z.strictObject({ file: fileHash, fileName: text({ max: 255 }).min(1, 'The file needs a name.') }),
  {
    rules: (options) => [`${fileWords(options)}.`],
    readable: (value: { file: string; fileName: string }) => `${value.fileName} (file ${value.file.slice(0, 8)})`,
    files: (value: { file: string }, options) => [{ path: ['file'], hash: value.file, rule: fileRule(options) }],
  },
)

/** Named documents. */
export const documents = kind(
  (options: FileOptions & { max: number }) =>
    z
      .array(z.strictObject({ name: text({ max: 255 }).min(1, 'Enter a name.'), file: fileHash }))
      .max(options.max, `Use at most ${options.max} documents.`),
  {
    rules: (options) => [`At most ${options.max}, each with a name: ${fileWords(options)}.`],
    readable: (value: { name: string; file: string }[]) => value.map((row) => `${row.name} (file ${row.file.slice(0, 8)})`).join('\n'),
    files: (value: { file: string }[], options) =>
      value.map((row, index) => ({ path: [index, 'file'], hash: row.file, rule: fileRule(options) })),
  },
)
