import { isIP } from 'node:net'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { type Retention, retentionOf, retentionVariables } from './retention.ts'
import { type OutsideIssuerConfig, outsideIssuerOf, outsideIssuerProblems, outsideIssuerVariables } from './outside-issuer-config.ts'
import type { RateLimitConfig } from './rate-limit.ts'
import { type ScannerConfig, scannerOf, scannerVariables } from './scanner-config.ts'
import { type TracingConfig, tracingOf, tracingVariables } from './tracing-config.ts'

/** The three things a process may do; any number of processes share one database. */
export const allRoles = ['web', 'api', 'worker'] as const
export type Role = (typeof allRoles)[number]

/** How the marketplace calls itself and what it earns. */
export interface Brand {
  /** e.g. "Stoa" */
  name: string
  /** accent colour of pages, `#rrggbb` */
  color: string
  /** name of the storefront at /store/business */
  businessStore: string
  /** name of the storefront at /store/cloud */
  cloudStore: string
  /** the marketplace's share of each sale, in percent, as a decimal text: "3" */
  storeFeePercent: string
}

/** What calls to Stripe and its webhooks need. */
export interface StripeConfig {
  secretKey: string
  webhookSecret: string
  /** origin of the API, another one in tests only */
  apiUrl: string
}

/** Everything a process learns from its environment, checked once at its start. */
export interface Config {
  mode: 'sandbox' | 'production'
  roles: readonly Role[]
  host: string
  port: number
  tlsPort: number
  /** absolute path of the folder of the database, files, keys and the development certificate */
  dataDir: string
  /** origin of links when a request's host is unknown, without a trailing slash */
  publicUrl: string
  /** origin of the one token issuer, without a trailing slash */
  issuerUrl: string
  /** hosts (`name` or `name:port`) besides those of publicUrl and issuerUrl that links may be built from */
  knownHosts: readonly string[]
  /** addresses of the reverse proxies whose X-Forwarded-* headers are believed */
  trustedProxies: readonly string[]
  /** PostgreSQL 15 or newer; without it an embedded one runs in dataDir */
  databaseUrl: string | undefined
  smtpUrl: string | undefined
  mailFrom: string
  /** newest first; empty in sandbox, where one is generated in dataDir */
  secretKeys: readonly string[]
  /** whose sign-in wants a second proof besides the password; everybody may have one */
  secondFactor: 'optional' | 'operators' | 'operators-and-owners'
  /** who else says who people are (Entra ID or another); absent: Stoa alone */
  outsideIssuer: OutsideIssuerConfig | undefined
  /** what follows the name in the domain of a directory that a seller makes here */
  directoryDomain: string
  /** networks (CIDR) that outbound calls may reach although they are private */
  outboundAllow: readonly string[]
  logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
  /** cards through Stripe; absent: customers pay by bank transfer */
  stripe: StripeConfig | undefined
  /** whether calls of the wire contracts are kept for those who look at them (`kernel.request`) */
  requestLog: boolean
  /** how long a process that is asked to stop serves on, unready, before it closes its ports */
  drainSeconds: number
  /** for how long what is only kept for a while is kept */
  keepDays: Retention
  /** how often somebody may call */
  rateLimits: RateLimitConfig
  /** what looks at uploaded files; undefined: nobody */
  scanner: ScannerConfig | undefined
  /** traces by OpenTelemetry; undefined: none */
  tracing: TracingConfig | undefined
  /** where the log goes; undefined: standard output */
  logFile: string | undefined
  /** US dollars up to which an operator writes off an open amount alone, as a decimal text: "100"; above it a second one approves */
  writeOffAlone: string
  brand: Brand
}

