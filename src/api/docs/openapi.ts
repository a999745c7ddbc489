import fastifySwagger from '@fastify/swagger'
import Fastify, { type FastifyInstance } from 'fastify'
import { jsonSchemaTransform, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import type { Domain } from '../../domain/domain.ts'
import type { Kernel } from '../../kernel/kernel.ts'

/** A contract whose calls are documented: what the server registers, and its name in `/openapi/<name>.json`. */
export interface DocumentedContract {
  name: string
  sandboxOnly?: boolean
  routes(app: FastifyInstance, services: { kernel: Kernel; domain: Domain }): Promise<void>
}

interface Introduction {
  title: string
  description: string
  version: string
  /** Calls want a bearer token. */
  bearer: boolean
}

/** What a document says before its calls; the calls come from the code. */
const introductions: Record<string, Introduction> = {
  'saas-fulfillment': {
    title: 'SaaS fulfillment v2',
    version: '2018-08-31',
    bearer: true,
    description:
      'Resolve purchases, activate, read, change and cancel subscriptions, and answer operations. Token: client credentials of the application in the ' +
      "offer's technical configuration, for the resource `20e940b3-4c77-4b0b-9a53-9e16a1b010a7`.",
  },
  metering: {
    title: 'Metering v1',
    version: '2018-08-31',
    bearer: true,
    description:
      'Report usage of custom dimensions. Report only what goes beyond the included quantity: every accepted unit is charged. One event per subscription, ' +
      'dimension and hour. In the sandbox take the time of an event from the `x-stoa-now` header of any answer.',
  },
  terms: {
    title: 'Terms',
    version: '1',
    bearer: true,
    description:
      'Contract and amendments of a plan as they apply to the organisation of who calls, and their acceptance by programs. Token: of a person, for the ' +
      'resource `20e940b3-4c77-4b0b-9a53-9e16a1b010a7`; an application reads with one of its own. Accepting needs a role that buys.',
  },
  'reference-data': {
    title: 'Reference data',
    version: '1',
    bearer: false,
    description:
      'Countries, currencies, categories, industries and allowed elements, read-only: the tables that the marketplace itself stands on.',
  },
  sandbox: {
    title: 'Sandbox',
    version: '1',
    bearer: false,
    description:
      'Move the clock, make purchases, read captured mail, reset. Sandbox mode only, for loopback clients; from elsewhere with a bearer token of the ' +
      "operator's application.",
  },
  directory: {
    title: 'Directory (OAuth 2 and OpenID Connect)',
    version: '2.0',
    bearer: false,
    description:
      'Token service and sign-in, v1 and v2 endpoints. `{tenant}` is a tenant id, one of its domains, `common` or `organizations`.',
  },
}

/** An OpenAPI 3.1 document, as far as the readable pages look into it. */
export interface OpenApiDocument {
  openapi: string
  info: { title: string; version: string; description?: string }
  paths?: Record<string, Record<string, OpenApiOperation>>
}

export interface OpenApiOperation {
  summary?: string
  description?: string
  parameters?: { name: string; in: string; required?: boolean; description?: string; schema?: JsonSchema }[]
  requestBody?: { required?: boolean; content?: Record<string, { schema?: JsonSchema }> }
  responses?: Record<string, { description?: string; content?: Record<string, { schema?: JsonSchema }> }>
}

export interface JsonSchema {
  type?: string | string[]
  format?: string
  description?: string
  enum?: unknown[]
  const?: unknown
  properties?: Record<string, JsonSchema>
  required?: string[]
  items?: JsonSchema
  anyOf?: JsonSchema[]
  oneOf?: JsonSchema[]
  additionalProperties?: boolean | JsonSchema
  minimum?: number
  maximum?: number
  exclusiveMinimum?: number
  minLength?: number
  maxLength?: number
  minItems?: number
  maxItems?: number
}

/**
 * Makes a contract's OpenAPI 3.1 document from the zod schemas of its routes: they are registered a second time, on an instance that never
 * listens, so that the document cannot say anything else than the code does.
 */
export async function openApiDocument(
  contract: DocumentedContract,
  services: { kernel: Kernel; domain: Domain },
): Promise<OpenApiDocument> {
  const introduction = introductions[contract.name] ?? { title: contract.name, version: '1', bearer: true, description: '' }
  const app = Fastify({ routerOptions: { caseSensitive: false, ignoreTrailingSlash: true } })
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.1',
      info: { title: introduction.title, version: introduction.version, description: introduction.description },
      servers: [{ url: services.kernel.config.publicUrl }],
      ...(introduction.bearer
        ? {
            components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
            security: [{ bearer: [] }],
          }
        : {}),
    },
    transform: jsonSchemaTransform,
    hideUntagged: false,
  })
  await app.register(async (scope) => contract.routes(scope, services))
  await app.ready()
  const document = app.swagger() as unknown as OpenApiDocument
  await app.close()
  for (const path of Object.values(document.paths ?? {})) for (const operation of Object.values(path)) addTooMany(operation)
  return document
}

/** Every call may be refused because too many came (STOA_RATE_LIMIT_…), in the contract's own error body: the one that bad input gets. */
function addTooMany({ responses }: OpenApiOperation): void {
  if (!responses || responses['429']) return
  const own = responses['400'] ?? responses['403'] ?? responses['404']
  responses['429'] = {
    description: 'Too many requests in a minute. `Retry-After` says in how many seconds to come again.',
    ...(own?.content ? { content: own.content } : {}),
  }
}
