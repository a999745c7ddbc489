import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import escapeHtml from 'escape-html'
import type { FastifyReply } from 'fastify'
import type { Brand } from '../../kernel/config.ts'

/** Text that is already HTML. Everything else that `html` is given is escaped. */
export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** HTML from a template; values are escaped unless they are {@link Html} themselves. */
export function html(strings: TemplateStringsArray, ...values: (string | number | Html | Html[] | null)[]): Html {
  const parts = strings.map((part, index) => {
    const value = values[index]
    if (value === undefined || value === null) return part
    const list = Array.isArray(value) ? value : [value]
    return part + list.map((one) => (one instanceof Html ? one.text : escapeHtml(String(one)))).join('')
  })
  return new Html(parts.join(''))
}

export interface Page {
  html: string
  /** it holds {@link script} */
  script: boolean
}

/**
 * A page of the sign-in service: one card, one style sheet.
 * @param options.script with the script that asks the device for a passkey; everything else works without one
 */
export function page(brand: Brand, title: string, body: Html, options: { script?: boolean } = {}): Page {
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} · ${brand.name}</title>
<link rel="stylesheet" href="/signin/style.css?v=${styleVersion(brand)}">
${options.script ? html`<script type="module" src="/signin/passkey.js?v=${scriptVersion}"></script>` : null}
</head>
<body>
<main class="card">
<p class="brand"><a href="/">${brand.name}</a></p>
<h1>${title}</h1>
${body}
</main>
</body>
</html>
`
  return { html: document.text, script: options.script ?? false }
}

/** A page for a request that leads nowhere. */
export function errorPage(brand: Brand, sentence: string): Page {
  return page(
    brand,
    'This sign-in cannot go on',
    html`<p class="notice" role="alert">${sentence}</p>
<p>The application that sent you here made a request that cannot be answered. Go back and try again, or tell its maker what this page says.</p>
<p><a href="/">To the marketplace</a></p>`,
  )
}

/** Sends a page. `formTargets` are other sites to which a form's redirects may lead (browsers apply form-action to them). */
export function sendPage(reply: FastifyReply, content: Page, options: { status?: number; formTargets?: string[] } = {}): FastifyReply {
  return reply
    .code(options.status ?? 200)
    .headers({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': [
        "default-src 'none'",
        ...(content.script ? ["script-src 'self'"] : []),
        "style-src 'self'",
        "font-src 'self'",
        "img-src 'self'",
        ["form-action 'self'", ...(options.formTargets ?? [])].join(' '),
        "frame-ancestors 'none'",
        "base-uri 'none'",
      ].join('; '),
      // The form's own Origin header must stay readable: no-referrer would send `null`.
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    })
    .send(content.html)
}

const sheets = new Map<string, { css: string; version: string }>()

function sheetOf(brand: Brand): { css: string; version: string } {
  const known = sheets.get(brand.color)
  if (known) return known
  const tokens = readFileSync(new URL('../../web/ui/tokens.css', import.meta.url), 'utf8')
  const own = readFileSync(new URL('./sign-in.css', import.meta.url), 'utf8')
  const css = `${tokens}\n:root { --brand: ${brand.color}; }\n${own}`
  const sheet = { css, version: createHash('sha256').update(css).digest('base64url').slice(0, 12) }
  sheets.set(brand.color, sheet)
  return sheet
}

/** The style sheet of these pages: the tokens of all sites and what a form needs. */
export function styleSheet(brand: Brand): string {
  return sheetOf(brand).css
}

function styleVersion(brand: Brand): string {
  return sheetOf(brand).version
}

/** The only script of these pages. */
export const script = readFileSync(new URL('./passkey.js', import.meta.url), 'utf8')
const scriptVersion = createHash('sha256').update(script).digest('base64url').slice(0, 12)