/** Thrown by {@link readConfig}: every mistake found, one sentence each, naming its variable. */
export class ConfigError extends Error {
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(`The environment is not right:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
    this.name = 'ConfigError'
    this.problems = problems
  }
}

const port = z.string().transform((text, context) => {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (!(value <= 65535)) {
    context.addIssue({ code: 'custom', message: `must be a port number from 0 to 65535, not "${text}"` })
    return z.NEVER
  }
  return value
})

/** An http(s) origin: scheme, host, port, nothing after. Returned without a trailing slash. */
const origin = z.string().transform((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.pathname !== '/' || url.search || url.hash) {
    context.addIssue({ code: 'custom', message: `must be an address like https://market.example without a path, not "${text}"` })
    return z.NEVER
  }
  return url.origin
})

const urlWithScheme = (schemes: string[], example: string) =>
  z.string().refine((text) => URL.canParse(text) && schemes.includes(new URL(text).protocol.replace(':', '')), {
    message: `must be a URL like ${example}`,
  })

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
)

/** Whether a text is an IP network in CIDR form, such as 10.0.0.0/8 or fd00::/8. */
export function isCidr(text: string): boolean {
  const [address = '', bits = '', ...rest] = text.split('/')
  const family = isIP(address)
  return rest.length === 0 && family !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)
}

const cidrs = list.superRefine((items, context) => {
  for (const item of items) {
    if (!isCidr(item)) context.addIssue({ code: 'custom', message: `"${item}" is not a network like 10.0.0.0/8` })
  }
})

const storeFee = z.string().refine((text) => /^\d{1,2}(\.\d{1,4})?$/.test(text), {
  message: 'must be a percentage from 0 to 99.9999, such as 3 or 2.5',
})

/** Seconds, also parts of one. */
const seconds = (most: number) =>
  z
    .string()
    .refine((text) => /^\d{1,3}(\.\d{1,3})?$/.test(text) && Number(text) <= most, {
      message: `must be a number of seconds from 0 to ${most}`,
    })
    .transform(Number)

const perMinute = z
  .string()
  .regex(/^\d{1,7}$/, 'must be a number of calls in a minute, or 0 for no limit')
  .transform(Number)

