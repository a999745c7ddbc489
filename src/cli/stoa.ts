import { parseArgs } from 'node:util'
import { type Config, ConfigError, readConfig } from '../kernel/config.ts'
import { archiveUsage } from './archive-usage.ts'
import { attributeUsage } from './attribute-usage.ts'
import { backup, exportAll, migrateDatabase, restore } from './backup.ts'
import { checkCommand } from './check/command.ts'
import { doctor } from './doctor.ts'
import { explainInvoice } from './explain.ts'
import { importAccount } from './import-account.ts'
import { createOperator, removeSecondFactor, rotateKeys } from './operator.ts'
import { previewPayouts, showPayoutRun, startPayoutRun, writeBankFiles } from './payouts.ts'
import { CommandFailed, type SandboxCall, sandboxAt } from './sandbox.ts'

const options = {
  json: { type: 'boolean' },
  help: { type: 'boolean' },
  fix: { type: 'boolean' },
  stoa: { type: 'string' },
  url: { type: 'string' },
  quantity: { type: 'string' },
  term: { type: 'string' },
  plan: { type: 'string' },
  publisher: { type: 'string' },
  limit: { type: 'string' },
  to: { type: 'string' },
  contract: { type: 'string' },
  operation: { type: 'string' },
  subscription: { type: 'string' },
  status: { type: 'string' },
  latency: { type: 'string' },
  fault: { type: 'string' },
  landing: { type: 'string' },
  webhook: { type: 'string' },
  signed: { type: 'string' },
  'success-word': { type: 'string' },
  rate: { type: 'string' },
  times: { type: 'string' },
  'via-reseller': { type: 'boolean' },
  'no-auto-renew': { type: 'boolean' },
  name: { type: 'string' },
  organisation: { type: 'string' },
  country: { type: 'string' },
  months: { type: 'string' },
  'pay-on': { type: 'string' },
} as const

type Option = keyof typeof options
type Values = ReturnType<typeof parse>['values']

function parse(args: string[]) {
  return parseArgs({ args, options, allowPositionals: true })
}

interface Verb {
  /** arguments and what they mean, for the help */
  usage: string
  does: string
  /** what the help of the command says besides */
  more?: string
  /** options besides those of every command */
  options?: readonly Option[]
  /** most arguments */
  most: number
  run(sandbox: SandboxCall, args: string[], values: Values): Promise<unknown>
}

const ofEveryCommand: readonly Option[] = ['json', 'help', 'stoa', 'url']

function needed(value: string | undefined, what: string): string {
  if (value === undefined) throw new CommandFailed(`${what} is missing. See stoa --help.`)
  return value
}

function number(text: string | undefined, option: Option, { whole = true } = {}): number | undefined {
  if (text === undefined) return undefined
  if (!(whole ? /^-?\d{1,15}$/ : /^-?\d{1,15}(\.\d{1,15})?$/).test(text)) {
    throw new CommandFailed(`--${option}: "${text}" is not a ${whole ? 'whole ' : ''}number.`)
  }
  return Number(text)
}

/** Without the members that were not given. */
const given = (values: Record<string, unknown>) => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))

const query = (values: Record<string, string | undefined>) => {
  const text = new URLSearchParams(given(values) as Record<string, string>).toString()
  return text === '' ? '' : `?${text}`
}

const subscription = (args: string[]) => encodeURIComponent(needed(args[0], 'The subscription'))

const onSubscription = (event: string, does: string): Verb => ({
  usage: '<subscription>',
  does,
  most: 1,
  run: (sandbox, args) => sandbox('POST', `/subscriptions/${subscription(args)}/${event}`, {}),
})

/** Publisher and offer id of `<publisher>.<offer>`. */
function productOf(product: string | undefined): { publisherId: string; offerId: string } {
  const [publisherId, offerId, ...more] = needed(product, 'The product').split('.')
  if (!publisherId || !offerId || more.length > 0)
    throw new CommandFailed(`"${product}" is not <publisher>.<offer>, such as contoso.contoso-desk.`)
  return { publisherId, offerId }
}

