import sharp from 'sharp'
import { categoryTree, findInTree, type Store } from '../../kernel/reference-data.ts'
import type { Files } from '../../kernel/files.ts'
import {
  type DraftView,
  offerTypeOf,
  plainText,
  type SaasContent,
  sanitiseRichText,
  shownContent,
  shownPages,
  variantsOf,
} from '../offers/index.ts'
import { error, type Finding, findingsOf, warning } from './steps.ts'

/** Price items (`term:P1M`, `dimension:email`) that a plan must have in each of its markets. */
function requiredItems(plan: SaasContent['plans'][number]): string[] {
  const metered = plan.dimensions.filter((row) => row.enabled && !row.infinite).map((row) => `dimension:${row.dimensionId}`)
  return [...plan.terms.map((term) => `term:${term}`), ...metered]
}

/** Prices complete for each market of a plan. `priced` holds `<market> <item>` of its price list. */
export function priceFindings(plan: SaasContent['plans'][number], priced: ReadonlySet<string>): Finding[] {
  const items = requiredItems(plan)
  const missing = plan.markets.filter((market) => items.some((item) => !priced.has(`${market} ${item}`)))
  if (missing.length === 0) return []
  const some = missing.slice(0, 5).join(', ')
  return [
    error(
      'PriceMissing',
      `Plan ${plan.planId} has no complete price in ${missing.length} of its markets (${some}${missing.length > 5 ? ', …' : ''}).`,
      `plans.${plan.planId}`,
    ),
  ]
}

/** Plans of one offer fit together (spec/01 §15.1). */
export function planFindings(content: SaasContent, limits: { max: number; maxPrivate: number }): Finding[] {
  const priv = content.plans.filter((plan) => plan.visibility === 'private').length
  return findingsOf(
    content.plans.length === 0 && error('PlanRequired', 'An offer that is sold needs at least one plan.', 'plans'),
    content.plans.length > limits.max && error('TooManyPlans', `An offer has at most ${limits.max} plans.`, 'plans'),
    priv > limits.maxPrivate && error('TooManyPrivatePlans', `An offer has at most ${limits.maxPrivate} private plans.`, 'plans'),
  )
}

/** Without somebody who may buy the preview nobody can try the offer before it goes live. */
export function audienceFindings(content: SaasContent): Finding[] {
  return findingsOf(
    content.previewAudience.length === 0 &&
      error('PreviewAudienceMissing', 'Nobody may buy the preview: name at least one person of the preview audience.', 'previewAudience'),
  )
}

/** Every category is one of its store's tree, also when the tree has changed since the page was saved. */
export function categoryFindings(content: SaasContent, column: string): Finding[] {
  const { categories } = content.properties
  const stores: Store[] = ['business', 'cloud']
  const unknown = stores.flatMap((store) => {
    const tree = categoryTree(store, column)
    return categories[store].filter((path) => !findInTree(tree, path))
  })
  return findingsOf(
    categories.business.length + categories.cloud.length === 0 &&
      error('CategoryNotLegal', 'The offer is in no category, so no store would list it.', 'properties.categories'),
    ...unknown.map((path) => error('CategoryNotLegal', `There is no category ${path}. Choose another one.`, 'properties.categories')),
  )
}

const longestGoodSummary = 50 // spec/05 C-15: accepted up to 100, best up to 50
const shortestGoodDescription = 200 // spec/01 §17.1: two to three paragraphs

/** Content checks of Offer validation. They advise; certification decides. */
export function listingFindings(content: SaasContent): Finding[] {
  return Object.entries(content.listing).flatMap(([language, listing]) => {
    const at = (name: string) => `listing.${language}.${name}`
    return findingsOf(
      listing.summary.length > longestGoodSummary &&
        warning(
          'SummaryLong',
          `The summary has ${listing.summary.length} characters; stores may cut it after ${longestGoodSummary}.`,
          at('summary'),
        ),
      plainText(listing.description).length < shortestGoodDescription &&
        warning(
          'DescriptionShort',
          'The description is short: say for whom it is, what it does and why it is worth it.',
          at('description'),
        ),
      listing.keywords.length === 0 &&
        warning('NoKeywords', 'Without keywords the offer is found by its name and description only.', at('keywords')),
    )
  })
}

/** What the pages themselves advise: legal, but worth a look. */
export function adviceFindings(draft: DraftView): Finding[] {
  return shownPages(offerTypeOf(draft.offer.offerType), draft).flatMap((page) => {
    const planIds = page.scope === 'plan' ? draft.plans.map((plan): string | undefined => plan.planId) : [undefined]
    return planIds.flatMap((plan) =>
      variantsOf(page, draft, plan).flatMap((variant) => {
        const content = shownContent(page, draft.content({ module: page.module, plan, variant }), draft, plan)
        const place = plan === undefined ? [camelCase(page.module), variant] : ['plans', plan]
        return page.advice
          .flatMap((rule) => rule(content, draft, plan))
          .map(({ code, message, target }) => warning(code, message, [...place, target].filter(Boolean).join('.')))
      }),
    )
  })
}

const camelCase = (module: string) => module.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())

interface Text {
  target: string
  text: string
}