const environment = z
  .object({
    STOA_MODE: z.enum(['sandbox', 'production'], { message: 'must be sandbox or production' }).default('sandbox'),
    STOA_ROLES: list
      .pipe(z.array(z.enum(allRoles, { message: 'knows only web, api and worker' })).min(1, 'must name at least one of web, api, worker'))
      .default([...allRoles]),
    STOA_HOST: z.string().optional(),
    STOA_PORT: port.default(3978),
    STOA_TLS_PORT: port.default(3979),
    STOA_DATA: z.string().default('./data'),
    STOA_PUBLIC_URL: origin.optional(),
    STOA_ISSUER_URL: origin.optional(),
    STOA_KNOWN_HOSTS: list.default([]),
    STOA_TRUSTED_PROXIES: list.default([]),
    DATABASE_URL: urlWithScheme(['postgres', 'postgresql'], 'postgres://user:password@host:5432/stoa').optional(),
    SMTP_URL: urlWithScheme(['smtp', 'smtps'], 'smtps://user:password@mail.example:465').optional(),
    STOA_MAIL_FROM: z.string().min(3).optional(),
    STOA_SECRET_KEY: list
      .pipe(z.array(z.string().min(32, 'every key must have at least 32 characters')).max(5, 'at most 5 keys (newest first)'))
      .default([]),
    STOA_STRIPE_SECRET_KEY: z
      .string()
      .regex(/^[rs]k_(?:test|live)_\w+$/, 'must be a secret or restricted key of Stripe, like sk_live_…')
      .optional(),
    STOA_STRIPE_WEBHOOK_SECRET: z
      .string()
      .regex(/^whsec_\w+$/, 'must be the signing secret of a webhook endpoint of Stripe, like whsec_…')
      .optional(),
    STOA_STRIPE_API_URL: origin.default('https://api.stripe.com'),
    STOA_SECOND_FACTOR: z
      .enum(['optional', 'operators', 'operators-and-owners'], { message: 'must be optional, operators or operators-and-owners' })
      .optional(),
    ...retentionVariables,
    ...outsideIssuerVariables,
    ...tracingVariables,
    ...scannerVariables,
    STOA_RATE_LIMIT_ADDRESS: perMinute.optional(),
    STOA_RATE_LIMIT_PRINCIPAL: perMinute.optional(),
    STOA_DRAIN_SECONDS: seconds(60).optional(),
    STOA_DIRECTORY_DOMAIN: z
      .string()
      .regex(/^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/, 'must be a domain name in lower case, such as directories.example')
      .default('onmicrosoft.com'),
    STOA_OUTBOUND_ALLOW: cidrs.default([]),
    STOA_LOG_LEVEL: z
      .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
        message: 'must be one of fatal, error, warn, info, debug, trace, silent',
      })
      .default('info'),
    STOA_LOG: z.string().optional(),
    STOA_REQUEST_LOG: z.enum(['on', 'off'], { message: 'must be on or off' }).default('on'),
    STOA_BRAND_NAME: z.string().min(1).max(40, 'must have at most 40 characters').default('Stoa'),
    STOA_BRAND_COLOR: z
      .string()
      .regex(/^#[0-9a-fA-F]{6}$/, 'must be a colour like #0f5f5c')
      .default('#0f5f5c'),
    STOA_BRAND_BUSINESS_STORE: z.string().min(1).max(60, 'must have at most 60 characters').default('Business apps'),
    STOA_BRAND_CLOUD_STORE: z.string().min(1).max(60, 'must have at most 60 characters').default('Cloud services'),
    STOA_STORE_FEE: storeFee.default('3'),
    STOA_WRITE_OFF_ALONE: z
      .string()
      .regex(/^\d{1,9}(\.\d{1,2})?$/, 'must be an amount in US dollars, such as 100 or 0')
      .default('100'),
  })
  .superRefine((env, context) => {
    const required = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message })
    if (env.STOA_PORT === env.STOA_TLS_PORT && env.STOA_PORT !== 0) {
      required('STOA_TLS_PORT', `must differ from STOA_PORT (${env.STOA_PORT})`)
    }
    if (env.STOA_STRIPE_SECRET_KEY && !env.STOA_STRIPE_WEBHOOK_SECRET) {
      required('STOA_STRIPE_WEBHOOK_SECRET', 'is required with STOA_STRIPE_SECRET_KEY')
    }
    if (!env.STOA_STRIPE_SECRET_KEY && env.STOA_STRIPE_WEBHOOK_SECRET) {
      required('STOA_STRIPE_SECRET_KEY', 'is required with STOA_STRIPE_WEBHOOK_SECRET')
    }
    if (env.STOA_MODE === 'sandbox' && env.STOA_STRIPE_SECRET_KEY?.includes('_live_')) {
      required('STOA_STRIPE_SECRET_KEY', 'must be a test key in sandbox mode: nobody there means to pay')
    }
    for (const { path, message } of outsideIssuerProblems(env)) required(path, message)
    if (env.STOA_MODE !== 'production') return
    if (env.STOA_SECRET_KEY.length === 0) required('STOA_SECRET_KEY', 'is required in production (at least 32 random characters)')
    if (!env.STOA_PUBLIC_URL) required('STOA_PUBLIC_URL', 'is required in production (the address people open)')
    if (!env.STOA_ISSUER_URL) required('STOA_ISSUER_URL', 'is required in production (the https address of the token issuer)')
    else if (!env.STOA_ISSUER_URL.startsWith('https:')) required('STOA_ISSUER_URL', 'must be an https address in production')
    if (!env.SMTP_URL) required('SMTP_URL', 'is required in production (mail is sent, not captured)')
  })

/**
 * Reads the configuration from environment variables. An empty value counts as absent.
 * @throws ConfigError with every mistake at once
 */
