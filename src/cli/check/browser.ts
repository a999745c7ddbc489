import { type Html, type HtmlForm, readHtml, type Button } from './html.ts'

export interface Step {
  method: string
  url: string
  /** 0: no answer came */
  status: number
}

export interface Page {
  url: URL
  status: number
  html: Html
  /** every call that led here, redirects included */
  trail: Step[]
}

/** No answer, or redirects without end. The message names the address. */
export class PageFailed extends Error {
  override readonly name = 'PageFailed'
}

export interface BrowserOptions {
  /** where an address is really called */
  route(url: URL): URL
  /** told of each address before it is called */
  visit(url: URL): Promise<void>
}

const mostRedirects = 20
const timeoutMs = 60_000
const longestPage = 5_000_000

interface Cookie {
  value: string
  path: string
}

/** A browser without JavaScript: cookies, redirects, forms. Cookies are kept by origin, so that programs on two ports of one machine stay apart. */
export class Browser {
  readonly #options: BrowserOptions
  readonly #cookies = new Map<string, Map<string, Cookie>>()

  constructor(options: BrowserOptions) {
    this.#options = options
  }

  /** A browser of the same person in which only the given site is known already. */
  sibling(origin: string): Browser {
    const other = new Browser(this.#options)
    other.#cookies.set(origin, new Map(this.#cookies.get(origin)))
    return other
  }

  /** @throws PageFailed */
  async open(address: string | URL): Promise<Page> {
    return this.#go('GET', new URL(address), undefined, undefined)
  }

  /** Sends a form of a page with the given values. @throws PageFailed */
  async submit(page: Page, form: HtmlForm, values: [string, string][], button: Button | undefined): Promise<Page> {
    const action = new URL(form.action || page.url.href, page.url)
    const all = button && button.name !== '' ? [...values, [button.name, button.value] as [string, string]] : values
    if (form.method !== 'post') {
      action.search = new URLSearchParams(all).toString()
      return this.#go('GET', action, undefined, page.url)
    }
    if (!form.multipart) return this.#go('POST', action, new URLSearchParams(all), page.url)
    const body = new FormData()
    for (const [name, value] of all) body.append(name, value)
    return this.#go('POST', action, body, page.url)
  }

  async #go(method: 'GET' | 'POST', start: URL, body: URLSearchParams | FormData | undefined, from: URL | undefined): Promise<Page> {
    const trail: Step[] = []
    let url = start
    let verb = method
    let content = body
    for (let count = 0; count <= mostRedirects; count++) {
      await this.#options.visit(url)
      const target = this.#options.route(url)
      let answer: Response
      let text: string
      try {
        answer = await fetch(target, {
          method: verb,
          redirect: 'manual',
          signal: AbortSignal.timeout(timeoutMs),
          headers: {
            accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
            'accept-language': 'en',
            'user-agent': 'Stoa integration check (a browser without JavaScript)',
            ...this.#cookieHeader(target),
            ...(verb === 'POST' && from ? { origin: this.#options.route(from).origin } : {}),
          },
          ...(content === undefined ? {} : { body: content }),
        })
        text = (await answer.text()).slice(0, longestPage)
      } catch (error) {
        trail.push({ method: verb, url: shown(url), status: 0 })
        throw new PageFailed(`${shown(url)} did not answer: ${reasonOf(error)}.`, { cause: error })
      }
      this.#keepCookies(target, answer)
      trail.push({ method: verb, url: shown(url), status: answer.status })
      const location = answer.headers.get('location')
      if (answer.status < 300 || answer.status >= 400 || location === null || answer.status === 304) {
        return { url, status: answer.status, html: readHtml(text), trail }
      }
      from = url
      url = new URL(location, url)
      if (url.protocol !== 'http:' && url.protocol !== 'https:')
        throw new PageFailed(`${shown(from)} leads to ${url.protocol}, which is no page.`)
      if (answer.status !== 307 && answer.status !== 308) {
        verb = 'GET'
        content = undefined
      }
    }
    throw new PageFailed(
      `${shown(start)} redirects without end: ${trail
        .slice(-3)
        .map((step) => step.url)
        .join(' → ')}.`,
    )
  }

  #cookieHeader(url: URL): { cookie?: string } {
    const cookies = [...(this.#cookies.get(url.origin) ?? [])].filter(([, { path }]) => within(url.pathname, path))
    return cookies.length === 0 ? {} : { cookie: cookies.map(([name, { value }]) => `${name}=${value}`).join('; ') }
  }

  #keepCookies(url: URL, answer: Response): void {
    const jar = this.#cookies.get(url.origin) ?? new Map<string, Cookie>()
    this.#cookies.set(url.origin, jar)
    for (const line of answer.headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split(';')
      const mark = pair.indexOf('=')
      if (mark < 1) continue
      const name = pair.slice(0, mark).trim()
      const said = new Map(
        attributes.map((text) => text.trim().split('=', 2) as [string, string?]).map(([key, value = '']) => [key.toLowerCase(), value]),
      )
      const gone = Number(said.get('max-age') ?? 1) <= 0 || Date.parse(said.get('expires') ?? '') <= Date.now()
      if (gone) jar.delete(name)
      else jar.set(name, { value: pair.slice(mark + 1).trim(), path: said.get('path') || '/' })
    }
  }
}

const within = (path: string, scope: string) => path === scope || path.startsWith(scope.endsWith('/') ? scope : `${scope}/`)

/** An address without its query: that holds tokens and codes. */
export const shown = (url: URL) => `${url.origin}${url.pathname}`

function reasonOf(error: unknown): string {
  const { cause, message, name } = error as Error & { cause?: { code?: string; message?: string } }
  if (name === 'TimeoutError') return `no answer within ${timeoutMs / 1000} seconds`
  if (cause?.code === 'ECONNREFUSED') return 'nothing listens there'
  return cause?.message ?? message
}
