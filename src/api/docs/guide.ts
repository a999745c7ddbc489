import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { Marked, type Tokens } from 'marked'
import sanitizeHtml from 'sanitize-html'
import type { NavigationGroup } from './layout.ts'
import { stateTable } from './state-diagram.ts'

const folder = path.join(import.meta.dirname, '../../../docs')

/** The order in which guides are offered. A guide that is not named here is found under "More". */
const groups: readonly { title: string; slugs: readonly string[] }[] = [
  {
    title: 'Begin',
    slugs: ['tour', 'pointing-an-integration-at-stoa', 'integration-check', 'testing-in-ci', 'sandbox-pages', 'command-line'],
  },
  {
    title: 'Sell',
    slugs: ['publisher-accounts', 'publishing-an-offer', 'publishing-workflow', 'storefronts', 'leads', 'people-and-permissions'],
  },
  { title: 'Buy', slugs: ['administering-an-organisation', 'privacy'] },
  { title: 'Understand', slugs: ['api-overview', 'metering', 'webhooks', 'the-two-clocks', 'state-machines', 'architecture'] },
  {
    title: 'Operate',
    slugs: [
      'operator-console',
      'payouts',
      'configuration',
      'identity',
      'running-in-production',
      'deployment',
      'observability',
      'performance',
    ],
  },
  { title: 'Security', slugs: ['security/hardening', 'security/threat-model', 'security/asvs'] },
]

/** The guide shown at /docs. */
export const FRONT_PAGE = 'index'

export interface Guide {
  title: string
  html: string
}

/** Text of a heading as an anchor: "Two clocks!" → two-clocks. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s-]/gu, '')
    .trim()
    .replaceAll(/\s+/g, '-')
}

/** Links between the files, as they work on GitHub, become addresses of pages. */
function pageAddress(href: string, slug: string): string {
  if (/^[a-z]+:|^#|^\//i.test(href)) return href
  const [file = '', fragment] = href.split('#', 2)
  const target = path.posix.join('/docs', path.posix.dirname(slug), file)
  const address = target.replace(/\.md$/, '').replace(/\/index$/, '')
  return fragment === undefined ? address : `${address}#${fragment}`
}

/** Renders a guide. Markdown of the repository is ours, yet it is sanitised: /docs shares the origin with portals that handle money. */
export function renderGuide(markdown: string, slug: string): Guide {
  const marked = new Marked({ gfm: true })
  marked.use({
    renderer: {
      heading(this: { parser: { parseInline(tokens: Tokens.Generic[]): string } }, { tokens, depth, text }: Tokens.Heading) {
        return `<h${depth} id="${anchorOf(text)}">${this.parser.parseInline(tokens)}</h${depth}>\n`
      },
    },
    extensions: [
      {
        name: 'code',
        renderer({ lang, text }) {
          return lang === 'mermaid' ? (stateTable(String(text)) ?? false) : false
        },
      },
    ],
    walkTokens(token) {
      if (token.type === 'link' || token.type === 'image') token.href = pageAddress(token.href, slug)
    },
  })
  const html = sanitizeHtml(marked.parse(markdown, { async: false }), {
    allowedTags: [...sanitizeHtml.defaults.allowedTags, 'img', 'h1', 'h2', 'details', 'summary', 'del', 'input'],
    allowedAttributes: {
      ...sanitizeHtml.defaults.allowedAttributes,
      '*': ['id'],
      a: ['href', 'title'],
      code: ['class'],
      img: ['src', 'alt', 'width', 'height', 'title'],
      th: ['align'],
      td: ['align'],
    },
  })
    // Wide tables and code scroll by themselves, reachable by keyboard; the page never does sideways.
    .replaceAll('<pre>', '<pre tabindex="0">')
    // Markdown wants a head for every table; one that says nothing is none.
    .replaceAll(/<thead>\s*<tr>\s*(?:<th><\/th>\s*)+<\/tr>\s*<\/thead>/g, '')
    .replaceAll('<th></th>', '<td></td>')
    .replaceAll('<table>', '<div class="docs-scroll" tabindex="0" role="group" aria-label="Table"><table>')
    .replaceAll('</table>', '</table></div>')
  const title = /^# (.+)$/m.exec(markdown)?.[1]?.replaceAll(/[`*]/g, '') ?? slug
  return { title, html }
}

const rendered = new Map<string, { modified: number; guide: Guide }>()

/** The guide of that name, or null. Names are file names below docs/, without their ending. */
export async function readGuide(slug: string): Promise<Guide | null> {
  if (!/^(?:[a-z0-9-]+\/)?[a-z0-9-]+$/.test(slug)) return null
  const file = path.join(folder, `${slug}.md`)
  try {
    const modified = (await stat(file)).mtimeMs
    const known = rendered.get(slug)
    if (known?.modified === modified) return known.guide
    const guide = renderGuide(await readFile(file, 'utf8'), slug)
    rendered.set(slug, { modified, guide })
    return guide
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** A picture of the documentation, or null. */
export async function readImage(name: string): Promise<Buffer | null> {
  if (!/^[a-z0-9-]+\.png$/.test(name)) return null
  return readFile(path.join(folder, 'images', name)).catch(() => null)
}

/** A JSON Schema of the documentation, or null. */
export async function readSchema(name: string): Promise<string | null> {
  if (!/^[a-z0-9-]+\.json$/.test(name)) return null
  return readFile(path.join(folder, 'schemas', name), 'utf8').catch(() => null)
}

/** A file beside the guides that other programs read (a dashboard, alert rules), or null. */
export async function readAttachment(name: string): Promise<string | null> {
  if (!/^[a-z0-9-]+\.(?:json|yaml)$/.test(name)) return null
  return readFile(path.join(folder, 'observability', name), 'utf8').catch(() => null)
}

async function slugsIn(sub: string): Promise<string[]> {
  const names = await readdir(path.join(folder, sub)).catch(() => [])
  return names.filter((name) => name.endsWith('.md')).map((name) => path.posix.join(sub, name.slice(0, -3)))
}

/** All guides, in order. Decisions come last: they are for those who want to know why. */
export async function guideNavigation(): Promise<NavigationGroup[]> {
  const all = [...(await slugsIn('')), ...(await slugsIn('security'))].filter((slug) => slug !== FRONT_PAGE)
  const named = new Set(groups.flatMap((group) => group.slugs))
  const decisions = (await slugsIn('decisions')).toSorted()
  const wanted = [
    ...groups.map((group) => ({ title: group.title, slugs: group.slugs.filter((slug) => all.includes(slug)) })),
    { title: 'More', slugs: all.filter((slug) => !named.has(slug)).toSorted() },
    { title: 'Decisions', slugs: decisions },
  ]
  const navigation = await Promise.all(
    wanted.map(async ({ title, slugs }) => ({
      title,
      entries: await Promise.all(slugs.map(async (slug) => ({ href: `/docs/${slug}`, title: (await readGuide(slug))?.title ?? slug }))),
    })),
  )
  return navigation.filter((group) => group.entries.length > 0)
}
