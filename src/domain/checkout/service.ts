import { desc, eq } from 'drizzle-orm'
import { allows, authorize } from '../../kernel/authorization.ts'
import type { Ctx } from '../../kernel/context.ts'
import { conflict, forbidden, invalid, notFound } from '../../kernel/errors.ts'
import { isUuid, newId } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { Decimal } from '../../kernel/money.ts'
import type { Accounts } from '../accounts/index.ts'
import type { Billing } from '../billing/index.ts'
import type { Offers } from '../offers/index.ts'
import type { Permission, Procurement, Purchasable, Request } from '../procurement/index.ts'
import type { Publishing, Snapshot } from '../publishing/index.ts'
import {
  actorOf,
  agreementOn,
  findPlan,
  freeOf,
  offerName,
  openPlans,
  type Operation,
  type Person,
  pricesIn,
  type Subscription,
  type Subscriptions,
  stopsOf,
  type WantedChange,
} from '../subscriptions/index.ts'
import { contractAcceptedAt, findAcceptance, keepAcceptance } from './acceptances.ts'
import { configureMail } from './configure-mail.ts'
import { chosenSeats, chosenTerm, type Quote, quoteOf } from './quote.ts'
import { type Consent, type Purchase, purchase } from './schema.ts'
import { type PurchaseTerms, termsFor } from './terms.ts'

export interface CheckoutNeighbours {
  accounts: Accounts
  offers: Offers
  publishing: Publishing
  subscriptions: Subscriptions
  procurement: Procurement
  billing: Pick<Billing, 'arrange' | 'payersOf' | 'takesCards'>
}

/** What somebody wants to buy. `termUnit` absent: the shortest term there is. */
export interface Choice {
  publisherId: string
  /** with `-preview` after it: the offer's preview */
  offerId: string
  planId: string
  termUnit?: string | undefined
  quantity?: number | null | undefined
}

export interface QuoteInput extends Choice {
  /** tenant that will use the subscription */
  tenant: string
  /** a reseller buys for it */
  byReseller?: boolean | undefined
  /** e-mail address of the person who buys; absent: the signed-in user. Decides about previews */
  buyer?: string | undefined
}

export interface PurchaseInput extends Choice {
  /** where the customer buys: one of the stores or the own portal; absent: a store that lists the offer */
  origin?: 'business' | 'cloud' | 'portal' | undefined
  /** version of the terms that the buyer saw and accepted */
  acceptedTermsVersion: string | undefined
  /** the total that the buyer saw; another price is refused */
  expectedTotal?: string | undefined
  /** name that the buyer gives the subscription; absent: the offer's */
  name?: string | undefined
  /** absent: the signed-in user */
  purchaser?: Person | undefined
  /** absent: the purchaser */
  beneficiary?: Person | undefined
  autoRenew?: boolean | undefined
  /** one of the payer's further billing addresses; absent: the account's own. Not in the business store, where a card is charged */
  billAddress?: string | undefined
  /** repeated within 24 hours it buys nothing more and gets the first answer */
  idempotencyKey?: string | undefined
}

/** The terms of a plan for one organisation. */
export interface OfferedTerms {
  publisherId: string
  offerId: string
  planId: string
  terms: PurchaseTerms
  privacyPolicyUrl: string
  /** null: not accepted by themselves */
  accepted: { at: string; by: string } | null
}

export interface PurchaseResult {
  subscriptionId: string
  token: string
  landingPageUrl: string
}

export type Checkout = ReturnType<typeof createCheckout>

