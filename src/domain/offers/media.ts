import sharp from 'sharp'
import type { Ctx } from '../../kernel/context.ts'
import { type ErrorDetail, invalid } from '../../kernel/errors.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { openOffer } from './drafts.ts'
import { type FileFacts, type FileRule, fileProblem, inspectFile, UnfitFile } from './file-check.ts'
import type { FileUse } from './kinds/kind.ts'
import type { Field, Page } from './offer-type.ts'
import { offerTypeOf, pageOf } from './offer-types.ts'
import * as store from './store.ts'

/** A file that came in, by the hash under which sections name it. */
export interface Upload {
  hash: string
  fileName: string
  contentType: string
  bytes: number
  width?: number
  height?: number
  /** all sizes, made from an uploaded large logo */
  logos?: { large: string; medium: string; small: string }
}

export interface UploadInput {
  offer: string
  module: string
  field: string
  bytes: Uint8Array
  fileName: string
  /** One picture of a field that has several: `medium` of the logos, `thumbnail` of a video. Left out: the field's first. */
  part?: string | undefined
}

/** Stands for a file whose hash is not known yet, to ask a field what it wants to have. */
const placeholder = '0'.repeat(64)

const samples: Partial<Record<Field['kind'], unknown>> = {
  logos: { large: placeholder, medium: placeholder, small: placeholder },
  image: placeholder,
  file: { file: placeholder, fileName: 'file' },
  documents: [{ name: 'document', file: placeholder }],
  screenshots: [{ file: placeholder, caption: 'caption' }],
  videos: [{ title: 'title', url: 'https://vimeo.com/1', thumbnail: placeholder }],
}

/** What a field asks of a file: `contacts.photo` names a field of a repeated group. */
function ruleOf(page: Page, name: string, part: string | undefined): FileRule {
  const [outer = '', inner] = name.split('.')
  const found = Object.hasOwn(page.fields, outer) ? page.fields[outer] : undefined
  const field = inner === undefined ? found : (found?.options.fields as Record<string, Field> | undefined)?.[inner]
  const uses: FileUse[] = field?.facts.files?.(samples[field.kind] as never, field.options as never) ?? []
  const use = part === undefined ? uses[0] : uses.find(({ path }) => path.includes(part))
  if (!use) throw invalid('NoFileField', `${page.label} takes no file for ${part ? `${name} (${part})` : name}.`, { target: 'field' })
  return use.rule
}

function unfit(name: string, message: string) {
  return invalid('UnfitFile', message, { target: name, details: [{ code: 'UnfitFile', target: name, message }] })
}

async function facts(bytes: Buffer, rule: FileRule | undefined): Promise<FileFacts> {
  return inspectFile(bytes, rule?.type === 'zip' ? { unpackedBytes: rule.maxUnpackedBytes, entries: rule.maxEntries } : undefined)
}

export function createMedia({ files }: Pick<Kernel, 'files'>) {
  async function keep(ctx: Ctx, bytes: Buffer, found: FileFacts): Promise<string> {
    const { hash } = await files.put(bytes, found.contentType)
    await store.insertMedia(ctx.tx, [{ hash, ...found }], ctx.now)
    return hash
  }

  return {
    /**
     * Takes a file for a field, if its content is what the field asks for. The smaller logos are made from a large one.
     *
     * @throws `NoFileField`, `UnfitFile` (invalid) with the reason
     */
    async upload(ctx: Ctx, input: UploadInput): Promise<Upload> {
      const offer = await openOffer(ctx, input.offer, 'offer.write')
      const page = pageOf(offerTypeOf(offer.offerType), input.module)
      const rule = ruleOf(page, input.field, input.part)
      const bytes = Buffer.from(input.bytes)
      if (bytes.length > rule.maxBytes) throw unfit(input.field, `The file has more than ${rule.maxBytes / 1024 / 1024} MB.`)
      const found = await facts(bytes, rule).catch((error: unknown) => {
        throw error instanceof UnfitFile ? unfit(input.field, error.message) : error
      })
      const problem = fileProblem(rule, found)
      if (problem) throw unfit(input.field, problem)
      const hash = await keep(ctx, bytes, found)
      const { width, height } = found
      const upload: Upload = {
        hash,
        fileName: input.fileName.replace(/\p{Cc}/gu, '').slice(-255) || 'file',
        contentType: found.contentType,
        bytes: found.bytes,
        ...(width === undefined ? {} : { width }),
        ...(height === undefined ? {} : { height }),
      }
      const field = page.fields[input.field]
      if (field?.kind !== 'logos' || (input.part !== undefined && input.part !== 'large')) return upload
      const { medium, small } = field.options as { medium: number; small: number }
      const resized = async (pixels: number) => {
        const image = await sharp(bytes)
          .resize(pixels, pixels, { fit: 'contain', background: { r: 0, g: 0, b: 0, alpha: 0 } })
          .png()
          .toBuffer()
        return keep(ctx, image, { contentType: 'image/png', bytes: image.length, width: pixels, height: pixels })
      }
      return { ...upload, logos: { large: hash, medium: await resized(medium), small: await resized(small) } }
    },

    /** What is wrong with the files that a section names. Files that came in another way are looked at now. */
    async fileProblems(ctx: Ctx, page: Page, content: Record<string, unknown>): Promise<ErrorDetail[]> {
      const uses = Object.entries(page.fields).flatMap(([name, field]) =>
        content[name] === undefined
          ? []
          : (field.facts.files?.(content[name] as never, field.options as never) ?? []).map((use) => ({
              ...use,
              name,
              label: field.label,
            })),
      )
      if (uses.length === 0) return []
      const known = await store.selectMedia(ctx.tx, [...new Set(uses.map((use) => use.hash))])
      const problems: ErrorDetail[] = []
      const looked: ({ hash: string } & FileFacts)[] = []
      for (const use of uses) {
        const target = [use.name, ...use.path].join('.')
        const refuse = (message: string) => problems.push({ code: 'InvalidValue', target, message: `${use.label}: ${message}` })
        let found = known.get(use.hash)
        if (!found) {
          const stored = await files.get(use.hash)
          try {
            found = stored ? await facts(stored.bytes, use.rule) : undefined
          } catch (error) {
            if (!(error instanceof UnfitFile)) throw error
            refuse(error.message)
            continue
          }
          if (!found) {
            refuse('Upload the file first.')
            continue
          }
          known.set(use.hash, found)
          looked.push({ hash: use.hash, ...found })
        }
        const problem = fileProblem(use.rule, found)
        if (problem) refuse(problem)
      }
      await store.insertMedia(ctx.tx, looked, ctx.now)
      return problems
    },
  }
}
