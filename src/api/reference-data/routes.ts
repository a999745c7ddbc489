import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { publishedReferenceData, type ReferenceDataName, readReferenceData } from '../../kernel/reference-data.ts'

const names = Object.keys(publishedReferenceData) as ReferenceDataName[]

/** Reference data for reading, so that clients need no copy of their own: `/api/reference-data` (spec/09 RF-32). */
export async function referenceDataRoutes(app: FastifyInstance): Promise<void> {
  const config = { action: 'docs.read' }
  const tags = ['Reference data']

  app.get(
    '/api/reference-data',
    {
      config,
      schema: {
        tags,
        summary: 'Names the tables.',
        response: { 200: z.object({ tables: z.array(z.object({ name: z.string(), about: z.string(), href: z.string() })) }) },
      },
    },
    async () => ({
      tables: names.map((name) => ({ name, about: publishedReferenceData[name], href: `/api/reference-data/${name}` })),
    }),
  )

  app.get(
    '/api/reference-data/:name',
    {
      config,
      schema: {
        tags,
        summary: 'Reads one table. Keys are case-sensitive.',
        params: z.object({ name: z.string().describe(`One of ${names.join(', ')}.`) }),
        response: { 200: z.unknown(), 404: z.object({ code: z.string(), message: z.string(), target: z.string() }) },
      },
    },
    async (request, reply) => {
      const { name } = request.params as { name: string }
      const known = names.find((one) => one === name)
      if (!known) {
        return reply
          .code(404)
          .send({ code: 'NotFound', message: `There is no such table. There are: ${names.join(', ')}.`, target: 'name' })
      }
      return reply
        .header('access-control-allow-origin', '*')
        .header('cache-control', 'public, max-age=3600')
        .send(readReferenceData(known) as never)
    },
  )
}
