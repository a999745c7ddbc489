import { parseArgs } from 'node:util'
import { ConfigError, readConfig } from '../kernel/config.ts'
import { doctor } from './doctor.ts'
import { CommandFailed, type SandboxCall, sandboxAt } from './sandbox.ts'

const help = `stoa <command> [--json] [--url http://localhost:3978]

  now                               market time, mode and version of a running sandbox
  clock advance <period>            moves market time, e.g. P1M, P1D, PT1H
  clock to <time>                   moves market time, e.g. 2027-01-01T00:00:00Z
  buy <publisher>.<offer> <plan>    a purchase [--quantity n] [--term P1M|P1Y] [--via-reseller] [--no-auto-renew]
  token <subscription>              a new landing-page token
  change <subscription>             a customer's change: --plan <id> or --quantity <n>
  cancel <subscription>             the customer cancels
  payment-failed <subscription>     a payment fails: suspended
  payment-recovered <subscription>  the customer pays after all
  auto-renew <subscription> on|off
  deliveries <subscription>         attempts to deliver its webhooks
  redeliver <delivery>
  requests [--publisher <id>]       recent calls of the APIs
  mail [--to <address>]             captured mail
  reset                             back to the demo data
  doctor                            checks the database; reads the same environment as the server

From another machine set STOA_TOKEN to a bearer token of the operator application.`

const options = {
  json: { type: 'boolean' },
  help: { type: 'boolean' },
  url: { type: 'string' },
  quantity: { type: 'string' },
  term: { type: 'string' },
  plan: { type: 'string' },
  publisher: { type: 'string' },
  to: { type: 'string' },
  'via-reseller': { type: 'boolean' },
  'no-auto-renew': { type: 'boolean' },
} as const

type Values = ReturnType<typeof parse>['values']

function parse(args: string[]) {
  return parseArgs({ args, options, allowPositionals: true })
}

type Verb = (sandbox: SandboxCall, args: string[], values: Values) => Promise<unknown>

function needed(value: string | undefined, what: string): string {
  if (value === undefined) throw new CommandFailed(`${what} is missing. See stoa --help.`)
  return value
}

function wholeNumber(text: string): number {
  if (!/^-?\d+$/.test(text)) throw new CommandFailed(`"${text}" is not a whole number.`)
  return Number(text)
}

const subscription = (args: string[]) => encodeURIComponent(needed(args[0], 'The subscription'))

const onSubscription =
  (event: string): Verb =>
  (sandbox, args) =>
    sandbox('POST', `/subscriptions/${subscription(args)}/${event}`, {})

const verbs: Record<string, Verb> = {
  now: (sandbox) => sandbox('GET', ''),
  clock: (sandbox, [how, when]) => {
    if (how !== 'advance' && how !== 'to') throw new CommandFailed('Say "clock advance P1M" or "clock to 2027-01-01T00:00:00Z".')
    return sandbox('POST', '/clock', { [how]: needed(when, 'The period or time') })
  },
  buy: (sandbox, [product, planId], values) => {
    const [publisherId, offerId] = needed(product, 'The product').split('.', 2)
    return sandbox('POST', '/purchases', {
      publisherId,
      offerId: needed(offerId, 'The offer (as <publisher>.<offer>)'),
      planId: needed(planId, 'The plan'),
      ...(values.quantity === undefined ? {} : { quantity: wholeNumber(values.quantity) }),
      ...(values.term === undefined ? {} : { termUnit: values.term }),
      ...(values['via-reseller'] ? { viaReseller: true } : {}),
      ...(values['no-auto-renew'] ? { autoRenew: false } : {}),
    })
  },
  token: onSubscription('token'),
  cancel: onSubscription('cancel'),
  'payment-failed': onSubscription('payment-failed'),
  'payment-recovered': onSubscription('payment-recovered'),
  change: (sandbox, args, values) =>
    sandbox('POST', `/subscriptions/${subscription(args)}/change`, {
      ...(values.plan === undefined ? {} : { planId: values.plan }),
      ...(values.quantity === undefined ? {} : { quantity: wholeNumber(values.quantity) }),
    }),
  'auto-renew': (sandbox, args) => {
    if (args[1] !== 'on' && args[1] !== 'off') throw new CommandFailed('Say "auto-renew <subscription> on" or "off".')
    return sandbox('POST', `/subscriptions/${subscription(args)}/auto-renew`, { enabled: args[1] === 'on' })
  },
  deliveries: (sandbox, args) => sandbox('GET', `/webhook-deliveries?subscriptionId=${subscription(args)}`),
  redeliver: (sandbox, [id]) => sandbox('POST', `/webhook-deliveries/${encodeURIComponent(needed(id, 'The delivery'))}/redeliver`, {}),
  requests: (sandbox, _args, { publisher }) =>
    sandbox('GET', `/requests${publisher === undefined ? '' : `?publisherId=${encodeURIComponent(publisher)}`}`),
  mail: (sandbox, _args, { to }) => sandbox('GET', `/mail${to === undefined ? '' : `?to=${encodeURIComponent(to)}`}`),
  reset: (sandbox) => sandbox('POST', '/reset', {}),
}

/** Runs one command. Returns the exit code: 0 done, 1 refused or unhealthy, 2 not understood. */
export async function stoa(args: string[], env: Record<string, string | undefined>, print: (text: string) => void): Promise<number> {
  try {
    const { values, positionals } = parse(args)
    const [name, ...rest] = positionals
    if (name === undefined || values.help) {
      print(help)
      return values.help ? 0 : 2
    }
    const config = readConfig(env)
    if (name === 'doctor') return await doctor(config, values.json ?? false, print)
    const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined
    if (!verb) throw new CommandFailed(`There is no command "${name}". See stoa --help.`)
    const answer = await verb(sandboxAt(values.url ?? `http://localhost:${config.port}`, env.STOA_TOKEN), rest, values)
    print(values.json ? JSON.stringify(answer) : readable(answer))
    return 0
  } catch (error) {
    const expected =
      error instanceof CommandFailed || error instanceof ConfigError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS')
    if (!expected) throw error
    print((error as Error).message)
    return error instanceof CommandFailed && error.refused ? 1 : 2
  }
}

/** One fact a line; lists as blocks. */
function readable(value: unknown, indent = ''): string {
  if (Array.isArray(value))
    return value.length === 0 ? `${indent}(none)` : value.map((item) => readable(item, indent)).join(`\n${indent}--\n`)
  if (typeof value !== 'object' || value === null) return `${indent}${String(value)}`
  return Object.entries(value)
    .map(([key, inner]) =>
      typeof inner === 'object' && inner !== null
        ? `${indent}${key}:\n${readable(inner, `${indent}  `)}`
        : `${indent}${key}: ${String(inner).replaceAll('\n', `\n${indent}  `)}`,
    )
    .join('\n')
}

if (import.meta.main) process.exitCode = await stoa(process.argv.slice(2), process.env, (text) => console.log(text))
