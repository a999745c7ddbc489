import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { readConfig } from '../../kernel/config.ts'
import { CommandFailed, sandboxAt } from '../sandbox.ts'
import { check } from './check.ts'
import { type OwnStoa, startApplication, startOwnStoa } from './own-stoa.ts'
import { reportJunit, reportText } from './report.ts'

export const checkHelp = `stoa check --landing <url> --webhook <url>

Plays the marketplace against your landing page and your webhook, and reports point by point whether the integration is right.

  --landing <url>           your landing page, as in the offer's technical configuration
  --webhook <url>           your connection webhook
  --offer <publisher.offer> what is bought (contoso.contoso-desk); it is pointed at your endpoints while the check runs
  --plan <id>               which plan of it (the first public one)
  --change-to <id>          the plan to change to (another public one)
  --user, --password        the customer who signs in on the landing page (buyer@adatum.example)
  --submit <text>           the button of your landing page that activates, where it is not guessed
  --activate-within <time>  how long activation may take after the form was sent (30s)
  --answer-within <time>    how long your webhook may take to answer (10s)

  --stoa <url>              a sandbox that is running; without it one is started and thrown away afterwards, on ports 3978 and 3979
  --app <command>           starts your application for the check, with the addresses of a Stoa on free ports in its environment:
                            MARKETPLACE_API_URL, MARKETPLACE_AUTHORITY_URL, MARKETPLACE_BROWSER_URL, NODE_EXTRA_CA_CERTS
  --no-clock                leave the market clock alone (a sandbox that others use): renewal and expiry are not tested
  --strict                  what could not be tested counts as failed

  --json                    the report as JSON
  --junit <file>            the report as JUnit XML, besides

Exit code: 0 all is well, 1 a point failed, 2 the check could not run.`

const options = {
  landing: { type: 'string' },
  webhook: { type: 'string' },
  offer: { type: 'string', default: 'contoso.contoso-desk' },
  plan: { type: 'string' },
  'change-to': { type: 'string' },
  user: { type: 'string', default: 'buyer@adatum.example' },
  password: { type: 'string', default: 'stoa-demo-2026' },
  submit: { type: 'string' },
  'activate-within': { type: 'string', default: '30s' },
  'answer-within': { type: 'string', default: '10s' },
  stoa: { type: 'string' },
  url: { type: 'string' },
  app: { type: 'string' },
  'no-clock': { type: 'boolean', default: false },
  strict: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  junit: { type: 'string' },
  help: { type: 'boolean' },
} as const

const units: Record<string, number> = { ms: 1, s: 1000, m: 60_000 }

function duration(text: string, option: string): number {
  const [, number, unit = 's'] = /^(\d{1,7})(ms|s|m)?$/.exec(text) ?? []
  const ms = Number(number) * (units[unit] as number)
  if (!(ms > 0)) throw new CommandFailed(`${option}: "${text}" is not a time such as 30s, 500ms or 2m.`)
  return ms
}

function address(text: string | undefined, option: string): string {
  if (text === undefined) throw new CommandFailed(`${option} is missing. See stoa check --help.`)
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new CommandFailed(`${option}: "${text}" is not an http or https address.`)
  }
  return text
}

/** `stoa check`. Returns the exit code. @throws CommandFailed */
export async function checkCommand(
  args: string[],
  env: Record<string, string | undefined>,
  print: (text: string) => void,
): Promise<number> {
  const { values } = parseArgs({ args, options, allowPositionals: false })
  if (values.help) {
    print(checkHelp)
    return 0
  }
  const landing = address(values.landing, '--landing')
  const webhook = address(values.webhook, '--webhook')
  const activateWithinMs = duration(values['activate-within'], '--activate-within')
  const webhookWithinMs = duration(values['answer-within'], '--answer-within')
  const running = values.stoa ?? values.url
  if (running !== undefined && values.app !== undefined)
    throw new CommandFailed('--app starts a Stoa of its own for your application: leave --stoa away.')
  const { port, tlsPort } = readConfig(env)

  let own: OwnStoa | undefined
  let application: Awaited<ReturnType<typeof startApplication>> | undefined
  const stop = async () => {
    await application?.stop()
    await own?.stop()
  }
  const interrupted = () => void stop().finally(() => process.exit(2))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupted)
  try {
    if (running === undefined) own = await startOwnStoa(values.app === undefined ? { port, tlsPort } : { port: 0, tlsPort: 0 })
    if (own && values.app !== undefined) application = await startApplication(values.app, own, landing)
    const stoa = own?.url ?? address(running, '--stoa').replace(/\/+$/, '')
    const report = await check({
      stoa,
      call: sandboxAt(stoa, env.STOA_TOKEN),
      landing,
      webhook,
      offer: values.offer,
      plan: values.plan,
      changeTo: values['change-to'],
      user: values.user,
      password: values.password,
      submit: values.submit,
      activateWithinMs,
      webhookWithinMs,
      moveClock: !values['no-clock'],
      keep: own !== undefined,
    })
    if (values.junit !== undefined) {
      mkdirSync(path.dirname(path.resolve(values.junit)), { recursive: true })
      writeFileSync(values.junit, reportJunit(report))
    }
    print(values.json ? JSON.stringify(report) : reportText(report))
    return report.counts.failed > 0 || (values.strict && report.counts.notTested > 0) ? 1 : 0
  } catch (error) {
    // Refused is not failed: nothing was found out about the application.
    if (error instanceof CommandFailed) throw new CommandFailed(error.message)
    throw error
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupted)
    await stop()
  }
}
