import type { WantedChange } from '../../domain/subscriptions/index.ts'
import { allows } from '../../kernel/authorization.ts'
import { invalid } from '../../kernel/errors.ts'
import { Decimal, formatMoney } from '../../kernel/money.ts'
import { priceText, termPriceText } from '../ui/money-words.ts'
import { field, refuse, type Visit } from '../ui/portal-access.server.ts'

/** What a subscription may be changed to, with what it costs, for who may change it. */
export async function changeChoices({ user, domain, read }: Visit, id: string) {
  return read(async (ctx) => {
    const row = await domain.subscriptions.get(ctx, id)
    const payer = { tenantId: row.customerTenantId }
    if (!allows(user, 'subscription.change', payer) && !allows(user, 'procurement.request', payer)) {
      throw refuse(403, 'Only people of the organisation that pays may change a subscription.')
    }
    const plans = row.status === 'Subscribed' ? await domain.subscriptions.availablePlans(ctx, id) : []
    const { agreement } = row
    return {
      id: row.id,
      name: row.name,
      status: row.status,
      pending: row.pendingOperation !== null,
      isFreeTrial: row.isFreeTrial,
      plan: agreement.planName,
      price: priceText(agreement),
      termPrice: termPriceText(agreement, row.quantity),
      quantity: row.quantity,
      seats: agreement.seats,
      plans: plans
        .filter((plan) => !plan.isCurrent && !plan.isStopped)
        .flatMap((plan) => {
          const term = plan.terms.find((one) => one.termUnit === row.termUnit)
          const fits = plan.seats === null || row.quantity === null || (row.quantity >= plan.seats.min && row.quantity <= plan.seats.max)
          if (!term) return []
          return [
            {
              planId: plan.planId,
              name: plan.name,
              description: plan.description,
              isPrivate: plan.isPrivate,
              hasFreeTrial: plan.hasFreeTrial,
              price: priceText({ unitPrice: term.price, currency: plan.currency, perUser: plan.perUser, termUnit: term.termUnit }),
              total: formatMoney(new Decimal(term.price).times(row.quantity ?? 1), plan.currency),
              limits: fits ? null : `sold with ${plan.seats?.min} to ${plan.seats?.max} seats: change the seats first`,
            },
          ]
        }),
    }
  })
}

function wantedChange(form: FormData): WantedChange {
  const what = field(form, 'what')
  if (what === 'plan') {
    const planId = field(form, 'planId')
    if (planId === '') throw invalid('PlanMissing', 'Choose a plan.', { target: 'planId' })
    return { planId }
  }
  if (what !== 'seats') throw invalid('UnknownIntent', 'This page has no such form.')
  const seats = field(form, 'quantity')
  if (!/^\d{1,9}$/.test(seats)) throw invalid('QuantityInvalid', 'The number of seats is a whole number.', { target: 'quantity' })
  return { quantity: Number(seats) }
}

/**
 * Asks for the change of the form, or (`intent=request`) for its approval. Returns what then waits for one: the page asks whether to request it.
 * Errors: as `checkout.change` and `checkout.requestChange`, at `planId`, `quantity` or `note`.
 */
export async function askForChange({ domain, run }: Visit, id: string, form: FormData): Promise<{ request: string } | null> {
  const wanted = wantedChange(form)
  if (field(form, 'intent') === 'request') {
    const { id: request } = await run((ctx) => domain.checkout.requestChange(ctx, id, wanted, field(form, 'note')))
    return { request }
  }
  await run((ctx) => domain.checkout.change(ctx, id, wanted))
  return null
}

/** What is sold to the visitor's organisation and not to everybody. */
export async function privateProducts({ user, domain, read }: Visit) {
  return read(async (ctx) => {
    const offers = await domain.offers.privateOffersOf(ctx, user.tenantId)
    const market = (await domain.accounts.billingAccount(ctx, user.tenantId))?.market
    // At most a hundred, and one who has ten of them is a rare customer.
    const pages = await Promise.all(
      offers.map(({ publisherId, offerId }) =>
        domain.catalog.product(ctx, { publisherId, offerId, tenantId: user.tenantId, ...(market === undefined ? {} : { market }) }),
      ),
    )
    return pages.flatMap((page, index) => {
      if (!page) return []
      const own = new Set(offers[index]?.planIds)
      return page.plans
        .filter((plan) => own.has(plan.planId))
        .map((plan) => {
          const [term] = plan.prices?.terms ?? []
          return {
            key: `${page.publisherId}.${page.offerId}.${plan.planId}`,
            offer: page.name,
            publisher: page.publisherName,
            plan: plan.name,
            product: `/product/${page.publisherId}.${page.offerId}?from=account`,
            price:
              term && plan.prices
                ? priceText({
                    unitPrice: term.amount,
                    currency: plan.prices.currency,
                    perUser: page.pricingModel === 'per-user',
                    termUnit: term.termUnit,
                  })
                : null,
          }
        })
    })
  })
}