const purchase: Verb = {
  usage: '<publisher>.<offer> <plan>',
  does: 'a purchase [--quantity n] [--term P1M|P1Y] [--via-reseller] [--no-auto-renew]',
  options: ['quantity', 'term', 'via-reseller', 'no-auto-renew'],
  most: 2,
  run(sandbox, [product, planId], values) {
    return sandbox(
      'POST',
      '/purchases',
      given({
        ...productOf(product),
        planId: needed(planId, 'The plan'),
        quantity: number(values.quantity, 'quantity'),
        termUnit: values.term,
        viaReseller: values['via-reseller'],
        autoRenew: values['no-auto-renew'] ? false : undefined,
      }),
    )
  },
}

const verbs: Record<string, Verb> = {
  now: { usage: '', does: 'market time, mode and version of a running sandbox', most: 0, run: (sandbox) => sandbox('GET', '') },
  clock: {
    usage: 'advance <period> | to <time>',
    does: 'moves market time: P1M, P1D, PT1H, or to 2027-01-01T00:00:00Z',
    most: 2,
    run(sandbox, [how, when]) {
      if (how !== 'advance' && how !== 'to') throw new CommandFailed('Say "clock advance P1M" or "clock to 2027-01-01T00:00:00Z".')
      return sandbox('POST', '/clock', { [how]: needed(when, how === 'to' ? 'The time' : 'The period') })
    },
  },
  purchase,
  buy: purchase,
  subscription: {
    usage: '<subscription>',
    does: 'how it stands, its operations and what decided them, its webhooks',
    most: 1,
    run: (sandbox, args) => sandbox('GET', `/subscriptions/${subscription(args)}`),
  },
  token: onSubscription('token', 'a new landing-page token'),
  change: {
    usage: '<subscription>',
    does: "a customer's change: --plan <id> or --quantity <n>",
    options: ['plan', 'quantity'],
    most: 1,
    run(sandbox, args, values) {
      const wanted = given({ planId: values.plan, quantity: number(values.quantity, 'quantity') })
      if (Object.keys(wanted).length !== 1) throw new CommandFailed('Give either --plan or --quantity.')
      return sandbox('POST', `/subscriptions/${subscription(args)}/change`, wanted)
    },
  },
  cancel: onSubscription('cancel', 'the customer cancels'),
  'payment-failed': onSubscription('payment-failed', 'a payment fails: suspended'),
  'payment-recovered': onSubscription('payment-recovered', 'the customer pays after all'),
  'auto-renew': {
    usage: '<subscription> on|off',
    does: 'switches automatic renewal',
    most: 2,
    run(sandbox, args) {
      if (args[1] !== 'on' && args[1] !== 'off') throw new CommandFailed('Say "auto-renew <subscription> on" or "off".')
      return sandbox('POST', `/subscriptions/${subscription(args)}/auto-renew`, { enabled: args[1] === 'on' })
    },
  },
  deliveries: {
    usage: '<subscription>',
    does: 'every attempt to deliver its webhooks',
    most: 1,
    run: (sandbox, args) => sandbox('GET', `/webhook-deliveries?subscriptionId=${subscription(args)}`),
  },
  redeliver: {
    usage: '<delivery>',
    does: 'delivers a webhook once more',
    most: 1,
    run: (sandbox, [id]) => sandbox('POST', `/webhook-deliveries/${encodeURIComponent(needed(id, 'The delivery'))}/redeliver`, {}),
  },
  'give-up': {
    usage: '<delivery>',
    does: 'ends the attempts to deliver a webhook',
    most: 1,
    run: (sandbox, [id]) => sandbox('POST', `/webhook-deliveries/${encodeURIComponent(needed(id, 'The delivery'))}/give-up`, {}),
  },
  offer: {
    usage: '<publisher>.<offer>',
    does: 'what a live offer names: plans, endpoints; see stoa offer --help',
    more: `--landing <url> --webhook <url>             points it at other endpoints
--signed on|off --success-word <word>       how its webhooks are sent: with or without a token; Succeeded or Success`,
    options: ['landing', 'webhook', 'signed', 'success-word'],
    most: 1,
    async run(sandbox, [product], { landing, webhook, signed, 'success-word': successWord }) {
      const { publisherId, offerId } = productOf(product)
      const address = `/offers/${encodeURIComponent(publisherId)}/${encodeURIComponent(offerId)}`
      if (landing !== undefined || webhook !== undefined) {
        return sandbox('PUT', `${address}/endpoints`, {
          landingPageUrl: needed(landing, '--landing'),
          webhookUrl: needed(webhook, '--webhook'),
        })
      }
      if (signed === undefined && successWord === undefined) return sandbox('GET', address)
      if (signed !== 'on' && signed !== 'off') throw new CommandFailed('--signed: say on or off.')
      return sandbox('PUT', `${address}/webhook`, { signed: signed === 'on', successWord: needed(successWord, '--success-word') })
    },
  },
  requests: {
    usage: '',
    does: 'recent calls of the APIs [--publisher <id>] [--limit n]',
    options: ['publisher', 'limit'],
    most: 0,
    run: (sandbox, _args, { publisher, limit }) =>
      sandbox('GET', `/requests${query({ publisherId: publisher, limit: number(limit, 'limit')?.toString() })}`),
  },
  faults: {
    usage: '[set | clear]',
    does: 'what goes wrong on purpose, and how; see stoa faults --help',
    more: `faults            lists those that are set
faults set        --contract saas-fulfillment|metering|directory, and --status <n> or --latency <ms> or both
                  [--operation <call>] [--subscription <id>] [--rate 0.5] [--times <n>]
faults clear      takes them away: all, or [--contract] [--operation] [--subscription], or one: [--fault <its id>]`,
    options: ['contract', 'operation', 'subscription', 'status', 'latency', 'rate', 'times', 'fault'],
    most: 1,
    run(sandbox, [how], { contract, operation, subscription: subscriptionId, status, latency, rate, times, fault }) {
      if (how === undefined) return sandbox('GET', '/faults')
      if (how === 'clear' && fault !== undefined) return sandbox('DELETE', `/faults/${encodeURIComponent(fault)}`)
      if (how === 'clear') return sandbox('DELETE', `/faults${query({ contract, operation, subscriptionId })}`)
      if (how !== 'set') throw new CommandFailed('Say "faults", "faults set --contract <name> --status 503" or "faults clear".')
      return sandbox(
        'PUT',
        '/faults',
        given({
          contract: needed(contract, '--contract'),
          operation,
          subscriptionId,
          status: number(status, 'status'),
          latencyMs: number(latency, 'latency'),
          rate: number(rate, 'rate', { whole: false }),
          times: number(times, 'times'),
        }),
      )
    },
  },
  mail: {
    usage: '',
    does: 'captured mail [--to <address>]',
    options: ['to'],
    most: 0,
    run: (sandbox, _args, { to }) => sandbox('GET', `/mail${query({ to })}`),
  },
  reset: { usage: '', does: 'back to the demo data', most: 0, run: (sandbox) => sandbox('POST', '/reset', {}) },
}

