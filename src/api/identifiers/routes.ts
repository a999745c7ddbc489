import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { resources } from '../../domain/directory/index.ts'
import type { Domain } from '../../domain/domain.ts'
import { wallNow } from '../../kernel/clock.ts'
import type { Principal } from '../../kernel/context.ts'
import { httpStatus, isDomainError } from '../../kernel/errors.ts'
import type { Kernel } from '../../kernel/kernel.ts'

const failure = z.object({ code: z.string(), message: z.string(), target: z.string().optional() })

const identifiers = z.object({
  objectID: z.string().describe('Object ID of the owner who asks, in his directory.'),
  partnerId: z.string().nullable().describe('The seller’s ID in the partner network; null when it has none.'),
  partnerName: z.string(),
  state: z.enum(['Active', 'Inactive']).describe('Of the association with the partner.'),
  tenantId: z.string().describe('Tenant ID of the owner’s directory.'),
})

/** Tenant, object and partner ID of a subscription, for its owner (spec/09 §8, RF-31): `/api/subscriptions/{id}/identifiers`. */
export async function identifierRoutes(app: FastifyInstance, { kernel, domain }: { kernel: Kernel; domain: Domain }): Promise<void> {
  app.get(
    '/api/subscriptions/:subscriptionId/identifiers',
    {
      config: { action: 'identifier.read' },
      schema: {
        tags: ['Identifiers'],
        summary: 'Reads the IDs of a subscription of one’s own.',
        description: 'With an access token of the person who bought the subscription or for whom it was bought; others are refused.',
        params: z.object({ subscriptionId: z.string().describe('Subscription ID.') }),
        response: { 200: identifiers, 401: failure, 403: failure, 404: failure, 429: failure },
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store')
      try {
        const [, token = ''] = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '') ?? []
        const audience = [resources.marketplace, resources.profile]
        const caller: Principal = await domain.directory.verifyBearer({ wall: wallNow() }, token, { audience })
        const { subscriptionId } = request.params as { subscriptionId: string }
        const found = await kernel.read(caller, (ctx) => domain.subscriptions.identifiers(ctx, subscriptionId))
        const { objectId, partnerId, partnerName, state, tenantId } = found
        return await reply.send({ objectID: objectId, partnerId, partnerName, state, tenantId })
      } catch (error) {
        if (!isDomainError(error)) throw error
        const { code, message, target } = error
        return reply.code(httpStatus[error.kind] as 401).send({ code, message, ...(target === undefined ? {} : { target }) })
      }
    },
  )
}
