import { crc32, deflateSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { ZipFile } from 'yazl'
import { pdf, picture } from '../../../test/offer-fixture.ts'
import { type FileRule, fileProblem, inspectFile } from './file-check.ts'

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const check = Buffer.alloc(4)
  check.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, check])
}

/** A PNG whose header claims a size, with next to no data. */
function claimedPng(width: number, height: number): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 0, 0, 0, 0], 8)
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.alloc(100))), chunk('IEND', Buffer.alloc(0))])
}

async function zip(files: Record<string, Buffer>): Promise<Buffer> {
  const archive = new ZipFile()
  for (const [name, bytes] of Object.entries(files)) archive.addBuffer(bytes, name)
  archive.end()
  const parts: Buffer[] = []
  for await (const part of archive.outputStream) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

const reason = (bytes: Buffer, limits?: { unpackedBytes: number; entries: number }) =>
  inspectFile(bytes, limits).then(
    () => 'taken',
    (error: Error) => error.message,
  )

const nothingKnown = 'The file is neither a PNG picture nor a PDF nor a zip archive, whatever its name says.'

test('SA-18 what a file is counts, not what it is called: programs, SVG, JPEG and HTML are refused', async () => {
  const program = Buffer.concat([Buffer.from('MZ'), Buffer.alloc(200)])
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')
  const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46])
  for (const bytes of [program, svg, jpeg, Buffer.from('<html>'), Buffer.from('x')]) expect(await reason(bytes)).toBe(nothingKnown)
  expect(await reason(Buffer.alloc(0))).toBe('The file is empty.')
})

test('SA-18 a picture of 12,000 × 12,000 pixels is refused by its header, before it is decoded', async () => {
  const started = performance.now()
  expect(await reason(claimedPng(12_000, 12_000))).toBe('The picture has 12000 × 12000 pixels: that is too large to be read.')
  expect(performance.now() - started).toBeLessThan(1000)
})

test('a picture that is cut off, lies about its size or carries something behind it is refused', async () => {
  const whole = await picture(216, 216)
  expect(await reason(whole)).toBe('taken')
  expect(await reason(whole.subarray(0, whole.length - 20))).toBe('The picture is damaged: it cannot be read to its end.')
  expect(await reason(claimedPng(216, 216))).toBe('The picture is damaged: it cannot be read to its end.')
  expect(await reason(Buffer.concat([whole, await zip({ 'evil.exe': Buffer.from('MZ') })]))).toBe(
    'The file holds more than a picture. Save the picture anew.',
  )
  expect(await reason(Buffer.concat([signature, Buffer.from('MZ and no chunks')]))).toBe(
    'The picture is damaged: it cannot be read to its end.',
  )
})

test('a PDF needs its end, and runs no scripts', async () => {
  expect(await inspectFile(pdf())).toMatchObject({ contentType: 'application/pdf', bytes: pdf().length })
  expect(await reason(Buffer.from('%PDF-1.4\nno end'))).toBe('The PDF is damaged: its end is missing.')
  expect(await reason(Buffer.from('%PDF-1.4\n<</S/JavaScript/JS(app.alert)>>\n%%EOF'))).toBe(
    'The PDF runs scripts or programs. Save it without them.',
  )
})

test('zip bombs: what an archive unpacks to is counted, whatever it says of itself', async () => {
  const small = await zip({ 'a/manifest.json': Buffer.from('{}'), 'b.txt': Buffer.alloc(1000) })
  expect(await inspectFile(small)).toMatchObject({ contentType: 'application/zip', unpackedBytes: 1002, entries: 2 })
  const limits = { unpackedBytes: 1024 * 1024, entries: 10 }
  const bomb = await zip({ 'zeros.bin': Buffer.alloc(20 * 1024 * 1024) })
  expect(bomb.length).toBeLessThan(100_000)
  expect(await reason(bomb, limits)).toBe('The archive unpacks to more than 1 MB.')
  // The same bomb claims to be a kilobyte, in its directory and in front of the entry.
  const liar = Buffer.from(bomb)
  const directory = liar.lastIndexOf(Buffer.from('PK\u0001\u0002', 'latin1'))
  liar.writeUInt32LE(1024, directory + 24)
  expect(await reason(liar, limits)).toMatch(/^The archive (is damaged|unpacks to more than 1 MB)/)
  const many = await zip(Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`f${index}`, Buffer.from('x')])))
  expect(await reason(many, limits)).toBe('The archive holds more than 10 files.')
  expect(await reason(small.subarray(0, 60))).toBe('The archive is damaged: its list of files cannot be read.')
})

test('an archive whose names lead out of it is refused', async () => {
  const bytes = await zip({ 'aa/aa/evil.sh': Buffer.from('x') })
  const climbing = Buffer.from(bytes.toString('latin1').replaceAll('aa/aa/evil.sh', '../../evil.sh'), 'latin1')
  expect(await reason(climbing)).toBe('The archive is damaged or holds names that lead out of it.')
})

test('SA-18 SA-129 AC-238 AC-239 each field asks for its type, its pixels and its size', async () => {
  const logo: FileRule = { type: 'image', width: [216, 350], height: [216, 350], square: true, maxBytes: 1024 * 1024 }
  const at = async (width: number, height: number) => fileProblem(logo, await inspectFile(await picture(width, height)))
  expect(await at(216, 216)).toBeUndefined()
  expect(await at(350, 350)).toBeUndefined()
  expect(await at(215, 215)).toBe('The picture has 215 × 215 pixels; it needs 216 × 216 to 350 × 350, as wide as high.')
  expect(await at(351, 351)).toContain('351 × 351')
  expect(await at(216, 300)).toContain('as wide as high')
  const screenshot: FileRule = { type: 'image', width: [1280, 1280], height: [720, 720], maxBytes: 100 }
  const wide = await inspectFile(await picture(1280, 720))
  expect(fileProblem({ ...screenshot, maxBytes: 1024 * 1024 }, wide)).toBeUndefined()
  expect(fileProblem(screenshot, wide)).toContain('MB are possible')
  expect(fileProblem({ ...screenshot, maxBytes: 1e6 }, await inspectFile(await picture(1281, 720)))).toBe(
    'The picture has 1281 × 720 pixels; it needs 1280 × 720.',
  )
  expect(fileProblem(logo, await inspectFile(pdf()))).toBe('The file is not a PNG picture.')
  expect(fileProblem({ type: 'pdf', maxBytes: 1e6 }, wide)).toBe('The file is not a PDF.')
  const archive = await inspectFile(await zip({ a: Buffer.alloc(5000) }))
  expect(fileProblem({ type: 'zip', maxBytes: 1e6, maxUnpackedBytes: 1024, maxEntries: 5 }, archive)).toContain('unpacks to more than')
})
