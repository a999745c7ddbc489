/** What can be said of the deployment files without an engine or a cluster: that they parse, fit each other and the configuration, and give nothing away. */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Ajv2020 from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'

const root = join(import.meta.dirname, '..')
const read = (name: string) => readFileSync(join(root, name), 'utf8')
const variables = new Set([...read('docs/configuration.md').matchAll(/^\| `([A-Z_]+)`/gm)].map((match) => match[1] as string))
const chart = 'deploy/helm/stoa'

test('compose.yaml parses; Stoa runs without rights, on loopback, with variables that exist', () => {
  const { services } = parse(read('compose.yaml'), { merge: true }) as {
    services: Record<
      string,
      {
        environment: Record<string, string>
        ports?: string[]
        read_only?: boolean
        cap_drop?: string[]
        security_opt?: string[]
        stop_grace_period?: string
      }
    >
  }
  expect(Object.keys(services).toSorted()).toEqual(['postgres', 'stoa', 'worker'])
  for (const name of ['stoa', 'worker']) {
    const service = services[name]
    expect(service, name).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      stop_grace_period: '30s',
    })
    expect(
      Object.keys(service?.environment ?? {}).filter((variable) => !variables.has(variable)),
      name,
    ).toEqual([])
    for (const port of service?.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/)
  }
  // Secrets have no default.
  expect(read('compose.yaml')).not.toMatch(/(?:PASSWORD|SECRET_KEY|SMTP_URL):-/)
})

test('the Dockerfile ends as a user without rights, names its versions, and starts what is there', () => {
  const lines = read('Dockerfile').replaceAll(/\\\n/g, ' ').split('\n')
  const all = (word: string) => lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1))
  expect(all('USER').at(-1)).toBe('node')
  for (const base of all('FROM')) expect(base).toMatch(/^node:24-bookworm-slim\b/)
  expect(all('HEALTHCHECK')).toHaveLength(1)
  expect(all('ADD')).toEqual([])
  const [entry] = JSON.parse(all('CMD').at(-1) as string).slice(1) as string[]
  expect(existsSync(join(root, entry as string))).toBe(true)
  for (const secret of ['.env', '.git', 'data']) expect(read('.dockerignore').split('\n')).toContain(secret)
})

test('the values of the chart fit their schema, and mistakes do not', () => {
  const check = new Ajv2020.default({ strict: false }).compile(JSON.parse(read(`${chart}/values.schema.json`)) as object)
  const given = {
    ...(parse(read(`${chart}/values.yaml`)) as object),
    publicUrl: 'https://market.example',
    issuerUrl: 'https://market.example',
    existingSecret: 'stoa',
  }
  expect(check(given), JSON.stringify(check.errors)).toBe(true)
  for (const wrong of [
    { publicUrl: 'http://market.example' },
    { issuerUrl: 'https://market.example/' },
    { existingSecret: '' },
    { serve: { replicas: 0 } },
  ]) {
    expect(check({ ...given, ...wrong }), JSON.stringify(wrong)).toBe(false)
  }
  expect(parse(read(`${chart}/Chart.yaml`))).toMatchObject({
    apiVersion: 'v2',
    name: 'stoa',
    appVersion: (JSON.parse(read('package.json')) as { version: string }).version,
  })
})

test('the templates of the chart use values and variables that exist, close what they open, and are YAML around their directives', () => {
  const values = parse(read(`${chart}/values.yaml`)) as Record<string, unknown>
  const templates = globSync('templates/*', { cwd: join(root, chart) })
  expect(templates.length).toBeGreaterThan(3)
  const kinds: string[] = []
  for (const name of templates) {
    const text = read(`${chart}/${name}`)
    for (const [, path] of text.matchAll(/\.Values\.([\w.]+)/g)) {
      let at: unknown = values
      for (const part of (path as string).split('.')) at = (at as Record<string, unknown> | undefined)?.[part]
      expect(at, `${name}: .Values.${path}`).not.toBeUndefined()
    }
    for (const [, variable] of text.matchAll(/\{name: ([A-Z_]+),/g)) expect(variables, name).toContain(variable)
    const opened = [...text.matchAll(/\{\{-?\s*(?:if|with|range|define)\b/g)].length
    const closed = [...text.matchAll(/\{\{-?\s*end\s*-?\}\}/g)].length
    expect(opened, name).toBe(closed)
    if (!name.endsWith('.yaml')) continue
    const plain = text
      .replaceAll(/\{\{\/\*[\s\S]*?\*\/\}\}/g, '')
      .replaceAll(/\{\{-?[^}]*\bnindent\b[^}]*\}\}/g, '')
      .replaceAll(/^\s*\{\{[^}]*\}\}\s*$/gm, '')
      .replaceAll(/\{\{[^}]*\}\}/g, 'x')
    for (const document of parseAllDocuments(plain)) {
      expect(document.errors, name).toEqual([])
      const { kind, apiVersion } = (document.toJS() ?? {}) as { kind?: string; apiVersion?: string }
      if (kind) kinds.push(`${apiVersion} ${kind}`)
    }
  }
  expect(kinds.toSorted()).toEqual([
    'apps/v1 Deployment',
    'apps/v1 Deployment',
    'batch/v1 Job',
    'networking.k8s.io/v1 Ingress',
    'policy/v1 PodDisruptionBudget',
    'v1 PersistentVolumeClaim',
    'v1 Service',
  ])
  const pod = read(`${chart}/templates/_pod.tpl`)
  for (const rule of [
    'runAsNonRoot: true',
    'readOnlyRootFilesystem: true',
    'allowPrivilegeEscalation: false',
    'drop: [ALL]',
    'automountServiceAccountToken: false',
    'type: RuntimeDefault',
  ]) {
    expect(pod).toContain(rule)
  }
})

test('the systemd unit confines Stoa and starts what is there', () => {
  const unit = read('deploy/systemd/stoa.service')
  for (const rule of ['NoNewPrivileges=true', 'ProtectSystem=strict', 'PrivateTmp=true', 'CapabilityBoundingSet=\n', 'User=stoa'])
    expect(unit).toContain(rule)
  const [, entry] = /^ExecStart=\S+ (\S+)$/m.exec(unit) as RegExpExecArray
  expect(existsSync(join(root, entry as string))).toBe(true)
  expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1])).toBeGreaterThan(20)
})
