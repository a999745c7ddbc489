/**
 * Audits what package-lock.json would install, without asking anybody: every package is pinned by version and checksum and comes from the registry,
 * its licence is one that we may pass on, only those named in package.json run scripts when they are installed, and none is on the list of denied
 * ones (tools/dependencies.json: `{ "name", "versions": ["1.2.3"], "why" }`).
 *
 * Then the registry is asked for known weaknesses of what is installed in production. Where it does not answer that question (mirrors, closed
 * networks), the check says so and passes: what is known by then belongs into the list of denied ones. `accepted` names advisories that do not concern
 * us, with the reason.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'

const root = path.join(import.meta.dirname, '..')
const read = (name: string) => JSON.parse(readFileSync(path.join(root, name), 'utf8')) as unknown

export interface Package {
  version?: string
  license?: string
  integrity?: string
  resolved?: string
  hasInstallScript?: boolean
  link?: boolean
  os?: string[]
}

export interface Rules {
  licenses: string[]
  /** package, or the beginning of its name with `*` → which licence, and why it may be */
  exceptions: Record<string, string>
  denied: { name: string; versions: string[]; why: string }[]
  /** advisory → why it does not concern us */
  accepted: Record<string, string>
}

interface Manifest {
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
  optionalDependencies: Record<string, string>
  allowScripts: Record<string, boolean>
}

/** `node_modules/a/node_modules/@b/c` → `@b/c` */
const nameOf = (place: string) => place.split('node_modules/').at(-1) as string

const matches = (pattern: string, name: string) => (pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern)

/** Whether an SPDX expression can be met by the allowed licences: one of those joined by OR, all of those joined by AND. */
export function isAllowed(expression: string, allowed: readonly string[]): boolean {
  return expression
    .replaceAll(/[()]/g, '')
    .split(/\s+or\s+/i)
    .some((choice) => choice.split(/\s+and\s+/i).every((one) => allowed.includes(one.trim())))
}

export function auditLock(packages: Record<string, Package>, manifest: Manifest, rules: Rules): string[] {
  const problems: string[] = []
  for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies'] as const) {
    for (const [name, version] of Object.entries(manifest[kind])) {
      if (!/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version)) problems.push(`package.json: ${name} is not pinned to one version (${version})`)
    }
  }
  const used = new Set<string>()
  for (const [place, found] of Object.entries(packages)) {
    if (place === '' || found.link) continue
    const name = nameOf(place)
    const shown = `${name}@${found.version}`
    // The lock file names no host: packages come from the registry that npm is set to, checked by their checksum.
    if (found.resolved !== undefined) problems.push(`${shown} is bound to a place: run tools/lock-platforms.js (${found.resolved})`)
    // Builds for other platforms than ours are named without a checksum; npm takes it from the registry when it installs one.
    if (!found.integrity && !found.os) problems.push(`${shown} has no checksum in the lock file`)
    const exception = Object.keys(rules.exceptions).find((pattern) => matches(pattern, name))
    if (exception) used.add(exception)
    else if (!isAllowed(found.license ?? 'none', rules.licenses))
      problems.push(`${shown} has the licence ${found.license ?? '(none)'}, which tools/dependencies.json does not allow`)
    if (found.hasInstallScript && manifest.allowScripts[name] !== true)
      problems.push(`${shown} runs a script when it is installed, and package.json does not allow it`)
    for (const denied of rules.denied) {
      if (denied.name === name && (denied.versions.includes('*') || denied.versions.includes(found.version ?? '')))
        problems.push(`${shown} is denied: ${denied.why}`)
    }
  }
  for (const pattern of Object.keys(rules.exceptions))
    if (!used.has(pattern)) problems.push(`tools/dependencies.json: no package is ${pattern}`)
  return problems
}

interface Advisory {
  source?: number
  url?: string
  title?: string
  severity?: string
}

/** What an answer of `npm audit --json` says that is high or critical and not accepted; null when it is no answer to that question. */
export function readAudit(text: string, accepted: Record<string, string>): string[] | null {
  let report: { vulnerabilities?: Record<string, { via: (Advisory | string)[] }>; auditReportVersion?: number }
  try {
    report = JSON.parse(text) as typeof report
  } catch {
    return null
  }
  if (!report.auditReportVersion || !report.vulnerabilities) return null
  return Object.entries(report.vulnerabilities).flatMap(([name, { via }]) =>
    via
      .filter((one): one is Advisory => typeof one === 'object')
      .filter(
        ({ severity, url = '' }) =>
          (severity === 'high' || severity === 'critical') && !Object.keys(accepted).some((id) => url.endsWith(id)),
      )
      .map(({ title, url, severity }) => `${name}: ${title} (${severity}, ${url})`),
  )
}

if (import.meta.main) {
  const { packages } = read('package-lock.json') as { packages: Record<string, Package> }
  const manifest = read('package.json') as Manifest
  const rules = read('tools/dependencies.json') as Rules
  const problems = auditLock(packages, manifest, rules)
  const count = Object.keys(packages).length - 1
  if (count < 100) problems.push('package-lock.json: hardly any package was read; has its shape changed?')
  const npm = process.env.npm_execpath
  const [program, ...first] = npm ? [process.execPath, npm] : ['npm']
  const asked = spawnSync(program as string, [...first, 'audit', '--omit=dev', '--json'], { cwd: root, encoding: 'utf8', timeout: 20_000 })
  const known = readAudit(asked.stdout ?? '', rules.accepted)
  for (const problem of [...problems, ...(known ?? [])]) console.error(problem)
  const said =
    known === null ? 'the registry does not answer audits here: known weaknesses were not looked up' : `${known.length} known weaknesses`
  console.log(`dependencies: ${count} packages, ${problems.length} problems; ${said}`)
  process.exitCode = problems.length + (known?.length ?? 0) > 0 ? 1 : 0
}
