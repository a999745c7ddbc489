import type { Ctx } from '../../kernel/context.ts'
import { newId } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { DraftView, Offer, Plan, Section } from './draft.ts'
import { actor, displayName } from './drafts.ts'
import { checkPlanId, type PlanKey } from './offer.ts'
import * as store from './store.ts'

const testEnding = '_test'

/** Copies of drafts: contents, price lists (immutable, so they are shared) and audiences, in a fixed number of statements. */
export function createCopies({ events }: Pick<Kernel, 'events'>) {
  async function insert(ctx: Ctx, offer: Offer, sections: Section[]): Promise<void> {
    const rows = sections.map(({ plan, module, variant, content, priceList }) => ({
      id: newId(),
      offer: offer.id,
      plan,
      module,
      variant,
      revision: 1,
      content,
      priceList,
      current: true,
      frozen: false,
      published: false,
      modifiedAt: ctx.now,
      modifiedBy: actor(ctx),
    }))
    await store.insertSections(ctx.tx, rows)
    await store.insertRevisions(
      ctx.tx,
      rows.map(({ plan, module, variant, content }) => ({
        id: newId(),
        offer: offer.id,
        plan,
        module,
        variant,
        revision: 1,
        content,
        modifiedAt: ctx.now,
        modifiedBy: actor(ctx),
        modifiedByName: displayName(ctx),
      })),
    )
  }

  return {
    /** Fills a new plan with what another one of the offer holds, but for the name. */
    async plan(ctx: Ctx, offer: Offer, source: Plan, target: Plan, name: string): Promise<void> {
      const sections = (await store.selectSections(ctx.tx, offer.id, 'current')).filter((section) => section.plan === source.id)
      const created = await store.selectSections(ctx.tx, offer.id, 'current')
      const present = new Map(
        created.filter((section) => section.plan === target.id).map((section) => [`${section.module}\n${section.variant}`, section]),
      )
      const rest: Section[] = []
      for (const section of sections) {
        const content = 'name' in section.content ? { ...section.content, name } : section.content
        const exists = present.get(`${section.module}\n${section.variant}`)
        if (exists) await store.updateSection(ctx.tx, exists.id, { content })
        else rest.push({ ...section, plan: target.id, content })
      }
      await insert(ctx, offer, rest)
      await store.copyEditedAudiences(ctx.tx, [{ from: source.id, to: target.id }])
      await store.touchOffer(ctx, offer.id)
    },

    /** Fills a new offer with what another one holds. */
    async offer(ctx: Ctx, source: DraftView, target: Offer, planIds: 'same' | 'add-test' | 'remove-test'): Promise<void> {
      const renamed = (planId: string) => {
        if (planIds === 'add-test') return `${planId}${testEnding}`
        return planIds === 'remove-test' && planId.endsWith(testEnding) ? planId.slice(0, -testEnding.length) : planId
      }
      const plans = source.plans.map((plan) => ({
        ...plan,
        id: newId<'plan'>(),
        offer: target.id,
        planId: renamed(plan.planId),
        createdAt: ctx.now,
        publishedAt: null,
      }))
      for (const { planId } of plans) checkPlanId(planId)
      await store.insertPlans(ctx.tx, plans)
      const keys = new Map<PlanKey, PlanKey>(
        source.plans.flatMap((plan, index) => (plans[index] ? [[plan.id, plans[index].id] as const] : [])),
      )
      await insert(
        ctx,
        target,
        source.sections.map((section) => ({ ...section, plan: section.plan === null ? null : (keys.get(section.plan) ?? null) })),
      )
      await store.copyEditedAudiences(
        ctx.tx,
        [...keys].map(([from, to]) => ({ from, to })),
      )
      await store.touchOffer(ctx, target.id)
      await events.publish(ctx, {
        type: 'offer.copied',
        publisherId: target.publisherId,
        payload: { offer: target.id, from: source.offer.id, by: displayName(ctx) },
      })
    },
  }
}
