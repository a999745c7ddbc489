import type { FastifyInstance } from 'fastify'
import type { Domain } from '../../domain/domain.ts'
import type { Kernel } from '../../kernel/kernel.ts'

/** Where Stripe tells what became of payments and cards. Who calls is proven by the signature, not by a token. */
export async function stripeRoutes(app: FastifyInstance, { kernel, domain }: { kernel: Kernel; domain: Domain }): Promise<void> {
  if (!kernel.config.stripe) return
  app.post('/api/stripe/webhook', { config: { action: 'payment.tell' } }, async (request) => {
    const { 'stripe-signature': signature } = request.headers
    await domain.billing.cards.receive(request.bodyText ?? '', Array.isArray(signature) ? signature[0] : signature)
    return { received: true }
  })
}
