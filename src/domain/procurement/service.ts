import { and, asc, desc, eq, inArray, sql } from 'drizzle-orm'
import { z } from 'zod'
import { allows, authorize } from '../../kernel/authorization.ts'
import type { Ctx, UserPrincipal } from '../../kernel/context.ts'
import { conflict, forbidden, invalid, notFound } from '../../kernel/errors.ts'
import { isUuid, newId } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { Decimal, formatMoney, minorUnits } from '../../kernel/money.ts'
import { markets } from '../../kernel/reference-data.ts'
import type { Accounts } from '../accounts/index.ts'
import type { Notifications } from '../notifications/index.ts'
import type { Offers } from '../offers/index.ts'
import type { Subscriptions } from '../subscriptions/index.ts'
import { type RequestTrigger, requestStates } from './request-states.ts'
import { noRules, type Reason, reasonsAgainst, type Rules } from './rules.ts'
import * as tables from './schema.ts'

export interface ProcurementNeighbours {
  accounts: Pick<Accounts, 'billingAccount'>
  notifications: Pick<Notifications, 'tellCustomer'>
  offers: Pick<Offers, 'rates'>
  subscriptions: Pick<Subscriptions, 'changeByCustomer'>
}

/** What somebody wants to buy, or to change a subscription to, as it was priced. */
export interface Purchasable {
  /** the organisation that pays */
  tenantId: string
  kind: 'purchase' | 'plan' | 'seats'
  /** of a change */
  subscription?: string | undefined
  offer: string
  publisherId: string
  offerId: string
  offerName: string
  planId: string
  planName: string
  termUnit: 'P1M' | 'P1Y'
  quantity: number | null
  /** of one term, before tax */
  total: Decimal.Value
  currency: string
  /** of a change: what a term costs now */
  before?: Decimal.Value | undefined
}

/** Whether it may be bought now. `grant`: the approved request that permits it. */
export type Permission = { allowed: true; grant: string | null } | { allowed: false; reasons: Reason[]; waiting: string | null }

/** As a form sends it. */
export interface RulesInput {
  /** empty: no approval is needed whatever it costs */
  approvalAbove: string
  currency: string
  administratorsToo: boolean
  privateMarketplace: boolean
}

const rulesInput = z.object({
  approvalAbove: z.union([
    z.literal(''),
    z.string().regex(/^\d{1,9}(\.\d{1,3})?$/, 'The amount is a number like 500 or 99.50, or nothing.'),
  ]),
  currency: z.string().refine((code) => markets.some((market) => market.currency === code), 'Choose a currency from the list.'),
  administratorsToo: z.boolean(),
  privateMarketplace: z.boolean(),
})

/** How long a request waits, and how long an approval is good for a purchase, in days of market time. */
export const openDays = 30
/** Requests of one person that may wait at the same time. */
const mostWaiting = 50
const longestNote = 500
const mostListed = 1000
const expiry = 'procurement.expiry'

export type Procurement = ReturnType<typeof createProcurement>

