import { z } from 'zod'
import { kind } from './kind.ts'
import { keptOr, limited, text } from './text.ts'

const loopbackHosts = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

/** `http`: with or without TLS, where only the publisher's customers are led to. */
type Reach = 'https' | 'https-or-loopback' | 'http'

function parseUrl(value: string): URL | undefined {
  try {
    return new URL(value)
  } catch {
    return undefined
  }
}

/** Why a text is no address of the web that the field takes, or undefined. */
function urlProblem(value: string, options: { reach?: Reach; fragment?: boolean }): string | undefined {
  const address = parseUrl(value)
  if (!address || !/^https?:$/.test(address.protocol)) return 'Enter a complete address that starts with https://.'
  if (address.username || address.password) return 'The address must not hold a user name or password.'
  const plain = options.reach === 'http' || (options.reach === 'https-or-loopback' && loopbackHosts.test(address.hostname))
  if (address.protocol === 'http:' && !plain) return 'The address must start with https://.'
  // seed 001 L15737: the token is appended to the query, which a fragment would swallow.
  if (options.fragment === false && value.includes('#')) return 'The address must not contain #.'
  return undefined
}

/** An address of the web. https, except that the sandbox also takes http on this machine. Fragments only where they make sense. */
export const url = kind(
  (options: { reach?: Reach; fragment?: boolean } = {}) =>
    limited(2048).superRefine((value, check) => {
      const problem = urlProblem(value, options)
      if (problem) check.addIssue({ code: 'custom', message: problem })
    }),
  {
    rules: (options) => [
      options?.reach === 'http' ? 'An address that starts with https:// or http://.' : 'An address that starts with https://.',
      ...(options?.fragment === false ? ['No # in it.'] : []),
    ],
    plainAddress: (value: string, options) => (options?.reach === 'https-or-loopback' ? value : undefined),
  },
)

export const email = kind((_options: undefined | Record<string, never>) => limited(254).pipe(z.email('Enter an e-mail address.')), {
  rules: () => ['An e-mail address.'],
})

export const phone = kind(
  (_options: undefined | Record<string, never>) =>
    limited(40).regex(/^\+?[0-9 ()./-]{3,}$/, 'Enter a phone number of digits, spaces and + ( ) . / -.'),
  { rules: () => ['Digits, spaces and + ( ) . / -.'] },
)

export const guid = kind(
  (_options: undefined | Record<string, never>) =>
    z
      .string('Enter a GUID.')
      .trim()
      .toLowerCase()
      .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'Enter a GUID such as 50c464d3-4930-494c-963c-1e951d15360e.'),
  { rules: () => ['A GUID.'] },
)

interface Contact {
  name: string
  email: string
  phone: string
}

export const contact = kind(
  (_options: undefined | Record<string, never>) =>
    z.strictObject({ name: text({ max: 100, emoji: false }).min(1, 'Enter a name.'), email: email({}), phone: phone({}) }),
  {
    rules: () => ['Name, e-mail address and phone number.'],
    readable: (value: Contact) => [value.name, value.email, value.phone].join('\n'),
  },
)

interface Link {
  title: string
  url: string
}

/** Titled addresses, in the order in which they are shown. */
export const links = kind(
  (options: { max: number }) =>
    z
      .array(z.strictObject({ title: text({ max: 255 }).min(1, 'Enter a title.'), url: url({}) }))
      .max(options.max, `Use at most ${options.max} links.`),
  {
    rules: ({ max }) => [`At most ${max} links: a title of at most 255 characters and an address that starts with https://.`],
    readable: (value: Link[]) => value.map((link) => `${link.title}: ${link.url}`).join('\n'),
  },
)

const appSourceProduct = /^\/(?:[a-z]{2}-[a-z]{2}\/)?product\/office\/(WA\d{6,12})$/i

/** The product that an AppSource address of a Microsoft 365 client names: `WA104381441`. Undefined when it is no such address. */
export function linkedProductId(address: string): string | undefined {
  const parsed = parseUrl(address)
  if (parsed?.protocol !== 'https:' || parsed.hostname !== 'appsource.microsoft.com') return undefined
  return appSourceProduct.exec(parsed.pathname.replace(/\/$/, ''))?.[1]?.toUpperCase()
}

/** AppSource addresses of published Teams apps, Office add-ins and SharePoint solutions, in rank order, each once (SA-107 to SA-109). */
export const products = kind(
  (options: { max: number }) =>
    z
      .array(
        z.strictObject({
          url: limited(2048).refine(
            (value) => linkedProductId(value) !== undefined,
            'Enter the AppSource address of a published client, such as https://appsource.microsoft.com/product/office/WA104381441.',
          ),
        }),
      )
      .max(options.max, `Use at most ${options.max} links.`)
      .superRefine((rows, check) => {
        const seen = new Set<string>()
        for (const [index, row] of rows.entries()) {
          const id = linkedProductId(row.url)
          if (id && seen.has(id)) check.addIssue({ code: 'custom', path: [index, 'url'], message: `${id} is linked already.` })
          if (id) seen.add(id)
        }
      }),
  {
    rules: ({ max }) => [`At most ${max} AppSource addresses, each product once, in the order in which they are shown.`],
    readable: (value: { url: string }[]) => value.map((row) => row.url).join('\n'),
  },
)

const addresses = limited(1000)
  .transform((value) =>
    value
      .split(';')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  )
  .superRefine((parts, check) => {
    const wrong = parts.find((part) => !z.email().safeParse(part).success)
    if (wrong !== undefined) check.addIssue({ code: 'custom', message: `${wrong} is no e-mail address. Several are separated by ;.` })
    if (parts.length > 20) check.addIssue({ code: 'custom', message: 'Use at most 20 addresses.' })
  })
  .transform((parts) => parts.join(';'))

interface LeadDestinationValue {
  kind: 'list' | 'https'
  contactEmail?: string
}

/** Where leads go besides the portal's own list (spec/06 D2, D6). The address carries its own credential: it is stored encrypted. */
export const leadDestination = kind(
  (_options: undefined | Record<string, never>) =>
    z.discriminatedUnion(
      'kind',
      [
        z.strictObject({ kind: z.literal('list'), contactEmail: addresses.optional() }),
        z.strictObject({
          kind: z.literal('https'),
          url: keptOr(url({ reach: 'https-or-loopback' })),
          contactEmail: addresses.refine((value) => value !== '', 'Enter who is told about new leads.'),
        }),
      ],
      'Choose where leads go: list or https.',
    ),
  {
    rules: () => [
      'The list of leads in this portal, or an HTTPS endpoint besides it.',
      'The address of the endpoint is encrypted and never shown again.',
    ],
    readable: (value: LeadDestinationValue) =>
      [value.kind === 'https' ? 'HTTPS endpoint (address not shown)' : 'Leads list', ...(value.contactEmail ?? '').split(';')]
        .filter((line) => line !== '')
        .join('\n'),
    secret: { purpose: 'lead-destination', path: ['url'] },
    plainAddress: ({ url: address }: LeadDestinationValue & { url?: unknown }) => (typeof address === 'string' ? address : undefined),
  },
)