/** Rich texts of a content, by their place. */
function richTexts(content: SaasContent): Text[] {
  return Object.entries(content.listing).flatMap(([language, listing]) => [
    { target: `listing.${language}.description`, text: listing.description },
    { target: `listing.${language}.gettingStarted`, text: listing.gettingStarted ?? '' },
  ])
}

/** Markup is what may be stored and shown. It was made so when it was saved; whatever came in otherwise is found here. */
export function htmlFindings(content: SaasContent): Finding[] {
  return richTexts(content).flatMap(({ target, text }) =>
    text === sanitiseRichText(text)
      ? []
      : [error('HtmlNotAllowed', 'The text holds markup that is not allowed. Open the page, remove it and save.', target)],
  )
}

/** Texts that customers read, as plain text. */
function readTexts(content: SaasContent): Text[] {
  const listings = Object.entries(content.listing).flatMap(([language, listing]) => {
    const at = (name: string) => `listing.${language}.${name}`
    return [
      { target: at('name'), text: listing.name },
      { target: at('summary'), text: listing.summary },
      { target: at('shortDescription'), text: listing.shortDescription },
      { target: at('keywords'), text: listing.keywords.join('\n') },
      { target: at('screenshots'), text: listing.screenshots.map((shot) => shot.caption).join('\n') },
    ]
  })
  const plans = content.plans.flatMap((plan) =>
    Object.values(plan.listing).map(({ name, description }) => ({ target: `plans.${plan.planId}`, text: `${name}\n${description}` })),
  )
  return [...listings, ...richTexts(content).map(({ target, text }) => ({ target, text: plainText(text) })), ...plans]
}

export interface ForbiddenWord {
  word: string
  reason: string
}

/** Words of the operator's list, wherever a whole word of a text is one of them, in any case and with any space between its parts. */
export function forbiddenFindings(content: SaasContent, words: readonly ForbiddenWord[]): Finding[] {
  const patterns = words.map((word) => ({ ...word, pattern: wordPattern(word.word) }))
  return readTexts(content).flatMap(({ target, text }) =>
    patterns
      .filter(({ pattern }) => pattern.test(text))
      .map(({ word, reason }) => error('ForbiddenWord', `“${word}” must not be used here: ${reason}`, target)),
  )
}

function wordPattern(word: string): RegExp {
  const parts = word
    .trim()
    .split(/\s+/)
    .map((part) => part.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'))
  return new RegExp(`(?<![\\p{L}\\p{N}])${parts.join('\\s+')}(?![\\p{L}\\p{N}])`, 'iu')
}

/** Text by which the industry tests virus scanners (eicar.org); written in two parts so that this file is not found by one. */
const scannerTest = 'X5O!P%@AP[4\\PZX54(P^)7CC)7}' + '$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!'
const imageFormats = ['png', 'jpeg', 'webp']

/** Files of a content with the kind that each must be. */
function filesOf(content: SaasContent): { hash: string; kind: 'image' | 'document'; target: string; what: string }[] {
  return Object.entries(content.listing).flatMap(([language, listing]) => {
    const at = (name: string) => `listing.${language}.${name}`
    return [
      ...Object.values(listing.logos).map((hash) => ({ hash, kind: 'image' as const, target: at('logos'), what: 'A logo' })),
      ...listing.screenshots.map(({ file }) => ({ hash: file, kind: 'image' as const, target: at('screenshots'), what: 'A screenshot' })),
      ...listing.videos.map(({ thumbnail }) => ({
        hash: thumbnail,
        kind: 'image' as const,
        target: at('videos'),
        what: 'The picture of a video',
      })),
      ...listing.documents.map(({ file, name }) => ({
        hash: file,
        kind: 'document' as const,
        target: at('documents'),
        what: `The document “${name}”`,
      })),
    ]
  })
}

/** Pictures can be drawn and documents are PDF, whatever their names say; nothing in them runs. */
export async function fileFindings(content: SaasContent, files: Pick<Files, 'get'>): Promise<Finding[]> {
  const findings: Finding[] = []
  const seen = new Set<string>()
  for (const { hash, kind, target, what } of filesOf(content)) {
    if (seen.has(hash)) continue
    seen.add(hash)
    const file = await files.get(hash)
    if (!file) findings.push(error('FileMissing', `${what} has not been uploaded.`, target))
    else if (file.bytes.includes(scannerTest)) findings.push(error('Malware', `${what} holds a virus.`, target))
    else if (kind === 'image') {
      const format = await sharp(file.bytes, { limitInputPixels: 64_000_000 })
        .metadata()
        .then(
          (found) => found.format,
          () => undefined,
        )
      if (!format || !imageFormats.includes(format)) {
        findings.push(error('ImageInvalid', `${what} is no picture that can be shown. Upload it again as PNG.`, target))
      }
    } else {
      const text = file.bytes.toString('latin1')
      if (!text.startsWith('%PDF-')) findings.push(error('DocumentInvalid', `${what} is no PDF.`, target))
      else if (/\/(JavaScript|JS|Launch|EmbeddedFile)\b/.test(text)) {
        findings.push(error('Malware', `${what} holds a script or a program. Save it without.`, target))
      }
    }
  }
  return findings
}