/** Buying, and what customers do with what they have bought. */
export function createCheckout(kernel: Kernel, neighbours: CheckoutNeighbours) {
  const { accounts, publishing, subscriptions, procurement, billing } = neighbours

  kernel.doctor.register('checkout: every purchase has its subscription', async (tx) => {
    const bought = await tx.select({ subscription: purchase.subscription }).from(purchase)
    const missing = await subscriptions.missing(
      tx,
      bought.map((row) => row.subscription),
    )
    return missing.map((id) => `The purchase of subscription ${id} has no subscription.`)
  })

  /** The quote and what the agreement is made of. */
  async function priced(ctx: Ctx, input: QuoteInput) {
    const sold = await findSold(ctx, input)
    if (!sold)
      throw notFound('OfferNotFound', `There is no offer ${input.publisherId.slice(0, 60)}.${input.offerId.slice(0, 60)}.`, {
        target: 'offerId',
      })
    const { snapshot, preview, isFree } = sold
    if (!isUuid(input.tenant)) throw invalid('PersonInvalid', 'The tenant id of the customer is a GUID.', { target: 'beneficiary' })
    const account = await accounts.ensureBillingAccount(ctx, input.tenant)
    const plan = findPlan(snapshot, input.planId)
    const customer = { beneficiaryTenantId: account.tenantId, byReseller: input.byReseller ?? false }
    const isOpen = await openPlans(ctx, neighbours, snapshot.offer, customer)
    // A private plan does not exist for others (AC-190). Who tries a preview tries all of it (SA-26).
    if (!plan || !(preview || isOpen(plan))) {
      throw invalid(
        'PlanNotAvailable',
        `The offer ${offerName(snapshot)} has no plan ${input.planId} that is available to this customer.`,
        { target: 'planId' },
      )
    }
    const isStopped = await stopsOf(ctx, neighbours, snapshot.offer)
    if (!preview && isStopped(plan.planId))
      throw invalid('PlanStopped', `The plan ${input.planId} is not sold any more.`, { target: 'planId' })
    const { market } = account
    const listed = plan.markets.includes(market) ? await pricesIn(ctx, neighbours, plan.priceList, market, customer.byReseller) : null
    const prices = listed && isFree ? freeOf(listed) : listed
    if (!prices) throw invalid('MarketNotServed', `The plan ${input.planId} is not sold in ${market}.`, { target: 'planId' })
    const { termUnit, unitPrice } = chosenTerm(plan, prices, input.termUnit)
    const quantity = chosenSeats(snapshot.content, plan, input.quantity)
    const freeTrial = plan.freeTrial !== undefined && (await subscriptions.isTrialOpen(ctx, snapshot.offer, account.tenantId))
    const offer = { publisherId: snapshot.publisherId, offerId: snapshot.offerId, name: offerName(snapshot), content: snapshot.content }
    const { properties } = snapshot.content
    const knowsContract = properties.terms.kind === 'standard' && !input.byReseller
    const acceptedAt = knowsContract ? await contractAcceptedAt(ctx, account.tenantId, properties.terms.version) : null
    const terms = termsFor(properties, account.tenantId, acceptedAt)
    const quote = quoteOf(offer, plan, prices, { market, termUnit, unitPrice, quantity, freeTrial, preview, terms })
    return { snapshot, plan, prices, quote, preview, isFree }
  }

  /**
   * What is sold under an offer's name: its live version, or with `-preview` after the name its preview, for the preview's audience only.
   *
   * Errors (forbidden): `NotInPreviewAudience`
   */
  async function findSold(ctx: Ctx, input: QuoteInput): Promise<{ snapshot: Snapshot; preview: boolean; isFree: boolean } | null> {
    const preview = input.offerId.endsWith(previewSuffix)
    const offerId = preview ? input.offerId.slice(0, -previewSuffix.length) : input.offerId
    if (!offerNames.test(input.publisherId) || !offerNames.test(offerId)) return null
    if (!preview) {
      const live = await publishing.findLive(ctx, input.publisherId, offerId)
      return live && { snapshot: live, preview, isFree: false }
    }
    const found = await publishing.findPreview(ctx, input.publisherId, offerId)
    if (!found) return null
    const buyer = input.buyer ?? (ctx.principal.kind === 'user' ? ctx.principal.email : undefined)
    if (buyer !== undefined ? !publishing.isInAudience(found.snapshot, buyer) : ctx.principal.kind !== 'system') {
      throw forbidden('NotInPreviewAudience', 'Only people of its preview audience can buy the preview of an offer.', { target: 'offerId' })
    }
    return { ...found, preview }
  }

  /** The people of a purchase. Errors: invalid `PurchaserRequired`, `NotAReseller`, `NotACustomer`; forbidden. */
  async function parties(ctx: Ctx, input: PurchaseInput): Promise<{ purchaser: Person; beneficiary: Person; byReseller: boolean }> {
    const { principal } = ctx
    const self =
      principal.kind === 'user' ? { email: principal.email, objectId: principal.objectId, tenantId: principal.tenantId } : undefined
    const given = input.purchaser ?? self
    if (!given) throw invalid('PurchaserRequired', 'Name the person who buys.', { target: 'purchaser' })
    const purchaser = checkedPerson(given, 'purchaser')
    const beneficiary = input.beneficiary ? checkedPerson(input.beneficiary, 'beneficiary') : purchaser
    // Who may not buy by role needs an approval: that is checked when the price is known.
    const payer = { tenantId: purchaser.tenantId }
    if (!allows(principal, 'purchase.create', payer)) authorize(principal, 'procurement.request', payer)
    const byReseller = purchaser.tenantId !== beneficiary.tenantId
    await accounts.ensureBillingAccount(ctx, purchaser.tenantId)
    if (byReseller && principal.kind !== 'system') {
      const account = await accounts.billingAccount(ctx, purchaser.tenantId)
      if (!account?.isReseller)
        throw invalid('NotAReseller', 'Only a reseller may buy for another organisation.', { target: 'beneficiary' })
      if (!(await accounts.resells(ctx, purchaser.tenantId, beneficiary.tenantId))) {
        throw invalid('NotACustomer', 'The organisation is not a customer of this reseller.', { target: 'beneficiary' })
      }
    }
    return { purchaser, beneficiary, byReseller }
  }

  /** The terms were accepted with the order, or by themselves before. Errors (invalid): `TermsNotAccepted`, `TermsChanged`. */
  async function checkTerms(ctx: Ctx, quote: Quote, offer: string, tenantId: string, accepted: string | undefined) {
    const target = { target: 'acceptedTermsVersion' }
    if (accepted === undefined || accepted === '') {
      if (await findAcceptance(ctx, { tenantId, offer, termsVersion: quote.terms.version })) return
      throw invalid('TermsNotAccepted', 'To buy, accept the terms.', target)
    }
    if (accepted !== quote.terms.version) {
      throw invalid('TermsChanged', 'The terms have changed since you accepted them. Read and accept the present ones.', target)
    }
  }

  /** The publisher says which resellers sell an offer: any, those it has selected, or none (spec/05 §5.14). */
  function checkReseller(resell: Snapshot['content']['resell'], tenantId: string) {
    if (resell.partners === 'any' || (resell.partners === 'selected' && resell.tenantIds.includes(tenantId))) return
    throw invalid('NotForResale', 'The publisher has not opened this offer to this reseller.', { target: 'purchaser' })
  }

  async function buy(ctx: Ctx, input: PurchaseInput): Promise<PurchaseResult> {
    const { purchaser, beneficiary, byReseller } = await parties(ctx, input)
    const wanted = { ...input, tenant: beneficiary.tenantId, byReseller, buyer: purchaser.email }
    const { snapshot, plan, prices, quote, preview, isFree } = await priced(ctx, wanted)
    if (byReseller) checkReseller(snapshot.content.resell, purchaser.tenantId)
    await checkTerms(ctx, quote, snapshot.offer, purchaser.tenantId, input.acceptedTermsVersion)
    if (input.expectedTotal !== undefined && input.expectedTotal !== '' && !sameAmount(input.expectedTotal, quote.total)) {
      throw conflict('PriceChanged', `The price has changed: it is ${quote.total} ${quote.currency} now. Look at it and confirm again.`)
    }
    const grant = await procurement.permit(ctx, purchasable(quote, snapshot.offer, purchaser.tenantId))
    const payer = await payerOf(ctx, input, purchaser.tenantId, isFree)
    const boughtBy = actorOf(ctx.principal, { byReseller, customerTenantId: purchaser.tenantId })
    const termsAccepted = { version: quote.terms.version, at: ctx.now.toString(), by: purchaser.email }
    const consent: Consent = {
      legal: { terms: quote.terms.version, privacyPolicyUrl: privacyPolicyOf(snapshot) },
      billing: { every: quote.termUnit, currency: quote.currency },
      sharing: ['contact', 'usage', 'transactions'],
      by: purchaser.email,
      at: ctx.now.toString(),
    }
    const agreement = agreementOn(snapshot, plan, prices, { market: quote.market, termUnit: quote.termUnit, termsAccepted })
    if (!agreement) throw new Error(`A quote of ${input.planId} has no agreement.`)
    if (isFree) agreement.isFree = true
    const subscription = await subscriptions.create(ctx, {
      name: input.name === undefined ? undefined : checkedName(input.name),
      offer: snapshot.offer,
      planId: plan.planId,
      quantity: quote.quantity,
      termUnit: quote.termUnit,
      agreement,
      purchaser,
      beneficiary,
      byReseller,
      autoRenew: input.autoRenew ?? true,
      preview,
    })
    if (grant) await procurement.complete(ctx, grant, subscription.id)
    await billing.arrange(ctx, subscription.id, payer)
    await ctx.tx.insert(purchase).values({
      id: newId<'purchase'>(),
      subscription: subscription.id,
      offer: snapshot.offer,
      publisherId: quote.publisherId,
      offerId: quote.offerId,
      planId: quote.planId,
      purchaser,
      beneficiary,
      customerTenantId: purchaser.tenantId,
      quote,
      termsVersion: quote.terms.version,
      consent,
      boughtBy,
      boughtAt: ctx.now,
      wallAt: ctx.wall,
    })
    await kernel.audit.record(ctx, {
      action: 'purchase.create',
      target: `subscription:${subscription.id}`,
      after: {
        offer: `${quote.publisherId}/${quote.offerId}/${quote.planId}`,
        quantity: quote.quantity,
        total: quote.total,
        currency: quote.currency,
        terms: quote.terms.version,
        ...(grant ? { approvedBy: `request:${grant}` } : {}),
        ...(preview ? { preview, free: isFree } : {}),
      },
    })
    await kernel.events.publish(ctx, {
      type: 'purchase.made',
      publisherId: snapshot.publisherId,
      payload: {
        subscription: subscription.id,
        offer: snapshot.offer,
        publisherId: snapshot.publisherId,
        offerId: snapshot.offerId,
        planId: plan.planId,
        snapshotId: snapshot.id,
        preview,
        origin: input.origin,
        purchaser,
      },
    })
    const { token, landingPageUrl } = await subscriptions.createToken(ctx, subscription.id)
    await kernel.mail.send(ctx, await mailAfter(ctx, subscription, quote))
    return { subscriptionId: subscription.id, token, landingPageUrl }
  }

  /**
   * How a purchase is paid: in the business store by card only (AC-124), elsewhere on the customer's existing billing account, at the address it
   * chooses (AC-125). A marketplace that takes no cards bills everything to the account.
   *
   * Errors: invalid `CardRequired`; not-found `UnknownAddress`
   */
  async function payerOf(ctx: Ctx, { origin, billAddress }: PurchaseInput, tenantId: string, isFree: boolean) {
    if (origin === 'business' && billing.takesCards()) {
      if (!isFree && (await billing.payersOf(ctx, tenantId)).card === null) {
        throw invalid('CardRequired', 'Purchases in this store are paid by card. Add a card to your billing account first.', {
          target: 'payment',
        })
      }
      return { paidBy: 'card' as const, billAddress: null }
    }
    if (billAddress === undefined || billAddress === '') return { paidBy: null, billAddress: null }
    return { paidBy: null, billAddress: (await accounts.billingAddress(ctx, tenantId, billAddress)).addressId }
  }

  /** A change with its price, as its payer's rules look at it; null where it is no change that could be asked for. */
  async function changeable(ctx: Ctx, id: string, { planId, quantity }: WantedChange): Promise<Purchasable | null> {
    const row = await subscriptions.get(ctx, id)
    const { agreement } = row
    if ((planId === undefined) === (quantity === undefined)) return null
    if (quantity !== undefined && (!agreement.perUser || !Number.isInteger(quantity) || quantity < 1 || quantity === row.quantity))
      return null
    const plan = planId === undefined ? null : (await subscriptions.availablePlans(ctx, id, planId)).find((one) => one.planId === planId)
    const price = planId === undefined ? agreement.unitPrice : plan?.terms.find((term) => term.termUnit === row.termUnit)?.price
    if (price === undefined || plan?.isCurrent || plan?.isStopped) return null
    const seats = quantity ?? row.quantity
    return {
      tenantId: row.customerTenantId,
      kind: planId === undefined ? 'seats' : 'plan',
      subscription: row.id,
      offer: row.offer,
      publisherId: row.publisherId,
      offerId: row.offerId,
      offerName: agreement.offerName,
      planId: planId ?? row.planId,
      planName: plan?.name ?? agreement.planName,
      termUnit: row.termUnit,
      quantity: seats,
      total: new Decimal(agreement.isFree ? 0 : price).times(seats ?? 1).toFixed(),
      currency: agreement.currency,
      before: new Decimal(agreement.unitPrice).times(row.quantity ?? 1).toFixed(),
    }
  }

  async function offeredTerms(ctx: Ctx, quote: Quote, snapshot: Snapshot, tenantId: string): Promise<OfferedTerms> {
    const found = await findAcceptance(ctx, { tenantId, offer: snapshot.offer, termsVersion: quote.terms.version })
    return {
      publisherId: quote.publisherId,
      offerId: quote.offerId,
      planId: quote.planId,
      terms: quote.terms,
      privacyPolicyUrl: privacyPolicyOf(snapshot),
      accepted: found && { at: found.acceptedAt.toString(), by: found.acceptedBy.name },
    }
  }

  /** AP-147: the mail's link has a token of its own. */
  async function mailAfter(ctx: Ctx, subscription: Subscription, quote: Quote) {
    const { landingPageUrl } = await subscriptions.createToken(ctx, subscription.id)
    return configureMail(subscription.purchaser.email, quote, {
      landingPage: landingPageUrl,
      account: `${kernel.config.publicUrl}/account/subscriptions/${subscription.id}`,
      marketplace: kernel.config.brand.name,
    })
  }

  return {
    /**
     * What a choice would cost the tenant, and under which terms.
     * Errors: not-found `OfferNotFound`, `UnknownTenant`; forbidden `NotInPreviewAudience`; invalid `PlanNotAvailable`, `PlanStopped`, `MarketNotServed`, `TermNotOffered`,
     * `QuantityNotAllowed`, `QuantityRequired`, `SeatsOutOfRange`, `CountryWithoutPurchases`.
     */
    async quote(ctx: Ctx, input: QuoteInput): Promise<Quote> {
      return (await priced(ctx, input)).quote
    },

    /**
     * Buys: makes the subscription, which waits to be configured, and sends the mail that says how. Nothing is billed yet.
     * Errors: those of `quote`; invalid `TermsNotAccepted`, `TermsChanged`, `PurchaserRequired`, `NotAReseller`, `NotACustomer`; conflict `PriceChanged`; forbidden.
     */
    async purchase(ctx: Ctx, input: PurchaseInput): Promise<PurchaseResult> {
      await kernel.flags.require(ctx, 'purchases')
      const { idempotencyKey, ...request } = input
      const who = ctx.principal.kind === 'user' ? ctx.principal.objectId : ctx.principal.kind
      return kernel.idempotency.once(ctx, `purchase:${who}`, idempotencyKey, () => buy(ctx, request), request)
    },

    /** What a choice costs, and whether the acting person may buy it or needs an approval. Errors: as `quote`. */
    async permission(ctx: Ctx, input: QuoteInput): Promise<{ quote: Quote; permission: Permission }> {
      const { quote, snapshot } = await priced(ctx, input)
      return { quote, permission: await procurement.check(ctx, purchasable(quote, snapshot.offer, input.tenant)) }
    },

    /** How a purchase would be paid, for people: by card only, or on the account and at which addresses. @throws forbidden */
    async payment(
      ctx: Ctx,
      { tenant, origin }: { tenant: string; origin: PurchaseInput['origin'] },
    ): Promise<{ cardOnly: boolean; method: string | null; addresses: { id: string; label: string }[] }> {
      const { card, account } = await billing.payersOf(ctx, tenant)
      if (origin === 'business' && billing.takesCards()) return { cardOnly: true, method: card, addresses: [] }
      const addresses = await accounts.billingAddresses(ctx, tenant)
      return { cardOnly: false, method: account, addresses: addresses.map(({ addressId, label }) => ({ id: addressId, label })) }
    },

    /** Asks the organisation's administrators for the approval of a purchase. Errors: as `quote` and `procurement.request`. */
    async requestPurchase(ctx: Ctx, input: QuoteInput, note: string): Promise<Request> {
      const { quote, snapshot } = await priced(ctx, input)
      return procurement.request(ctx, purchasable(quote, snapshot.offer, input.tenant), note)
    },

    /**
     * The terms of a plan for a tenant: contract, amendments, privacy statement, and whether it has accepted exactly these by themselves.
     * Errors: as `quote`; forbidden.
     */
    async terms(ctx: Ctx, input: QuoteInput): Promise<OfferedTerms> {
      authorize(ctx.principal, 'terms.read', { tenantId: input.tenant })
      const { quote, snapshot } = await priced(ctx, input)
      return offeredTerms(ctx, quote, snapshot, input.tenant)
    },

    /**
     * Accepts the terms of a plan for the own organisation; a purchase under them needs no other acceptance.
     * Errors: as `quote`; invalid `TermsChanged`; forbidden.
     */
    async acceptTerms(ctx: Ctx, input: QuoteInput, version: string): Promise<OfferedTerms> {
      authorize(ctx.principal, 'terms.accept', { tenantId: input.tenant })
      const { quote, snapshot } = await priced(ctx, input)
      if (version !== quote.terms.version) {
        throw invalid('TermsChanged', 'These are not the present terms. Read and accept the present ones.', { target: 'version' })
      }
      const { offer, publisherId, offerId } = snapshot
      const acceptedBy = actorOf(ctx.principal, { byReseller: false, customerTenantId: input.tenant })
      const kept = await keepAcceptance(ctx, {
        tenantId: input.tenant,
        offer,
        publisherId,
        offerId,
        termsVersion: version,
        acceptedBy: { ...acceptedBy, kind: 'customer' },
      })
      await kernel.audit.record(ctx, {
        action: 'terms.accept',
        target: `offer:${publisherId}/${offerId}`,
        after: { tenantId: input.tenant, version, acceptance: kept.id },
      })
      return offeredTerms(ctx, quote, snapshot, input.tenant)
    },

    /** Cancels: access ends at once, for good. What it costs: `cancellation`. Errors: not-found, forbidden, gone `SubscriptionEnded`. */
    async cancel(ctx: Ctx, subscriptionId: string): Promise<Subscription> {
      return subscriptions.cancelByCustomer(ctx, subscriptionId)
    },

    /**
     * Asks for another plan or number of seats; the publisher is told and may refuse.
     * Errors: as `subscriptions.changeByCustomer`; forbidden `ApprovalNeeded`.
     */
    async change(ctx: Ctx, subscriptionId: string, wanted: WantedChange): Promise<Operation> {
      const changed = await changeable(ctx, subscriptionId, wanted)
      if (changed) await procurement.permit(ctx, changed)
      return subscriptions.changeByCustomer(ctx, subscriptionId, wanted)
    },

    /** Whether the acting person may have this change, or needs an approval. Errors: not-found, forbidden. */
    async changePermission(ctx: Ctx, subscriptionId: string, wanted: WantedChange): Promise<Permission> {
      const changed = await changeable(ctx, subscriptionId, wanted)
      return changed ? procurement.check(ctx, changed) : { allowed: true, grant: null }
    },

    /** Asks the organisation's administrators for the approval of a change. Errors: as `procurement.request`; invalid `PlanNotAvailable`. */
    async requestChange(ctx: Ctx, subscriptionId: string, wanted: WantedChange, note: string): Promise<Request> {
      const changed = await changeable(ctx, subscriptionId, wanted)
      if (!changed) throw invalid('PlanNotAvailable', 'The subscription cannot be changed to this.', { target: 'planId' })
      return procurement.request(ctx, changed, note)
    },

    /** The purchases of a tenant, newest first. */
    async purchasesOf(ctx: Ctx, tenantId: string, limit = 500): Promise<Purchase[]> {
      authorize(ctx.principal, 'subscription.read', { tenantId })
      return ctx.tx.select().from(purchase).where(eq(purchase.customerTenantId, tenantId)).orderBy(desc(purchase.id)).limit(limit)
    },
  }
}