const width = 34

const line = (command: string, does: string) =>
  command.length > width ? `  ${command}\n  ${' '.repeat(width)} ${does}` : `  ${command.padEnd(width)} ${does}`

const help = [
  'stoa <command> [--json] [--stoa http://localhost:3978]',
  '',
  ...Object.entries(verbs)
    .filter(([name]) => name !== 'buy')
    .map(([name, { usage, does }]) => line(`${name} ${usage}`.trim(), does)),
  line('check --landing <url> …', 'whether an integration is right, point by point; see stoa check --help'),
  line('explain <invoice>', 'calculates an invoice again and says line by line why'),
  line('doctor [--fix]', 'checks the database, and repairs what is safe; reads the same environment as the server'),
  line('payouts preview | run | show | files', 'payouts to publishers; see stoa payouts --help'),
  line('migrate', 'brings the database to the schema of this Stoa, as a start does'),
  line('backup <file>', 'everything of the installation in one file, while it runs'),
  line('restore <file>', 'brings a backup back into an empty database'),
  line('export <folder>', 'every table as lines of JSON, and the files'),
  line('archive-usage <folder>', 'takes usage events of old months out of the database, into files'),
  line('attribute-usage <file>', 'records cloud usage under tracking GUIDs, from a CSV file'),
  line('import-account <file>', 'brings a publisher account over, and mails its owner the link to claim it'),
  line('remove-second-factor <email>', 'for who has lost phone and recovery codes'),
  line('operator <email> …', 'makes a person of the staff; see stoa operator --help'),
  '',
  'Exit code: 0 done, 1 refused or something is wrong, 2 not understood.',
  'From another machine set STOA_TOKEN to a bearer token of the operator application.',
].join('\n')

