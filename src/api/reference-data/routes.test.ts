import { readFileSync } from 'node:fs'
import Fastify from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import { expect, test } from 'vitest'
import { referenceDataRoutes } from './routes.ts'

const app = Fastify()
app.setValidatorCompiler(validatorCompiler)
app.setSerializerCompiler(serializerCompiler)
await app.register(referenceDataRoutes)

test('RF-32 every table of the reference data can be read as it is, and nothing can be written', async () => {
  const { tables } = (await app.inject('/api/reference-data')).json<{ tables: { name: string; href: string }[] }>()
  expect(tables.map((table) => table.name)).toEqual([
    'countries',
    'publisher-countries',
    'cosell-countries',
    'cosell-states',
    'categories-appsource',
    'categories-azure-marketplace',
    'industries-appsource',
    'html-tags',
  ])
  for (const { name, href } of tables) {
    const response = await app.inject(href)
    expect(response.statusCode, name).toBe(200)
    expect(response.headers['access-control-allow-origin']).toBe('*')
    expect(response.json()).toEqual(JSON.parse(readFileSync(new URL(`../../../reference-data/${name}.json`, import.meta.url), 'utf8')))
  }
  for (const method of ['POST', 'PUT', 'DELETE'] as const) {
    expect((await app.inject({ method, url: '/api/reference-data/countries', payload: {} })).statusCode).toBe(404)
  }
})

test.each(['demo', '../package', 'countries.json', 'toString'])('%s is no table', async (name) => {
  const response = await app.inject(`/api/reference-data/${encodeURIComponent(name)}`)
  expect(response.statusCode).toBe(404)
  expect(response.json()).toMatchObject({ code: 'NotFound', target: 'name' })
})
