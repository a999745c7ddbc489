// Adds to package-lock.json the optional packages of other platforms that the registry at hand does not carry: without their entries `npm ci` refuses
// the file. Run it after every `npm install` that changes the lock file: `node tools/lock-platforms.js package-lock.json`.
import { readFileSync, writeFileSync } from 'node:fs'
const file = process.argv[2]
const lock = JSON.parse(readFileSync(file, 'utf8'))
const n = lock.packages
let added = 0
for (const [k, v] of Object.entries(n)) {
  for (const [d, version] of Object.entries(v.optionalDependencies ?? {})) {
    if (n['node_modules/' + d] || n[`${k}/node_modules/${d}`]) continue
    if (!/^(@biomejs|@oxlint|@oxc-parser|@oxlint-tsgolint)\//.test(d)) continue
    const words = d.split('/')[1].split('-')
    const os = words
      .map(
        (w) =>
          ({ android: 'android', darwin: 'darwin', freebsd: 'freebsd', linux: 'linux', win32: 'win32', openharmony: 'openharmony' })[w],
      )
      .find(Boolean)
    const cpu = words
      .map((w) => ({ arm: 'arm', arm64: 'arm64', x64: 'x64', ia32: 'ia32', ppc64: 'ppc64', riscv64: 'riscv64', s390x: 's390x' })[w])
      .find(Boolean)
    const libc = words.some((w) => w === 'musl' || w === 'musleabihf')
      ? ['musl']
      : words.some((w) => w === 'gnu' || w === 'gnueabihf')
        ? ['glibc']
        : undefined
    n['node_modules/' + d] = {
      version,
      cpu: [cpu],
      ...(v.dev ? { dev: true } : {}),
      ...(libc ? { libc } : {}),
      license: v.license,
      optional: true,
      os: [os],
    }
    added++
  }
}
lock.packages = Object.fromEntries(Object.entries(n).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
writeFileSync(file, JSON.stringify(lock, null, 2) + '\n')
console.log('added', added)
