import { desc, eq } from 'drizzle-orm'
import { authorize } from '../../kernel/authorization.ts'
import type { Ctx } from '../../kernel/context.ts'
import { subscription, type SubscriptionRow } from './schema.ts'

/** What was bought from previews of offers, the newest first (operator). @throws forbidden */
export async function previewPurchases(ctx: Ctx, limit = 200): Promise<SubscriptionRow[]> {
  authorize(ctx.principal, 'operator.console')
  return ctx.tx.select().from(subscription).where(eq(subscription.preview, true)).orderBy(desc(subscription.id)).limit(limit)
}