/** Characters of publisher and offer ids (design.md, Ids). */
const offerNames = /^[a-z0-9][a-z0-9_-]{0,49}$/

/** Ends the name under which an offer's preview is sold (AP-037). No offer id ends like this. */
const previewSuffix = '-preview'

/** The privacy statement in English, else in the first language there is. */
function privacyPolicyOf({ content: { listing } }: Snapshot): string {
  return (listing.en ?? Object.values(listing)[0])?.privacyPolicyUrl ?? ''
}

/** Longest name that a buyer may give a subscription. */
const longestName = 100

function checkedName(text: string): string | undefined {
  const name = text.trim()
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (name.length > longestName || /[\u0000-\u001f\u007f]/.test(name)) {
    throw invalid('NameInvalid', `A subscription's name has at most ${longestName} characters and no control characters.`, {
      target: 'name',
    })
  }
  return name === '' ? undefined : name
}

/** A person with ids in lower case. Errors (invalid): `PersonInvalid`. */
function checkedPerson({ email, objectId, tenantId, puid }: Person, target: string): Person {
  if (!isUuid(tenantId) || !isUuid(objectId))
    throw invalid('PersonInvalid', 'The tenant id and the object id of a person are GUIDs.', { target })
  if (!/^[^\s@]{1,64}@[^\s@]{1,190}$/.test(email))
    throw invalid('PersonInvalid', 'The e-mail address of a person is not valid.', { target })
  return { email, objectId: objectId.toLowerCase(), tenantId: tenantId.toLowerCase(), ...(puid === undefined ? {} : { puid }) }
}

/** A quote as the payer's rules look at it. */
function purchasable(quote: Quote, offer: string, tenantId: string): Purchasable {
  const { publisherId, offerId, offerName: name, planId, planName, termUnit, quantity, total, currency } = quote
  return { tenantId, kind: 'purchase', offer, publisherId, offerId, offerName: name, planId, planName, termUnit, quantity, total, currency }
}

function sameAmount(a: string, b: string): boolean {
  return /^\d+(\.\d+)?$/.test(a) && new Decimal(a).equals(b)
}
