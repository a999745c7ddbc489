import Fastify, { type FastifyInstance } from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import type { Domain } from '../../domain/domain.ts'
import { offerTypeOf } from '../../domain/offers/index.ts'
import { readConfig } from '../../kernel/config.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { DocumentedContract } from './openapi.ts'
import { docsRoutes } from './routes.ts'

const widgets: DocumentedContract = {
  name: 'widgets',
  async routes(app) {
    app.post(
      '/api/widgets/:id',
      {
        schema: {
          summary: 'Turns a `widget`.',
          params: z.object({ id: z.guid() }),
          body: z.object({
            turns: z.number().int().min(1).max(25).describe('How often <b>.'),
            plan: z.object({ id: z.string() }).optional(),
          }),
          response: { 200: z.object({ state: z.enum(['still', 'turning']) }), 404: z.object({ code: z.string() }) },
        },
      },
      async () => ({ state: 'still' }) as never,
    )
  },
}
const onlySandbox: DocumentedContract = { name: 'toys', sandboxOnly: true, routes: async (app) => void app.get('/toys', async () => '') }

let app: FastifyInstance

async function docs(env: Record<string, string>): Promise<FastifyInstance> {
  const instance = Fastify({ routerOptions: { caseSensitive: false, ignoreTrailingSlash: true } })
  instance.setValidatorCompiler(validatorCompiler)
  instance.setSerializerCompiler(serializerCompiler)
  const kernel = { config: readConfig(env) } as Kernel
  await docsRoutes(instance, { kernel, domain: {} as Domain, contracts: [widgets, onlySandbox] })
  return instance
}

beforeAll(async () => {
  app = await docs({ STOA_BRAND_NAME: 'Agora & Co' })
})

test('the OpenAPI document is made from the schemas of the routes', async () => {
  const response = await app.inject('/openapi/widgets.json')
  expect(response.statusCode).toBe(200)
  const document = response.json()
  expect(document.openapi).toBe('3.1.1')
  const operation = document.paths['/api/widgets/{id}'].post
  expect(operation.requestBody.content['application/json'].schema).toMatchObject({
    type: 'object',
    required: ['turns'],
    properties: { turns: { type: 'integer', minimum: 1, maximum: 25 } },
  })
  expect(Object.keys(operation.responses)).toEqual(['200', '404', '429'])
  expect(operation.parameters).toMatchObject([{ name: 'id', in: 'path', required: true }])
})

test('the same document reads as a page', async () => {
  const response = await app.inject('/docs/api/widgets')
  expect(response.statusCode).toBe(200)
  expect(response.headers['content-security-policy']).toContain("default-src 'none'")
  expect(response.body).toContain('<code>/api/widgets/{id}</code>')
  expect(response.body).toContain('Turns a <code>widget</code>.')
  expect(response.body).toContain('integer, 1 to 25')
  expect(response.body).toContain('<code>plan.id</code>')
  expect(response.body).toContain('one of still, turning')
  expect(response.body).toContain('How often &lt;b&gt;.')
  expect(response.body).toContain('Agora &amp; Co')
})

test('guides, style and front page are served; what does not exist is 404', async () => {
  for (const address of ['/docs', '/docs/', '/docs/tour', '/docs/decisions/0002-type-stripping', '/docs/style.css', '/docs/api/toys']) {
    expect((await app.inject(address)).statusCode, address).toBe(200)
  }
  for (const address of [
    '/docs/nothing',
    '/docs/images/..%2fpackage.json',
    '/docs/api/nothing',
    '/docs/../package.json',
    '/openapi/nothing.json',
  ]) {
    expect((await app.inject(address)).statusCode, address).toBe(404)
  }
  expect((await app.inject('/openapi/x')).json().error.message).toContain('/openapi/widgets.json')
})

test('production does not mention contracts of the sandbox', async () => {
  const production = await docs({
    STOA_MODE: 'production',
    STOA_SECRET_KEY: 'x'.repeat(32),
    STOA_PUBLIC_URL: 'https://market.example',
    STOA_ISSUER_URL: 'https://market.example',
    SMTP_URL: 'smtp://mail.example',
  })
  expect((await production.inject('/openapi/toys.json')).statusCode).toBe(404)
  expect((await production.inject('/docs')).body).not.toContain('/docs/api/toys')
})

test('an offer type has a page with every field of its definition, and a JSON Schema of its sections', async () => {
  const page = await app.inject('/docs/offer-types/saas')
  expect(page.statusCode).toBe(200)
  const sections = [...page.body.matchAll(/<h2 id="([a-z-]+)">/g)].map((found) => found[1])
  expect(sections).toEqual([...offerTypeOf('saas').pages.map((definition) => definition.module), 'publishing'])
  for (const definition of offerTypeOf('saas').pages)
    for (const name of Object.keys(definition.fields)) expect(page.body).toContain(`<code>${name}</code>`)
  expect(page.body).toContain('Cannot change to private once published.')
  expect((await app.inject('/docs')).body).toContain('/docs/offer-types/saas')
  expect((await app.inject('/docs/offer-types/none')).statusCode).toBe(404)

  const schema = (await app.inject('/schemas/offers/saas.json')).json()
  const validate = new Ajv2020({ strict: false }).addFormat('email', true).addFormat('guid', true).compile(schema)
  const listing = { name: 'Contoso CRM', keywords: ['crm'], links: [{ title: 'Guide', url: 'https://a.example' }] }
  expect(validate({ listing, pricing: { model: 'flat-rate' } }), JSON.stringify(validate.errors)).toBe(true)
  expect(validate({ listing: { colour: 'red' } })).toBe(false)
  expect(validate({ pricing: { model: 'by-weight' } })).toBe(false)
  expect((await app.inject('/schemas/offers/none.json')).statusCode).toBe(404)
})
