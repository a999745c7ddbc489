import { expect, test } from 'vitest'
import { auditLock, isAllowed, readAudit, type Rules } from './dependencies.ts'

const rules: Rules = {
  licenses: ['MIT', 'ISC'],
  exceptions: { '@x/y-*': 'LGPL' },
  denied: [{ name: 'bad', versions: ['1.0.1'], why: 'steals tokens' }],
  accepted: {},
}
const manifest = { dependencies: { a: '1.0.0' }, devDependencies: {}, optionalDependencies: {}, allowScripts: { a: true } }
const fine = { version: '1.0.0', license: 'MIT', integrity: 'sha512-x' }
const with_ = (more: object, name = 'b') =>
  auditLock({ '': {}, 'node_modules/@x/y-1': fine, [`node_modules/${name}`]: { ...fine, ...more } }, manifest, rules)

test('what is pinned, licensed and allowed passes; each breach is named', () => {
  expect(with_({})).toEqual([])
  expect(with_({ license: 'GPL-3.0' })).toEqual([expect.stringContaining('the licence GPL-3.0')])
  expect(with_({ license: undefined })).toEqual([expect.stringContaining('(none)')])
  expect(with_({ integrity: undefined })).toEqual([expect.stringContaining('no checksum')])
  expect(with_({ resolved: 'git+ssh://git@github.com/b/b.git' })).toEqual([expect.stringContaining('is bound to a place')])
  expect(with_({ hasInstallScript: true })).toEqual([expect.stringContaining('runs a script')])
  expect(with_({ hasInstallScript: true }, 'a')).toEqual([])
  expect(with_({ version: '1.0.1' }, 'c/node_modules/bad')).toEqual(['bad@1.0.1 is denied: steals tokens'])
  expect(with_({ version: '1.0.2' }, 'bad')).toEqual([])
  expect(auditLock({ '': {}, 'node_modules/b': fine }, { ...manifest, dependencies: { b: '^1.0.0' } }, rules)).toEqual([
    expect.stringContaining('not pinned'),
    expect.stringContaining('no package is @x/y-*'),
  ])
})

test('a choice of licences needs one that is allowed, a sum all of them', () => {
  expect(isAllowed('(MIT OR GPL-3.0)', rules.licenses)).toBe(true)
  expect(isAllowed('MIT AND GPL-3.0', rules.licenses)).toBe(false)
  expect(isAllowed('MIT and ISC', rules.licenses)).toBe(true)
})

test('an audit counts when it is one: high and critical, unless accepted; a closed door is no answer', () => {
  const via = [
    { url: 'https://github.com/advisories/GHSA-1', title: 'x', severity: 'high' },
    { url: 'https://github.com/advisories/GHSA-2', title: 'y', severity: 'low' },
    'other',
  ]
  const report = JSON.stringify({ auditReportVersion: 2, vulnerabilities: { p: { via } } })
  expect(readAudit(report, {})).toEqual(['p: x (high, https://github.com/advisories/GHSA-1)'])
  expect(readAudit(report, { 'GHSA-1': 'not called' })).toEqual([])
  expect(readAudit('{"message":"405 Method Not Allowed","statusCode":405}', {})).toBeNull()
  expect(readAudit('', {})).toBeNull()
})