/** What an organisation allows its people to buy, and their requests for what needs an approval. */
export function createProcurement(kernel: Kernel, { accounts, notifications, offers, subscriptions }: ProcurementNeighbours) {
  const { audit, due } = kernel

  async function rulesOf(ctx: Ctx, tenantId: string): Promise<Rules> {
    const [row] = await ctx.tx.select().from(tables.rule).where(eq(tables.rule.tenantId, tenantId))
    return row ?? { ...noRules, currency: (await accounts.billingAccount(ctx, tenantId))?.currency ?? noRules.currency }
  }

  async function isListed(ctx: Ctx, { tenantId, offer, planId }: Pick<Purchasable, 'tenantId' | 'offer' | 'planId'>): Promise<boolean> {
    const [row] = await ctx.tx
      .select({ offer: tables.allowed.offer })
      .from(tables.allowed)
      .where(and(eq(tables.allowed.tenantId, tenantId), eq(tables.allowed.offer, offer), inArray(tables.allowed.planId, ['', planId])))
      .limit(1)
    return row !== undefined
  }

  async function check(ctx: Ctx, wanted: Purchasable): Promise<Permission> {
    const { principal } = ctx
    const { tenantId } = wanted
    // The marketplace itself, and the sandbox that plays customers, are not people of the organisation.
    if (principal.kind !== 'user') return { allowed: true, grant: null }
    const rules = await rulesOf(ctx, tenantId)
    const reasons = reasonsAgainst(
      {
        hasRole: allows(principal, wanted.kind === 'purchase' ? 'purchase.create' : 'subscription.change', { tenantId }),
        isAdministrator: allows(principal, 'procurement.manage', { tenantId }),
        // A plan that one has already stays allowed for another number of seats.
        isListed: wanted.kind === 'seats' || !rules.privateMarketplace || (await isListed(ctx, wanted)),
        total: wanted.total,
        currency: wanted.currency,
        before: wanted.before,
      },
      rules,
      rules.approvalAbove === null ? {} : await offers.rates(ctx),
    )
    if (reasons.length === 0) return { allowed: true, grant: null }
    const open = await openRequests(ctx, principal.objectId, wanted)
    const grant = open.find((row) => row.state === 'approved' && covers(row, wanted))
    if (grant) return { allowed: true, grant: grant.id }
    return { allowed: false, reasons, waiting: open.find((row) => row.state === 'waiting')?.id ?? null }
  }

  /** What this person has asked for of the same plan and is not over. */
  async function openRequests(ctx: Ctx, requester: string, { tenantId, kind, offer, planId, subscription }: Purchasable) {
    const rows = await ctx.tx
      .select()
      .from(tables.request)
      .where(
        and(
          eq(tables.request.requester, requester),
          eq(tables.request.tenantId, tenantId),
          eq(tables.request.offer, offer),
          eq(tables.request.planId, planId),
          eq(tables.request.kind, kind),
          inArray(tables.request.state, ['waiting', 'approved']),
          subscription === undefined ? undefined : eq(tables.request.subscription, subscription),
        ),
      )
      .orderBy(desc(tables.request.id))
    return rows.filter((row) => row.expiresAt.epochMilliseconds > ctx.now.epochMilliseconds)
  }

  /** An approval is good for what was asked for, or less of it. */
  function covers(row: tables.Request, { termUnit, quantity, total, currency }: Purchasable): boolean {
    return (
      row.termUnit === termUnit &&
      (quantity ?? 0) <= (row.quantity ?? 0) &&
      row.currency === currency &&
      new Decimal(total).lessThanOrEqualTo(row.total)
    )
  }

  function person(ctx: Ctx): UserPrincipal {
    if (ctx.principal.kind === 'user') return ctx.principal
    throw forbidden('PersonNeeded', 'A person asks for and decides about purchases.')
  }

  /** The request, locked. @throws not-found `UnknownRequest`, also for another organisation's */
  async function lock(ctx: Ctx, id: string): Promise<tables.Request> {
    const [row] = isUuid(id) ? await ctx.tx.select().from(tables.request).where(eq(tables.request.id, id)).for('update') : []
    if (!row || !isReadable(ctx, row)) throw notFound('UnknownRequest', 'There is no such request.', { target: 'request' })
    return row
  }

  function isReadable({ principal }: Ctx, row: tables.Request): boolean {
    if (allows(principal, 'procurement.manage', { tenantId: row.tenantId })) return true
    return principal.kind === 'user' && principal.objectId === row.requester && principal.tenantId === row.tenantId
  }

  async function move(
    ctx: Ctx,
    row: tables.Request,
    trigger: RequestTrigger,
    facts: Partial<Pick<tables.Request, 'subscription' | 'decidedAt' | 'decidedBy' | 'decidedName' | 'answer' | 'expiresAt'>> = {},
  ): Promise<tables.Request> {
    const state = requestStates[row.state][trigger]
    if (state === undefined) throw conflict('RequestDecided', `This request is ${row.state}: it cannot be changed like this any more.`)
    const moved = { ...row, ...facts, state }
    await ctx.tx
      .update(tables.request)
      .set({ ...facts, state })
      .where(eq(tables.request.id, row.id))
    await audit.record(ctx, {
      action: `procurement.${trigger}`,
      target: `request:${row.id}`,
      before: { state: row.state },
      after: { state, tenantId: row.tenantId, what: `${row.publisherId}/${row.offerId}/${row.planId}` },
      ...(facts.answer ? { reason: facts.answer } : {}),
    })
    return moved
  }

  const deciderOf = (ctx: Ctx) => person(ctx).email

  function decision(ctx: Ctx, answer: string) {
    const { objectId, displayName } = person(ctx)
    return { decidedAt: ctx.now, decidedBy: objectId, decidedName: displayName, answer: answer === '' ? null : answer }
  }

  /** Whoever asked does not decide. */
  function checkDecider(ctx: Ctx, row: tables.Request): void {
    authorize(ctx.principal, 'procurement.manage', { tenantId: row.tenantId })
    if (person(ctx).objectId === row.requester) {
      throw forbidden('SecondPersonNeeded', 'Somebody else must decide about what you have asked for.')
    }
  }

  due.register(expiry, {
    async run(ctx, { key }) {
      const [row] = await ctx.tx.select().from(tables.request).where(eq(tables.request.id, key)).for('update')
      if (!row || requestStates[row.state].expire === undefined) return
      if (row.expiresAt.epochMilliseconds > ctx.now.epochMilliseconds) {
        await due.schedule(ctx, { kind: expiry, key, at: row.expiresAt })
        return
      }
      await move(ctx, row, 'expire')
      await notifications.tellCustomer(ctx, {
        tenantId: row.tenantId,
        to: { objectId: row.requester, email: row.requesterEmail },
        kind: 'request-expired',
        title: `Your request for ${row.offerName} has expired`,
        text:
          row.state === 'waiting'
            ? `Nobody has decided about it within ${openDays} days. You can ask again.`
            : `It was approved, and nothing was bought within ${openDays} days. You can ask again.`,
        path: `/account/requests/${row.id}`,
      })
    },
  })

  return {
    /** What an organisation wants to be asked about. Everybody of it may know. @throws forbidden */
    async rules(ctx: Ctx, tenantId: string): Promise<Rules> {
      authorize(ctx.principal, 'account.read', { tenantId })
      return rulesOf(ctx, tenantId)
    },

    /** @throws invalid `RulesInvalid` naming each field, forbidden */
    async setRules(ctx: Ctx, tenantId: string, input: RulesInput): Promise<Rules> {
      authorize(ctx.principal, 'procurement.manage', { tenantId })
      const parsed = rulesInput.safeParse(input)
      const details = (parsed.error?.issues ?? []).map(({ message, path }) => ({ code: 'InvalidValue', message, target: path.join('.') }))
      if (parsed.success && parsed.data.approvalAbove !== '') {
        const most = minorUnits(parsed.data.currency)
        if (new Decimal(parsed.data.approvalAbove).decimalPlaces() > most) {
          const message = `${parsed.data.currency} has ${most} digits after the point.`
          details.push({ code: 'TooManyDigits', message, target: 'approvalAbove' })
        }
      }
      if (!parsed.success || details.length > 0) throw invalid('RulesInvalid', 'The rules cannot be saved. See the fields.', { details })
      const before = await rulesOf(ctx, tenantId)
      const { approvalAbove, ...rest } = parsed.data
      const after: Rules = { ...rest, approvalAbove: approvalAbove === '' ? null : new Decimal(approvalAbove) }
      const facts = { ...after, changedAt: ctx.now, changedBy: person(ctx).email }
      await ctx.tx
        .insert(tables.rule)
        .values({ tenantId, ...facts })
        .onConflictDoUpdate({ target: tables.rule.tenantId, set: facts })
      await audit.record(ctx, { action: 'procurement.rules', target: `tenant:${tenantId}`, before: shown(before), after: shown(after) })
      return after
    },

    /** The list of an organisation's private marketplace, by name. @throws forbidden */
    async allowedList(ctx: Ctx, tenantId: string): Promise<tables.Allowed[]> {
      authorize(ctx.principal, 'account.read', { tenantId })
      return ctx.tx
        .select()
        .from(tables.allowed)
        .where(eq(tables.allowed.tenantId, tenantId))
        .orderBy(asc(tables.allowed.offerName), asc(tables.allowed.planName), asc(tables.allowed.planId))
    },

    /** Puts an offer (plan id '') or one of its plans on the list. @throws conflict `ListFull`, forbidden */
    async allow(
      ctx: Ctx,
      entry: Pick<tables.Allowed, 'tenantId' | 'offer' | 'planId' | 'publisherId' | 'offerId' | 'offerName' | 'planName'>,
    ): Promise<void> {
      authorize(ctx.principal, 'procurement.manage', { tenantId: entry.tenantId })
      const [count] = await ctx.tx
        .select({ n: sql<number>`count(*)::int` })
        .from(tables.allowed)
        .where(eq(tables.allowed.tenantId, entry.tenantId))
      if ((count?.n ?? 0) >= mostListed) throw conflict('ListFull', `The list has ${mostListed} entries, which is the most.`)
      const added = await ctx.tx
        .insert(tables.allowed)
        .values({ ...entry, addedAt: ctx.now, addedBy: person(ctx).email })
        .onConflictDoNothing()
        .returning({ offer: tables.allowed.offer })
      if (added.length === 0) return
      const after = { offer: `${entry.publisherId}/${entry.offerId}`, plan: entry.planId === '' ? 'all' : entry.planId }
      await audit.record(ctx, { action: 'procurement.allow', target: `tenant:${entry.tenantId}`, after })
    },

    /** Takes an entry off the list; subscriptions that exist go on. @throws not-found `NotListed`, forbidden */
    async disallow(ctx: Ctx, tenantId: string, offer: string, planId: string): Promise<void> {
      authorize(ctx.principal, 'procurement.manage', { tenantId })
      const [gone] = isUuid(offer)
        ? await ctx.tx
            .delete(tables.allowed)
            .where(and(eq(tables.allowed.tenantId, tenantId), eq(tables.allowed.offer, offer), eq(tables.allowed.planId, planId)))
            .returning()
        : []
      if (!gone) throw notFound('NotListed', 'This is not on the list.', { target: 'offer' })
      const before = { offer: `${gone.publisherId}/${gone.offerId}`, plan: planId === '' ? 'all' : planId }
      await audit.record(ctx, { action: 'procurement.disallow', target: `tenant:${tenantId}`, before })
    },

    /** Whether the acting person may buy this now, and if not, why. */
    check,

    /**
     * The same as a condition of a purchase or change. Returns the approved request that permits it, for {@link complete}.
     * @throws forbidden `ApprovalNeeded` (`data.reasons`)
     */
    async permit(ctx: Ctx, wanted: Purchasable): Promise<string | null> {
      const permission = await check(ctx, wanted)
      if (permission.allowed) return permission.grant
      throw forbidden('ApprovalNeeded', await refusalText(ctx, wanted.tenantId, permission.reasons), {
        data: { reasons: permission.reasons },
      })
    },

    /** What an approval permitted has been bought: it permits nothing more. */
    async complete(ctx: Ctx, id: string, subscription: string): Promise<void> {
      const [row] = await ctx.tx.select().from(tables.request).where(eq(tables.request.id, id)).for('update')
      if (row) await move(ctx, row, 'complete', { subscription })
    },

    /**
     * Asks the organisation's administrators for an approval; they are told.
     * @throws conflict `NothingToAsk` where it may be bought at once, `AlreadyAsked`, `TooManyRequests`; invalid `NoteInvalid`; forbidden
     */
    async request(ctx: Ctx, wanted: Purchasable, note: string): Promise<tables.Request> {
      const { tenantId } = wanted
      authorize(ctx.principal, 'procurement.request', { tenantId })
      const { objectId, email, displayName } = person(ctx)
      const text = note.trim()
      if (text.length > longestNote || /[^\P{Cc}\n\r\t]/u.test(text)) {
        throw invalid('NoteInvalid', `A note has at most ${longestNote} characters and no control characters.`, { target: 'note' })
      }
      const permission = await check(ctx, wanted)
      if (permission.allowed) throw conflict('NothingToAsk', 'You may buy this without an approval.')
      if (permission.waiting) throw conflict('AlreadyAsked', 'You have asked for this already; it waits for a decision.')
      const [count] = await ctx.tx
        .select({ n: sql<number>`count(*)::int` })
        .from(tables.request)
        .where(and(eq(tables.request.requester, objectId), eq(tables.request.state, 'waiting')))
      if ((count?.n ?? 0) >= mostWaiting) throw conflict('TooManyRequests', `${mostWaiting} of your requests wait for a decision already.`)
      const expiresAt = ctx.now.add({ hours: 24 * openDays })
      const row: tables.Request = {
        id: newId<'request'>(),
        tenantId,
        kind: wanted.kind,
        state: 'waiting',
        requester: objectId,
        requesterEmail: email,
        requesterName: displayName,
        offer: wanted.offer,
        publisherId: wanted.publisherId,
        offerId: wanted.offerId,
        offerName: wanted.offerName,
        planId: wanted.planId,
        planName: wanted.planName,
        termUnit: wanted.termUnit,
        quantity: wanted.quantity,
        total: new Decimal(wanted.total),
        currency: wanted.currency,
        reasons: permission.reasons,
        note: text,
        subscription: wanted.subscription ?? null,
        askedAt: ctx.now,
        decidedAt: null,
        decidedBy: null,
        decidedName: null,
        answer: null,
        expiresAt,
      }
      await ctx.tx.insert(tables.request).values(row)
      await due.schedule(ctx, { kind: expiry, key: row.id, at: expiresAt })
      await audit.record(ctx, {
        action: 'procurement.request',
        target: `request:${row.id}`,
        after: {
          tenantId,
          kind: row.kind,
          what: `${row.publisherId}/${row.offerId}/${row.planId}`,
          total: row.total,
          currency: row.currency,
        },
      })
      await notifications.tellCustomer(ctx, {
        tenantId,
        to: 'administrators',
        except: objectId,
        kind: 'request-waiting',
        title: `${displayName} asks for ${row.offerName}`,
        // With the address, so that the name is found when the person is erased.
        text: `${displayName} (${email}) asks for ${describe(row)}${text === '' ? '' : `\n\n“${text}”`}\n\nApprove or deny it by ${expiresAt.toString().slice(0, 10)}.`,
        path: `/account/requests/${row.id}`,
      })
      return row
    },

    /**
     * Approves. A change of a subscription is carried out at once, on the approver's word; a purchase may now be made by the one who asked.
     * @throws forbidden `SecondPersonNeeded`, conflict `RequestDecided`, not-found `UnknownRequest`, and what refuses the change
     */
    async approve(ctx: Ctx, id: string, answer = ''): Promise<tables.Request> {
      const row = await lock(ctx, id)
      checkDecider(ctx, row)
      const facts = { ...decision(ctx, checkedAnswer(answer)), expiresAt: ctx.now.add({ hours: 24 * openDays }) }
      let moved = await move(ctx, row, 'approve', facts)
      if (row.kind !== 'purchase' && row.subscription !== null) {
        await subscriptions.changeByCustomer(
          ctx,
          row.subscription,
          row.kind === 'plan' ? { planId: row.planId } : { quantity: row.quantity ?? 0 },
        )
        moved = await move(ctx, moved, 'complete')
      } else {
        await due.schedule(ctx, { kind: expiry, key: row.id, at: facts.expiresAt })
      }
      await notifications.tellCustomer(ctx, {
        tenantId: row.tenantId,
        to: { objectId: row.requester, email: row.requesterEmail },
        kind: 'request-approved',
        title: `Approved: ${row.offerName}`,
        text: `${moved.decidedName} (${deciderOf(ctx)}) has approved ${describe(row)}${row.kind === 'purchase' ? '\n\nBuy it within 30 days: open the request and choose Complete the purchase.' : '\n\nThe publisher is told of the change now.'}${facts.answer ? `\n\n“${facts.answer}”` : ''}`,
        path: `/account/requests/${row.id}`,
      })
      return moved
    },

    /** @throws invalid `AnswerMissing`, forbidden `SecondPersonNeeded`, conflict `RequestDecided`, not-found `UnknownRequest` */
    async deny(ctx: Ctx, id: string, answer: string): Promise<tables.Request> {
      const row = await lock(ctx, id)
      checkDecider(ctx, row)
      const text = checkedAnswer(answer)
      if (text === '') throw invalid('AnswerMissing', 'Say why you deny it.', { target: 'answer' })
      const moved = await move(ctx, row, 'deny', decision(ctx, text))
      await notifications.tellCustomer(ctx, {
        tenantId: row.tenantId,
        to: { objectId: row.requester, email: row.requesterEmail },
        kind: 'request-denied',
        title: `Denied: ${row.offerName}`,
        text: `${moved.decidedName} (${deciderOf(ctx)}) has denied ${describe(row)}\n\n“${text}”`,
        path: `/account/requests/${row.id}`,
      })
      return moved
    },

    /** Takes one's own request back. @throws forbidden `NotYours`, conflict `RequestDecided`, not-found `UnknownRequest` */
    async withdraw(ctx: Ctx, id: string): Promise<tables.Request> {
      const row = await lock(ctx, id)
      if (person(ctx).objectId !== row.requester) throw forbidden('NotYours', 'Only who asked for it withdraws it; deny it instead.')
      return move(ctx, row, 'withdraw')
    },

    /** @throws not-found `UnknownRequest`, also for somebody else's */
    async getRequest(ctx: Ctx, id: string): Promise<tables.Request> {
      const [row] = isUuid(id) ? await ctx.tx.select().from(tables.request).where(eq(tables.request.id, id)) : []
      if (!row || !isReadable(ctx, row)) throw notFound('UnknownRequest', 'There is no such request.', { target: 'request' })
      return row
    },

    /** Requests of an organisation that the visitor may see: an administrator all of them, everybody else their own; those that wait first. */
    async requests(ctx: Ctx, tenantId: string, limit = 200): Promise<tables.Request[]> {
      authorize(ctx.principal, 'procurement.request', { tenantId })
      const mine = allows(ctx.principal, 'procurement.manage', { tenantId })
        ? undefined
        : eq(tables.request.requester, person(ctx).objectId)
      return ctx.tx
        .select()
        .from(tables.request)
        .where(and(eq(tables.request.tenantId, tenantId), mine))
        .orderBy(desc(sql`${tables.request.state} = 'waiting'`), desc(tables.request.id))
        .limit(limit)
    },

    /** Which of an offer's plans an organisation's people may not simply buy: those that are not on its list. */
    async unlisted(ctx: Ctx, tenantId: string, offer: string, planIds: readonly string[]): Promise<Set<string>> {
      const [rules] = await ctx.tx
        .select({ privateMarketplace: tables.rule.privateMarketplace })
        .from(tables.rule)
        .where(eq(tables.rule.tenantId, tenantId))
      if (!rules?.privateMarketplace) return new Set()
      const rows = await ctx.tx
        .select({ planId: tables.allowed.planId })
        .from(tables.allowed)
        .where(and(eq(tables.allowed.tenantId, tenantId), eq(tables.allowed.offer, offer)))
      const listed = new Set(rows.map(({ planId }) => planId))
      return listed.has('') ? new Set() : new Set(planIds.filter((planId) => !listed.has(planId)))
    },
  }

  async function refusalText(ctx: Ctx, tenantId: string, reasons: Reason[]): Promise<string> {
    const { approvalAbove, currency } = await rulesOf(ctx, tenantId)
    const sentences: Record<Reason, string> = {
      role: 'Your role does not include buying.',
      'not-listed': 'This plan is not on your organisation’s list of what may be bought.',
      amount: `Your organisation approves what costs more than ${approvalAbove === null ? 'nothing' : formatMoney(approvalAbove, currency)} a term.`,
    }
    return `${reasons.map((reason) => sentences[reason]).join(' ')} Ask for an approval.`
  }
}

function checkedAnswer(answer: string): string {
  const text = answer.trim()
  if (text.length > longestNote || /[^\P{Cc}\n\r\t]/u.test(text)) {
    throw invalid('AnswerInvalid', `An answer has at most ${longestNote} characters and no control characters.`, { target: 'answer' })
  }
  return text
}

const shown = ({ approvalAbove, ...rules }: Rules) => ({ ...rules, approvalAbove: approvalAbove?.toFixed() ?? null })

/** What was asked for, in a sentence. */
function describe(row: tables.Request): string {
  const seats = row.quantity === null ? '' : `, ${row.quantity} ${row.quantity === 1 ? 'user' : 'users'}`
  const each = row.termUnit === 'P1Y' ? 'a year' : 'a month'
  const what = { purchase: 'the purchase of', plan: 'the change to', seats: 'other seats of' }[row.kind]
  return `${what} ${row.offerName}, plan ${row.planName}${seats}: ${formatMoney(row.total, row.currency)} ${each}, before tax.`
}
