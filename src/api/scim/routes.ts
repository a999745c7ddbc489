import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import type { Domain } from '../../domain/domain.ts'
import type { Condition } from '../../domain/directory/index.ts'
import { authorize } from '../../kernel/authorization.ts'
import { type ApplicationPrincipal, anonymous, type Ctx } from '../../kernel/context.ts'
import { isDomainError } from '../../kernel/errors.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { originOf } from '../../kernel/origin.ts'
import { answers, idPath, listQuery, patchBody, readQuery, resourceBody, searchBody } from './answers.ts'
import { project } from './attributes.ts'
import { longestPage, resourceTypes, schemas, serviceProviderConfig } from './discovery.ts'
import { errorBody, notFound, ScimError, scimErrorOf } from './errors.ts'
import { conditionOf, type FilterPaths } from './filter.ts'
import { groupPaths } from './group-resource.ts'
import { createScimPeople } from './people.ts'
import { userPaths } from './user-resource.ts'

const root = '/scim/v2'
const mediaType = 'application/scim+json; charset=utf-8'
const open = { action: 'docs.read' } as const
const closed = { action: 'directory.provision' } as const

declare module 'fastify' {
  interface FastifyRequest {
    /** the directory that another one fills, by its token */
    provisioner: ApplicationPrincipal
  }
}

interface Query {
  filter?: string
  startIndex?: string
  count?: string
  attributes?: string
  excludedAttributes?: string
}