export function readConfig(env: Record<string, string | undefined>): Config {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''))
  const parsed = environment.safeParse(present)
  if (!parsed.success) {
    // A refinement over several variables does not run while one of them is malformed: required ones are asked for separately.
    const problems = parsed.error.issues.map((issue) => `${String(issue.path[0])} ${issue.message}`)
    if (present.STOA_MODE === 'production') {
      for (const name of ['STOA_SECRET_KEY', 'STOA_PUBLIC_URL', 'STOA_ISSUER_URL', 'SMTP_URL']) {
        if (present[name] === undefined && !problems.some((problem) => problem.startsWith(name))) {
          problems.push(`${name} is required in production`)
        }
      }
    }
    throw new ConfigError([...new Set(problems)])
  }
  const values = parsed.data
  const publicUrl = values.STOA_PUBLIC_URL ?? `http://localhost:${values.STOA_PORT}`
  return {
    mode: values.STOA_MODE,
    roles: values.STOA_ROLES,
    host: values.STOA_HOST ?? (values.STOA_MODE === 'sandbox' ? '127.0.0.1' : '0.0.0.0'),
    port: values.STOA_PORT,
    tlsPort: values.STOA_TLS_PORT,
    dataDir: resolve(values.STOA_DATA),
    publicUrl,
    issuerUrl: values.STOA_ISSUER_URL ?? `https://localhost:${values.STOA_TLS_PORT}`,
    knownHosts: values.STOA_KNOWN_HOSTS.map((host) => host.toLowerCase()),
    trustedProxies: values.STOA_TRUSTED_PROXIES,
    databaseUrl: values.DATABASE_URL,
    smtpUrl: values.SMTP_URL,
    mailFrom: values.STOA_MAIL_FROM ?? `${values.STOA_BRAND_NAME} <no-reply@${new URL(publicUrl).hostname}>`,
    secretKeys: values.STOA_SECRET_KEY,
    stripe:
      values.STOA_STRIPE_SECRET_KEY && values.STOA_STRIPE_WEBHOOK_SECRET
        ? { secretKey: values.STOA_STRIPE_SECRET_KEY, webhookSecret: values.STOA_STRIPE_WEBHOOK_SECRET, apiUrl: values.STOA_STRIPE_API_URL }
        : undefined,
    secondFactor: values.STOA_SECOND_FACTOR ?? (values.STOA_MODE === 'production' ? 'operators-and-owners' : 'optional'),
    directoryDomain: values.STOA_DIRECTORY_DOMAIN,
    outsideIssuer: outsideIssuerOf(values),
    outboundAllow: values.STOA_OUTBOUND_ALLOW,
    logLevel: values.STOA_LOG_LEVEL,
    requestLog: values.STOA_REQUEST_LOG === 'on',
    drainSeconds: values.STOA_DRAIN_SECONDS ?? (values.STOA_MODE === 'production' ? 5 : 0),
    keepDays: retentionOf(values),
    rateLimits: {
      address: values.STOA_RATE_LIMIT_ADDRESS ?? (values.STOA_MODE === 'production' ? 6000 : 0),
      principal: values.STOA_RATE_LIMIT_PRINCIPAL ?? (values.STOA_MODE === 'production' ? 12_000 : 0),
    },
    scanner: scannerOf(values),
    tracing: tracingOf(values),
    logFile: logFile(values.STOA_LOG, values.STOA_MODE, resolve(values.STOA_DATA)),
    writeOffAlone: values.STOA_WRITE_OFF_ALONE,
    brand: {
      name: values.STOA_BRAND_NAME,
      color: values.STOA_BRAND_COLOR,
      businessStore: values.STOA_BRAND_BUSINESS_STORE,
      cloudStore: values.STOA_BRAND_CLOUD_STORE,
      storeFeePercent: values.STOA_STORE_FEE,
    },
  }
}

/** `stdout`, or a file. On a laptop (sandbox) the default is a file, so that the start screen stays readable. */
function logFile(given: string | undefined, mode: Config['mode'], dataDir: string): string | undefined {
  if (given === 'stdout') return undefined
  if (given !== undefined) return resolve(given)
  return mode === 'sandbox' ? join(dataDir, 'stoa.log') : undefined
}
