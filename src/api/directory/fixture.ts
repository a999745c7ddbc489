import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import cookies from '@fastify/cookie'
import Fastify from 'fastify'
import { type TestKernel, testKernel } from '../../../test/harness.ts'
import { createAccounts } from '../../domain/accounts/index.ts'
import { createDirectory } from '../../domain/directory/index.ts'
import type { Domain } from '../../domain/domain.ts'
import type { Config } from '../../kernel/config.ts'
import { system } from '../../kernel/context.ts'
import { developmentCertificate } from '../../kernel/tls.ts'
import { automation, buyer, contoso, fabrikam, landing, ownApp, owner, password } from './fixture-people.ts'
import { directoryRoutes } from './routes.ts'
import { signInRoutes } from './sign-in.ts'

export interface TokenServiceFixture {
  kernel: TestKernel
  directory: Domain['directory']
  accounts: Domain['accounts']
  /** https origin, also the issuer */
  url: string
  /** file of the authority to trust */
  caFile: string
  close(): Promise<void>
}

/** The token service alone, over TLS on a free port (or this one), with two tenants. */
export async function startTokenService(config: Partial<Config> = {}, atPort = 0): Promise<TokenServiceFixture> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(atPort, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const url = `https://localhost:${port}`
  const kernel = await testKernel({ config: { issuerUrl: url, publicUrl: url, tlsPort: port, ...config } })
  const certificate = await developmentCertificate(kernel.config.dataDir, ['localhost', '127.0.0.1'])
  server.setSecureContext({ key: certificate.key, cert: certificate.cert })

  const directory = createDirectory(kernel)
  const accounts = createAccounts(kernel, { directory })
  await kernel.run(system, async (ctx) => {
    await directory.createTenant(ctx, { ...contoso, name: 'Contoso Ltd', country: 'US' })
    await directory.createTenant(ctx, { ...fabrikam, name: 'Fabrikam Inc', country: 'DE' })
    await directory.createUser(ctx, { ...owner, tenantId: contoso.tenantId, displayName: 'Contoso Owner', password })
    await directory.createUser(ctx, { ...buyer, tenantId: fabrikam.tenantId, displayName: 'Buyer', roles: ['billing-admin'], password })
    await directory.createApplication(ctx, { clientId: automation.clientId, tenantId: contoso.tenantId, name: 'Automation' })
    await directory.addKey(ctx, automation.clientId, { secret: automation.secret })
    await directory.createApplication(ctx, {
      clientId: landing.clientId,
      tenantId: contoso.tenantId,
      name: 'Landing page',
      multiTenant: true,
      redirectUris: [landing.redirectUri, 'https://localhost:3980/auth/callback'],
    })
    await directory.addKey(ctx, landing.clientId, { secret: landing.secret })
    await directory.createApplication(ctx, {
      clientId: ownApp.clientId,
      tenantId: contoso.tenantId,
      name: 'A public client of one tenant',
      redirectUris: [ownApp.redirectUri],
    })
    await accounts.createPublisher(ctx, { publisherId: 'contoso', tenantId: contoso.tenantId, name: 'Contoso Ltd' })
    await accounts.setMember(ctx, {
      accountTenantId: contoso.tenantId,
      kind: 'application',
      id: automation.clientId,
      tenantId: contoso.tenantId,
      roles: ['manager'],
    })
  })

  const app = Fastify({
    routerOptions: { caseSensitive: false, ignoreTrailingSlash: true },
    serverFactory: (handler) => {
      server.on('request', handler)
      return server
    },
  })
  await app.register(cookies)
  const services = { kernel, domain: { directory, accounts } as Domain }
  await app.register(directoryRoutes, services)
  await app.register(signInRoutes, services)
  await app.ready()
  return { kernel, directory, accounts, url, caFile: certificate.caFile, close: () => app.close() }
}