/** SCIM 2.0 (RFC 7643, 7644): another directory keeps a tenant's users and groups here. */
export async function scimRoutes(app: FastifyInstance, { kernel, domain }: { kernel: Kernel; domain: Domain }): Promise<void> {
  const { directory } = domain
  const people = createScimPeople(directory)
  const baseOf = (request: FastifyRequest) => `${originOf(kernel.config, request)}${root}`

  await app.register(async (scope) => {
    // Schemas document the calls; refusals are in the contract's own words, which a general check cannot give.
    scope.setValidatorCompiler(() => (value) => ({ value }))
    scope.setSerializerCompiler(() => (value) => JSON.stringify(value))
    scope.setErrorHandler((error: Error, request, reply) => answerError(error, request, reply))
    scope.addHook('onSend', async (_request, reply, payload) => {
      if (payload) reply.header('content-type', mediaType)
      return payload
    })

    discoveryRoutes(scope, baseOf)

    await scope.register(async (guarded) => {
      guarded.decorateRequest('provisioner')
      guarded.addHook('onRequest', async (request) => {
        request.provisioner = await provisionerOf(request)
      })
      resourceRoutes(guarded, '/Users', userPaths, people.users, 'user')
      resourceRoutes(guarded, '/Groups', groupPaths, people.groups, 'group')
      for (const url of [`${root}/Bulk`, `${root}/Me`]) {
        guarded.all(url, { config: closed, schema: { hide: true } }, async () => {
          throw new ScimError(501, 'This is not offered here; see ServiceProviderConfig.')
        })
      }
      guarded.all(`${root}/*`, { config: closed, schema: { hide: true } }, async (request) => {
        throw notFound('Endpoint', request.url.split('?', 1)[0] ?? '')
      })
    })
  })

  async function provisionerOf(request: FastifyRequest): Promise<ApplicationPrincipal> {
    const [, value = ''] = /^Bearer +([\w.~+/-]+=*) *$/i.exec(request.headers.authorization ?? '') ?? []
    const token = value ? await kernel.read(anonymous, (ctx) => directory.findProvisioningToken(ctx, value)) : null
    if (!token) throw new ScimError(401, 'A provisioning token of the directory is needed: Authorization: Bearer ….')
    const principal: ApplicationPrincipal = { kind: 'application', tenantId: token.tenantId, clientId: token.tokenId, roles: [] }
    authorize(principal, closed.action, { tenantId: token.tenantId })
    return principal
  }

  function resourceRoutes<Field extends string>(
    scope: FastifyInstance,
    path: '/Users' | '/Groups',
    paths: FilterPaths<Field>,
    calls: {
      list(ctx: Ctx, tenantId: string, window: Window<Field>, base: string, withMembers: boolean): Promise<Found>
      read(ctx: Ctx, tenantId: string, id: string, base: string): Promise<Resource>
      create(ctx: Ctx, tenantId: string, body: unknown, base: string): Promise<Resource>
      replace(ctx: Ctx, tenantId: string, id: string, body: unknown, base: string): Promise<Resource>
      patch(ctx: Ctx, tenantId: string, id: string, body: unknown, base: string): Promise<Resource>
      remove(ctx: Ctx, tenantId: string, id: string): Promise<void>
    },
    noun: string,
  ): void {
    const run = <T>(request: FastifyRequest, fn: (ctx: Ctx, tenantId: string) => Promise<T>) =>
      kernel.run(request.provisioner, (ctx) => fn(ctx, request.provisioner.tenantId), { requestId: request.id })
    const idOf = (request: FastifyRequest) => (request.params as z.infer<typeof idPath>).id
    const queryOf = (request: FastifyRequest) => request.query as Query
    const tags = [path.slice(1)]
    const one = `${root}${path}/:id`

    async function search(request: FastifyRequest, query: Query) {
      const window = windowOf(query, paths)
      const excluded = (query.excludedAttributes ?? '').toLowerCase().split(',')
      const withMembers = !excluded.map((name) => name.trim()).includes('members')
      const { total, resources } = await run(request, (ctx, tenantId) => calls.list(ctx, tenantId, window, baseOf(request), withMembers))
      return listResponse(
        resources.map((resource) => project(resource, query)),
        total,
        window.offset + 1,
      )
    }

    scope.get(
      `${root}${path}`,
      { config: closed, schema: { tags, summary: `Lists ${noun}s.`, querystring: listQuery, response: answers.list } },
      (request) => search(request, queryOf(request)),
    )

    scope.post(
      `${root}${path}/.search`,
      {
        config: closed,
        schema: { tags, summary: `Lists ${noun}s; the question is in the body.`, body: searchBody, response: answers.list },
      },
      async (request, reply) => reply.code(200).send(await search(request, searchOf(request.body))),
    )

    scope.post(
      `${root}${path}`,
      {
        config: closed,
        schema: { tags, summary: `Creates a ${noun}.`, querystring: readQuery, body: resourceBody, response: answers.create },
      },
      async (request, reply) => {
        const resource = await run(request, (ctx, tenantId) => calls.create(ctx, tenantId, request.body, baseOf(request)))
        reply.header('location', resource.meta.location)
        return reply.code(201).send(project(resource, queryOf(request)))
      },
    )

    scope.get(
      one,
      { config: closed, schema: { tags, summary: `Reads a ${noun}.`, params: idPath, querystring: readQuery, response: answers.read } },
      async (request) =>
        project(await run(request, (ctx, tenantId) => calls.read(ctx, tenantId, idOf(request), baseOf(request))), queryOf(request)),
    )

    for (const [method, body, summary] of [
      ['PUT', resourceBody, `Replaces a ${noun}.`],
      ['PATCH', patchBody, `Changes parts of a ${noun}.`],
    ] as const) {
      const change = method === 'PUT' ? calls.replace : calls.patch
      scope.route({
        method,
        url: one,
        config: closed,
        schema: { tags, summary, params: idPath, querystring: readQuery, body, response: answers.change },
        handler: async (request) => {
          const resource = await run(request, (ctx, tenantId) => change(ctx, tenantId, idOf(request), request.body, baseOf(request)))
          return project(resource, queryOf(request))
        },
      })
    }

    scope.delete(
      one,
      { config: closed, schema: { tags, summary: `Takes a ${noun} out of the directory.`, params: idPath, response: answers.remove } },
      async (request, reply) => {
        await run(request, (ctx, tenantId) => calls.remove(ctx, tenantId, idOf(request)))
        return reply.code(204).send()
      },
    )
  }

  function answerError(caught: Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const error = caught instanceof ScimError ? caught : isDomainError(caught) ? scimErrorOf(caught) : unexpected(caught)
    if (error.status >= 500 && error.status !== 501) request.log.error({ err: caught, reqId: request.id }, 'provisioning call failed')
    if (error.status === 401) reply.header('www-authenticate', 'Bearer realm="scim"')
    return reply.code(error.status).send(errorBody(error))
  }
}