interface DatabaseCommand {
  help?: string
  run(
    config: Config,
    args: string[],
    values: Values,
    env: Record<string, string | undefined>,
    print: (text: string) => void,
  ): Promise<number>
}

/** A command with one argument: a file, a folder, an address. */
function onOne(usage: string, does: string, work: (config: Config, argument: string) => Promise<object>): DatabaseCommand {
  return {
    help: `${usage} [--json]\n\n${does}`,
    async run(config, [argument, ...more], values, _env, print) {
      if (more.length > 0) throw new CommandFailed(`"${more[0]}" is one argument too many.`)
      const report = await work(config, needed(argument, usage))
      print(values.json ? JSON.stringify(report) : readable(report))
      return 0
    },
  }
}

/** Commands that work on the database of this environment, not on a running sandbox. */
const databaseCommands: Record<string, DatabaseCommand> = {
  doctor: {
    help: 'stoa doctor [--fix] [--json]\n\nChecks references and sums of the database. With --fix it first repairs what follows from other facts: lists of the\nstorefronts, work that must be ahead, webhooks that wait for nothing. Money and what people have written it never touches.',
    run: (config, _args, values, _env, print) => doctor(config, { json: values.json ?? false, fix: values.fix ?? false }, print),
  },
  explain: {
    help: 'stoa explain <invoice> [--json]\n\nCalculates an invoice or credit note (number or id) again and says line by line why it comes to what it does.',
    async run(config, [invoice, ...more], values, _env, print) {
      if (more.length > 0) throw new CommandFailed(`"${more[0]}" is one argument too many.`)
      return explainInvoice(config, needed(invoice, 'The invoice'), values.json ?? false, print)
    },
  },
  payouts: {
    help: [
      'stoa payouts preview                          what the next run would pay, what it would hold and why',
      'stoa payouts run                              begins a run for this month now; a running Stoa carries it out',
      'stoa payouts show [<run>]                     what a run paid and held; the newest one without its id',
      'stoa payouts files <folder> [--pay-on <day>]  writes the bank files that wait for the bank; with a day the prepared payouts go into files first',
      '',
      'Each with --json. Files are SEPA credit transfers (pain.001.001.09) where every account has an IBAN, tables (CSV) otherwise.',
    ].join('\n'),
    async run(config, [what, argument, ...more], values, _env, print) {
      const [extra] = what === 'show' || what === 'files' ? more : [argument]
      if (extra !== undefined) throw new CommandFailed(`"${extra}" is one argument too many.`)
      if (values['pay-on'] !== undefined && what !== 'files') throw new CommandFailed('--pay-on belongs to "payouts files".')
      const report = await payouts(config, what, argument, values['pay-on'])
      print(values.json ? JSON.stringify(report) : readable(report))
      return 0
    },
  },
  migrate: {
    help: 'stoa migrate [--json]\n\nBrings the database to the schema of this Stoa and ends. Every start does it too, under a lock.',
    async run(config, more, values, _env, print) {
      if (more.length > 0) throw new CommandFailed(`"${more[0]}" is one argument too many.`)
      const report = await migrateDatabase(config)
      print(values.json ? JSON.stringify(report) : readable(report))
      return 0
    },
  },
  'remove-second-factor': onOne(
    '<email>',
    'Ends the second proof of a person who has lost phone and recovery codes. It is in the audit log.',
    removeSecondFactor,
  ),
  'rotate-keys': {
    help: 'stoa rotate-keys [--json]\n\nMakes a new key for signing tokens. It signs ten minutes later; the old one stays published until its last token has expired.',
    async run(config, more, values, _env, print) {
      if (more.length > 0) throw new CommandFailed(`"${more[0]}" is one argument too many.`)
      const report = await rotateKeys(config)
      print(values.json ? JSON.stringify(report) : readable(report))
      return 0
    },
  },
  backup: onOne('<file>', 'Writes everything of the installation to one file, as of one moment, while Stoa runs.', backup),
  restore: onOne('<file>', 'Brings a backup back into an empty database. The installation’s STOA_SECRET_KEY must be set.', restore),
  export: onOne('<folder>', 'Writes every table as lines of JSON, and the files, into an empty folder.', exportAll),
  'attribute-usage': onOne(
    '<file>',
    'Records what customers used of a cloud under tracking GUIDs: a CSV file with the columns guid, day, resource, amount and currency.',
    attributeUsage,
  ),
  'import-account': onOne(
    '<file>',
    'Brings a publisher account over from a JSON file, see the guide to publisher accounts. Its owner gets a mail with the link to claim it.',
    importAccount,
  ),
  'archive-usage': {
    help: [
      'stoa archive-usage <folder> [--months 13] [--json]',
      '',
      'Writes usage events of months that ended more than so many months ago into the folder, one compressed CSV file a month, and takes them',
      'out of the database. Stoa may run meanwhile. May be stopped at any time and run again.',
    ].join('\n'),
    async run(config, [folder, ...more], values, _env, print) {
      if (more.length > 0) throw new CommandFailed(`"${more[0]}" is one argument too many.`)
      const report = await archiveUsage(config, needed(folder, '<folder>'), values.months)
      print(values.json ? JSON.stringify(report) : readable(report))
      return 0
    },
  },
  operator: {
    help: [
      'stoa operator <email> --name <name> --organisation <name> --country <code> [--json]',
      '',
      'Makes a person of the marketplace’s own staff. With the first one of a mail domain its directory is made too.',
      'The password is read from STOA_OPERATOR_PASSWORD, so that no list of processes shows it.',
    ].join('\n'),
    async run(config, [email], values, env, print) {
      const made = await createOperator(config, {
        email: needed(email, 'The e-mail address'),
        displayName: needed(values.name, '--name'),
        organisation: needed(values.organisation, '--organisation'),
        country: needed(values.country, '--country'),
        password: needed(env.STOA_OPERATOR_PASSWORD, 'STOA_OPERATOR_PASSWORD'),
      })
      print(values.json ? JSON.stringify(made) : readable(made))
      return 0
    },
  },
}

