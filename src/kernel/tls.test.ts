import { mkdtempSync, readFileSync } from 'node:fs'
import { request } from 'node:https'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { developmentCertificate } from './tls.ts'

test('a client that trusts <data>/ca.pem accepts localhost and 127.0.0.1; the next start uses the same certificate', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'stoa-tls-'))
  const first = await developmentCertificate(dataDir, [])
  const server = createServer({ key: first.key, cert: first.cert }, (_request, response) => response.end('hello'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  for (const host of ['localhost', '127.0.0.1']) {
    const status = await new Promise((resolve, reject) => {
      request({ host, port, ca: readFileSync(first.caFile) }, (response) => resolve(response.resume().statusCode))
        .on('error', reject)
        .end()
    })
    expect(status).toBe(200)
  }
  server.close()
  server.closeAllConnections()
  expect(await developmentCertificate(dataDir, [])).toEqual(first)

  const renamed = await developmentCertificate(dataDir, ['market.test'])
  expect(renamed.ca).toBe(first.ca)
  expect(renamed.cert).not.toBe(first.cert)
})