type Resource = Record<string, unknown> & { meta: { location: string } }
interface Found {
  total: number
  resources: Resource[]
}
interface Window<Field extends string> {
  where: Condition<Field> | undefined
  offset: number
  limit: number
}

/** What is offered, for everybody: nothing in it is secret, and a client must be able to learn how to prove who it is. */
function discoveryRoutes(scope: FastifyInstance, baseOf: (request: FastifyRequest) => string): void {
  const tags = ['Discovery']
  const refuseFilter = (request: FastifyRequest) => {
    if ('filter' in (request.query as object)) throw new ScimError(403, 'What is offered cannot be filtered.')
  }
  const documents: { path: string; summary: string; of: (base: string) => { id: string }[] }[] = [
    { path: '/ResourceTypes', summary: 'The kinds of resources.', of: resourceTypes },
    { path: '/Schemas', summary: 'The attributes of each kind.', of: schemas },
  ]

  scope.get(
    `${root}/ServiceProviderConfig`,
    { config: open, schema: { tags, summary: 'What is supported.', response: answers.discovery } },
    async (request) => {
      refuseFilter(request)
      return serviceProviderConfig(baseOf(request))
    },
  )
  for (const { path, summary, of } of documents) {
    scope.get(`${root}${path}`, { config: open, schema: { tags, summary, response: answers.discoveries } }, async (request) => {
      refuseFilter(request)
      const all = of(baseOf(request))
      return listResponse(all, all.length, 1)
    })
    scope.get(
      `${root}${path}/:id`,
      { config: open, schema: { tags, summary, params: idPath, response: answers.discovery } },
      async (request) => {
        refuseFilter(request)
        const { id } = request.params as z.infer<typeof idPath>
        const found = of(baseOf(request)).find((one) => one.id.toLowerCase() === id.toLowerCase())
        if (!found) throw notFound('Resource', id)
        return found
      },
    )
  }
}

function listResponse(resources: readonly unknown[], total: number, startIndex: number) {
  return {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
    totalResults: total,
    startIndex,
    itemsPerPage: resources.length,
    Resources: resources,
  }
}

/** RFC 7644 §3.4.2.4: a start below 1 is 1, a count below 0 is 0; without one a page is as long as it gets. */
function windowOf<Field extends string>(query: Query, paths: FilterPaths<Field>): Window<Field> {
  const whole = (name: 'startIndex' | 'count', otherwise: number) => {
    const text = query[name]?.trim()
    if (text === undefined || text === '') return otherwise
    if (!/^-?\d{1,9}$/.test(text)) throw new ScimError(400, `${name} is a whole number.`, 'invalidValue')
    return Number(text)
  }
  const where = query.filter?.trim() ? conditionOf(query.filter, paths) : undefined
  return {
    where,
    offset: Math.max(1, whole('startIndex', 1)) - 1,
    limit: Math.min(longestPage, Math.max(0, whole('count', longestPage))),
  }
}

/** The question of a POST to `.search` (RFC 7644 §3.4.3) as that of a GET. */
function searchOf(body: unknown): Query {
  const { filter, startIndex, count, attributes, excludedAttributes } = (body ?? {}) as Record<string, unknown>
  const text = (value: unknown) => (typeof value === 'string' || typeof value === 'number' ? String(value) : undefined)
  const names = (value: unknown) => (Array.isArray(value) ? value.filter((one) => typeof one === 'string').join(',') : undefined)
  const query = {
    filter: text(filter),
    startIndex: text(startIndex),
    count: text(count),
    attributes: names(attributes),
    excludedAttributes: names(excludedAttributes),
  }
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined))
}

/** What the framework refused (too large, not JSON), or a failure of ours. */
function unexpected(error: Error): ScimError {
  const { statusCode = 500 } = error as FastifyError
  if (statusCode < 400 || statusCode >= 500) return new ScimError(500, 'Something went wrong here.')
  return new ScimError(statusCode, error.message, statusCode === 400 ? 'invalidSyntax' : undefined)
}
