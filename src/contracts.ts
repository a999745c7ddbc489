import type { FastifyInstance } from 'fastify'
import { directoryRoutes } from './api/directory/routes.ts'
import { signInRoutes } from './api/directory/sign-in.ts'
import { docsRoutes } from './api/docs/routes.ts'
import { identifierRoutes } from './api/identifiers/routes.ts'
import { meteringRoutes } from './api/metering/routes.ts'
import { stripeRoutes } from './api/stripe/routes.ts'
import { referenceDataRoutes } from './api/reference-data/routes.ts'
import { saasFulfillmentRoutes } from './api/saas-fulfillment/routes.ts'
import { scimRoutes } from './api/scim/routes.ts'
import { termsRoutes } from './api/terms/routes.ts'
import { sandboxRoutes } from './api/sandbox/routes.ts'
import type { Domain } from './domain/domain.ts'
import type { Role } from './kernel/config.ts'
import type { Kernel } from './kernel/kernel.ts'

interface Services {
  kernel: Kernel
  domain: Domain
}

/** What answers under the paths of the contracts: case and a trailing slash are ignored there. */
export interface Contract {
  /** also of `/openapi/<name>.json` */
  name: string
  /** the process roles that serve it */
  roles: readonly Role[]
  sandboxOnly?: boolean
  routes(app: FastifyInstance, services: Services): Promise<void>
}

/** Every wire contract that this program speaks, each with an OpenAPI document. */
export const contracts: readonly Contract[] = [
  { name: 'directory', roles: ['api', 'web'], routes: directoryRoutes },
  { name: 'saas-fulfillment', roles: ['api'], routes: saasFulfillmentRoutes },
  { name: 'metering', roles: ['api'], routes: meteringRoutes },
  { name: 'scim', roles: ['api', 'web'], routes: scimRoutes },
  { name: 'terms', roles: ['api'], routes: termsRoutes },
  { name: 'identifiers', roles: ['api'], routes: identifierRoutes },
  { name: 'reference-data', roles: ['api', 'web'], routes: referenceDataRoutes },
  { name: 'sandbox', roles: ['api'], sandboxOnly: true, routes: sandboxRoutes },
]

/** What stands beside the contracts, without a document. */
export const beside: readonly Contract[] = [
  { name: 'sign-in', roles: ['api', 'web'], routes: signInRoutes },
  { name: 'stripe', roles: ['api'], routes: stripeRoutes },
  { name: 'docs', roles: ['web', 'api'], routes: (app, services) => docsRoutes(app, { ...services, contracts }) },
]