function payouts(config: Config, what: string | undefined, argument: string | undefined, payOn: string | undefined): Promise<object> {
  switch (what) {
    case 'preview':
      return previewPayouts(config)
    case 'run':
      return startPayoutRun(config)
    case 'show':
      return showPayoutRun(config, argument)
    case 'files':
      return writeBankFiles(config, needed(argument, '<folder>'), payOn)
    default:
      throw new CommandFailed('Say "payouts preview", "payouts run", "payouts show" or "payouts files <folder>".')
  }
}

/** Runs one command. Returns the exit code: 0 done, 1 refused or something is wrong, 2 not understood. */
export async function stoa(args: string[], env: Record<string, string | undefined>, print: (text: string) => void): Promise<number> {
  try {
    // It has many options of its own.
    if (args[0] === 'check') return await checkCommand(args.slice(1), env, print)
    const { values, positionals } = parse(args)
    const [name, ...rest] = positionals
    if (name === undefined) {
      print(help)
      return values.help ? 0 : 2
    }
    if (name === 'check') throw new CommandFailed('Say "stoa check" first, then its options.')
    const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined
    const local = Object.hasOwn(databaseCommands, name) ? databaseCommands[name] : undefined
    if (!verb && !local) throw new CommandFailed(`There is no command "${name}". See stoa --help.`)
    if (values.help) {
      print(local?.help ?? (verb ? `stoa ${`${name} ${verb.usage}`.trim()} [--json] [--stoa <url>]\n\n${verb.more ?? verb.does}` : help))
      return 0
    }
    const config = readConfig(env)
    if (local) return await local.run(config, rest, values, env, print)
    if (!verb) return 2
    const foreign = (Object.keys(values) as Option[]).find((option) => !ofEveryCommand.includes(option) && !verb.options?.includes(option))
    if (foreign) throw new CommandFailed(`"${name}" has no option --${foreign}. See stoa ${name} --help.`)
    if (rest.length > verb.most) throw new CommandFailed(`"${rest[verb.most]}" is more than "${name}" takes. See stoa ${name} --help.`)
    const url = (values.stoa ?? values.url ?? `http://localhost:${config.port}`).replace(/\/+$/, '')
    if (!URL.canParse(url)) throw new CommandFailed(`--stoa: "${url}" is not an address such as http://localhost:3978.`)
    const answer = await verb.run(sandboxAt(url, env.STOA_TOKEN), rest, values)
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
