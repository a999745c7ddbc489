import { readFileSync } from 'node:fs'
import { Agent, request } from 'undici'

export interface Visit {
  status: number
  url: string
  headers: Record<string, string | string[] | undefined>
  text: string
}

/** As much of a browser as a sign-in needs: cookies, redirects within one origin, forms. */
export class Browser {
  readonly cookies = new Map<string, string>()
  readonly #agent: Agent
  readonly #origin: string

  constructor(origin: string, caFile: string) {
    this.#origin = origin
    this.#agent = new Agent({ connect: { ca: readFileSync(caFile) } })
  }

  /** One request, no redirect followed. */
  async send(path: string, options: { form?: Record<string, string>; headers?: Record<string, string> } = {}): Promise<Visit> {
    const url = new URL(path, this.#origin)
    const answer = await request(url, {
      dispatcher: this.#agent,
      method: options.form ? 'POST' : 'GET',
      headers: {
        accept: 'text/html',
        cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        ...(options.form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
        ...options.headers,
      },
      ...(options.form ? { body: new URLSearchParams(options.form).toString() } : {}),
    })
    for (const cookie of [answer.headers['set-cookie'] ?? []].flat()) {
      const [pair = ''] = cookie.split(';')
      const equals = pair.indexOf('=')
      const value = pair.slice(equals + 1)
      if (value === '') this.cookies.delete(pair.slice(0, equals))
      else this.cookies.set(pair.slice(0, equals), value)
    }
    return { status: answer.statusCode, url: url.href, headers: answer.headers, text: await answer.body.text() }
  }

  /** Follows redirects until a page appears or another origin is to be opened; then `location` is where it would go. */
  async open(path: string, options: { form?: Record<string, string> } = {}): Promise<Visit & { location: URL | null }> {
    let visit = await this.send(path, options)
    for (let hops = 0; hops < 10; hops++) {
      const to = visit.headers.location
      if (typeof to !== 'string') return { ...visit, location: null }
      const target = new URL(to, visit.url)
      if (target.origin !== this.#origin) return { ...visit, location: target }
      visit = await this.send(target.href)
    }
    throw new Error(`Redirects do not end: ${visit.url}`)
  }

  /** Fills the sign-in page that is shown and sends it. */
  async signIn(visit: Visit, email: string, password: string): Promise<Visit & { location: URL | null }> {
    const next = await this.open('/signin', { form: { ...hiddenFields(visit.text), email, password } })
    return this.allow(next)
  }

  /** Allows what an application asks for, where the page that is shown asks. */
  async allow(visit: Visit & { location: URL | null }): Promise<Visit & { location: URL | null }> {
    if (!visit.text.includes('action="/signin/consent"')) return visit
    return this.open('/signin/consent', { form: { ...hiddenFields(visit.text), deed: 'allow' } })
  }

  close(): Promise<void> {
    return this.#agent.close()
  }
}

/** Hidden fields of the first form of a page. */
export function hiddenFields(html: string): Record<string, string> {
  const fields: Record<string, string> = {}
  for (const [, name = '', value = ''] of html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)) {
    fields[name] = value.replaceAll('&amp;', '&').replaceAll('&#39;', "'").replaceAll('&quot;', '"')
  }
  return fields
}
