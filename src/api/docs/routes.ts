import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'
import type { Domain } from '../../domain/domain.ts'
import { jsonSchemaOf, offerTypes, referenceOf } from '../../domain/offers/index.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { FRONT_PAGE, guideNavigation, readAttachment, readGuide, readImage, readSchema } from './guide.ts'
import { type NavigationGroup, renderPage } from './layout.ts'
import { renderOfferType } from './offer-type.ts'
import { type DocumentedContract, type OpenApiDocument, openApiDocument } from './openapi.ts'
import { renderReference } from './reference.ts'
import { webhookSchema } from './webhook-schema.ts'

const SECURITY_POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

interface Services {
  kernel: Kernel
  domain: Domain
  /** Every contract that has a document. */
  contracts: readonly DocumentedContract[]
}

/** `/docs` for people and `/openapi/<contract>.json` for programs. */
export async function docsRoutes(app: FastifyInstance, { kernel, domain, contracts }: Services): Promise<void> {
  const documented = contracts.filter((contract) => !contract.sandboxOnly || kernel.config.mode === 'sandbox')
  const documents = new Map<string, Promise<OpenApiDocument>>()

  function documentOf(name: string): Promise<OpenApiDocument> | null {
    const contract = documented.find((one) => one.name === name)
    if (!contract) return null
    const known = documents.get(name) ?? openApiDocument(contract, { kernel, domain })
    documents.set(name, known)
    return known
  }

  async function navigation(): Promise<NavigationGroup[]> {
    const references = await Promise.all(
      documented.map(async ({ name }) => ({ href: `/docs/api/${name}`, title: (await documentOf(name))?.info.title ?? name })),
    )
    const types = offerTypes().map(({ type, label }) => ({ href: `/docs/offer-types/${type}`, title: label }))
    const guides = await guideNavigation()
    const decisions = guides.filter((group) => group.title === 'Decisions')
    return [
      ...guides.filter((group) => group.title !== 'Decisions'),
      { title: 'API reference', entries: references },
      { title: 'Offer types', entries: types },
      ...decisions,
    ]
  }

  async function send(reply: FastifyReply, address: string, title: string, content: string): Promise<FastifyReply> {
    const page = renderPage({ title, content, path: address, brand: kernel.config.brand, navigation: await navigation() })
    return reply.header('content-security-policy', SECURITY_POLICY).type('text/html; charset=utf-8').send(page)
  }

  const missing = (reply: FastifyReply) =>
    send(reply.code(404), '', 'Not found', '<h1>There is no such page</h1><p>Perhaps you find it in the <a href="/docs">contents</a>.</p>')

  const config = { action: 'docs.read' }
  const hide = true

  app.get('/docs', { config, schema: { hide } }, async (_request, reply) => {
    const guide = await readGuide(FRONT_PAGE)
    return guide ? send(reply, '/docs', guide.title, guide.html) : missing(reply)
  })

  app.get('/docs/style.css', { config, schema: { hide } }, async (_request, reply) => {
    const files = ['../../web/ui/tokens.css', '../../web/ui/base.css', 'docs.css']
    const texts = await Promise.all(files.map((file) => readFile(path.join(import.meta.dirname, file), 'utf8')))
    const brand = `:root{--brand:${kernel.config.brand.color}}`
    return reply
      .header('cache-control', 'public, max-age=3600')
      .type('text/css; charset=utf-8')
      .send([...texts, brand].join('\n'))
  })

  app.get('/docs/images/:name', { config, schema: { hide, params: z.object({ name: z.string() }) } }, async (request, reply) => {
    const image = await readImage((request.params as { name: string }).name)
    return image ? reply.header('cache-control', 'public, max-age=3600').type('image/png').send(image) : missing(reply)
  })

  app.get('/docs/observability/:name', { config, schema: { hide, params: z.object({ name: z.string() }) } }, async (request, reply) => {
    const text = await readAttachment((request.params as { name: string }).name)
    return text ? reply.type('text/plain; charset=utf-8').send(text) : missing(reply)
  })

  const sendSchema = async (name: string, reply: FastifyReply) => {
    const schema = await readSchema(name)
    if (!schema) return missing(reply)
    return reply.header('access-control-allow-origin', '*').type('application/schema+json; charset=utf-8').send(schema)
  }
  const named = z.object({ name: z.string() })
  app.get('/docs/schemas/:name', { config, schema: { hide, params: named } }, (request, reply) =>
    sendSchema((request.params as { name: string }).name, reply),
  )
  // The address that is meant to last: /schemas/webhook/v1.json.
  app.get('/schemas/webhook/:name', { config, schema: { hide, params: named } }, (request, reply) =>
    sendSchema(`webhook-${(request.params as { name: string }).name}`, reply),
  )

  app.get('/schemas/webhook/v1/:name', { config, schema: { hide, params: named } }, async (request, reply) => {
    const schema = await webhookSchema((request.params as { name: string }).name)
    if (!schema) return missing(reply)
    return reply.header('access-control-allow-origin', '*').type('application/schema+json; charset=utf-8').send(JSON.stringify(schema))
  })

  app.get('/docs/api/:contract', { config, schema: { hide, params: z.object({ contract: z.string() }) } }, async (request, reply) => {
    const { contract } = request.params as { contract: string }
    const document = await documentOf(contract)
    return document ? send(reply, `/docs/api/${contract}`, document.info.title, renderReference(contract, document)) : missing(reply)
  })

  const offerType = (name: string) => offerTypes().find(({ type }) => type === name)

  app.get('/docs/offer-types/:type', { config, schema: { hide, params: z.object({ type: z.string() }) } }, async (request, reply) => {
    const type = offerType((request.params as { type: string }).type)
    if (!type) return missing(reply)
    const page = renderOfferType(referenceOf(type), `/schemas/offers/${type.type}.json`)
    return send(reply, `/docs/offer-types/${type.type}`, type.label, page)
  })

  app.get('/schemas/offers/:name', { config, schema: { hide, params: named } }, async (request, reply) => {
    const type = offerType(/^(.+)\.json$/.exec((request.params as { name: string }).name)?.[1] ?? '')
    if (!type) return missing(reply)
    const schema = jsonSchemaOf(type, `/schemas/offers/${type.type}.json`)
    return reply.header('access-control-allow-origin', '*').type('application/schema+json; charset=utf-8').send(JSON.stringify(schema))
  })

  app.get('/docs/*', { config, schema: { hide } }, async (request, reply) => {
    const slug = (request.params as { '*': string })['*'].replace(/\/$/, '')
    const guide = await readGuide(slug)
    return guide ? send(reply, `/docs/${slug}`, guide.title, guide.html) : missing(reply)
  })

  app.get('/openapi/:file', { config, schema: { hide, params: z.object({ file: z.string() }) } }, async (request, reply) => {
    const name = /^(.+)\.json$/.exec((request.params as { file: string }).file)?.[1] ?? ''
    const document = await documentOf(name)
    if (!document) {
      const message = `There is no such document. There are: ${documented.map((one) => `/openapi/${one.name}.json`).join(', ')}.`
      return reply.code(404).send({ error: { code: 'NotFound', message } })
    }
    // Generators and editors in a browser fetch it from elsewhere.
    return reply.header('access-control-allow-origin', '*').send(document)
  })
}
