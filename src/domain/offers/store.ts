import { and, asc, desc, eq, inArray, isNull, lte, sql } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import { rowsOf } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import type { Tx } from '../../kernel/database.ts'
import { Decimal, type RateTable } from '../../kernel/money.ts'
import type { Offer, Plan, Section } from './draft.ts'
import type { FileFacts } from './file-check.ts'
import type { OfferKey, PlanKey } from './offer.ts'
import type { Price, PriceList } from './price-list.ts'
import { audience, applicationBinding, draft, exchangeRate, media, offer, plan, price, priceList, sectionRevision } from './schema.ts'

export async function insertOffer(tx: Tx, row: typeof offer.$inferInsert): Promise<void> {
  await tx.insert(offer).values(row)
}

export async function selectOffer(tx: Tx, id: string, options: { lock?: boolean } = {}): Promise<Offer | undefined> {
  const query = tx
    .select()
    .from(offer)
    .where(and(eq(offer.id, id as OfferKey), isNull(offer.deletedAt)))
  const [row] = await (options.lock ? query.for('update') : query)
  return row
}

export async function selectOfferByName(tx: Tx, publisherId: string, offerId: string): Promise<Offer | undefined> {
  const [row] = await tx
    .select()
    .from(offer)
    .where(and(eq(offer.publisherId, publisherId), eq(offer.offerId, offerId), isNull(offer.deletedAt)))
  return row
}

export async function selectOffersOf(tx: Tx, publisherIds: string[], search: string | undefined): Promise<Offer[]> {
  const matches = search ? sql`position(${search.toLowerCase()} in lower(${offer.alias} || ' ' || ${offer.offerId})) > 0` : undefined
  return tx
    .select()
    .from(offer)
    .where(and(inArray(offer.publisherId, publisherIds), isNull(offer.deletedAt), matches))
    .orderBy(desc(offer.modifiedAt), asc(offer.offerId))
}

export async function touchOffer(ctx: Ctx, id: OfferKey): Promise<number> {
  const [row] = await ctx.tx
    .update(offer)
    .set({ revision: sql`${offer.revision} + 1`, modifiedAt: ctx.now })
    .where(eq(offer.id, id))
    .returning({ revision: offer.revision })
  return row?.revision ?? 0
}

export async function selectPlans(tx: Tx, offerKey: OfferKey): Promise<Plan[]> {
  return tx
    .select()
    .from(plan)
    .where(and(eq(plan.offer, offerKey), isNull(plan.deletedAt)))
    .orderBy(asc(plan.position))
}

export async function insertPlan(tx: Tx, row: typeof plan.$inferInsert): Promise<void> {
  await tx.insert(plan).values(row)
}

export async function retirePlan(tx: Tx, id: PlanKey, at: Temporal.Instant): Promise<void> {
  await tx.update(plan).set({ deletedAt: at }).where(eq(plan.id, id))
  await tx.update(draft).set({ current: false }).where(eq(draft.plan, id))
}

export async function selectSections(tx: Tx, offerKey: OfferKey, which: 'current' | 'published' | string[]): Promise<Section[]> {
  const wanted =
    which === 'current' ? draft.current : which === 'published' ? draft.published : inArray(draft.id, which.length > 0 ? which : [''])
  return tx
    .select()
    .from(draft)
    .where(and(eq(draft.offer, offerKey), wanted))
}

export interface SectionKey {
  offer: OfferKey
  plan: PlanKey | null
  module: string
  variant: string
}

function draftOf(at: SectionKey) {
  return and(
    eq(draft.offer, at.offer),
    at.plan === null ? isNull(draft.plan) : eq(draft.plan, at.plan),
    eq(draft.module, at.module),
    eq(draft.variant, at.variant),
  )
}

/** The published state of one section, where there is one. */
export async function selectPublishedSection(tx: Tx, at: SectionKey): Promise<Section | undefined> {
  const [row] = await tx
    .select()
    .from(draft)
    .where(and(draftOf(at), draft.published))
  return row
}

/** The edited state of one section, where there is one. */
export async function selectCurrentSection(tx: Tx, at: SectionKey): Promise<Section | undefined> {
  const [row] = await tx
    .select()
    .from(draft)
    .where(and(draftOf(at), draft.current))
  return row
}

export async function insertSections(tx: Tx, rows: (typeof draft.$inferInsert)[]): Promise<void> {
  if (rows.length > 0) await tx.insert(draft).values(rows)
}

export async function insertRevisions(tx: Tx, rows: (typeof sectionRevision.$inferInsert)[]): Promise<void> {
  if (rows.length > 0) await tx.insert(sectionRevision).values(rows)
}

export async function insertPlans(tx: Tx, rows: (typeof plan.$inferInsert)[]): Promise<void> {
  if (rows.length > 0) await tx.insert(plan).values(rows)
}

/** Copies the edited audiences of plans to others. */
export async function copyEditedAudiences(tx: Tx, pairs: { from: PlanKey; to: PlanKey }[]): Promise<void> {
  if (pairs.length === 0) return
  await tx.execute(sql`
    insert into offers.audience (plan, live, tenant_id, description)
    select pair.target, false, a.tenant_id, a.description
    from unnest(${sql.param(pairs.map(({ from }) => from))}::uuid[], ${sql.param(pairs.map(({ to }) => to))}::uuid[]) as pair (source, target)
    join offers.audience a on a.plan = pair.source and not a.live`)
}

function ofSection({ offer: offerKey, plan: planKey, module, variant }: SectionKey) {
  return and(
    eq(sectionRevision.offer, offerKey),
    planKey === null ? isNull(sectionRevision.plan) : eq(sectionRevision.plan, planKey),
    eq(sectionRevision.module, module),
    eq(sectionRevision.variant, variant),
  )
}

/** How many states of a section are kept. */
const revisionsKept = 50

/** Remembers a state of a section, and forgets those that are too old. */
export async function insertRevision(tx: Tx, row: typeof sectionRevision.$inferInsert): Promise<void> {
  await tx.insert(sectionRevision).values(row)
  if (row.revision <= revisionsKept) return
  await tx.delete(sectionRevision).where(and(ofSection(row as SectionKey), lte(sectionRevision.revision, row.revision - revisionsKept)))
}

export async function selectRevision(tx: Tx, key: SectionKey, revision: number): Promise<typeof sectionRevision.$inferSelect | undefined> {
  const [row] = await tx
    .select()
    .from(sectionRevision)
    .where(and(ofSection(key), eq(sectionRevision.revision, revision)))
  return row
}

/** A state of a section that can be gone back to. */
export interface RevisionRow {
  revision: number
  at: Temporal.Instant
  by: string
}

/** The kept states of a section, newest first. */
export async function selectRevisions(tx: Tx, key: SectionKey): Promise<RevisionRow[]> {
  return tx
    .select({ revision: sectionRevision.revision, at: sectionRevision.modifiedAt, by: sectionRevision.modifiedByName })
    .from(sectionRevision)
    .where(ofSection(key))
    .orderBy(desc(sectionRevision.revision))
}

/** What is known about uploaded files. Files that were never looked at are absent. */
export async function selectMedia(tx: Tx, hashes: string[]): Promise<Map<string, FileFacts>> {
  if (hashes.length === 0) return new Map()
  const rows = await tx.select().from(media).where(inArray(media.hash, hashes))
  return new Map(
    rows.map(({ hash, contentType, bytes, width, height, unpackedBytes, entries }) => [
      hash,
      {
        contentType: contentType as FileFacts['contentType'],
        bytes,
        ...(width === null ? {} : { width }),
        ...(height === null ? {} : { height }),
        ...(unpackedBytes === null ? {} : { unpackedBytes }),
        ...(entries === null ? {} : { entries }),
      },
    ]),
  )
}

export async function insertMedia(tx: Tx, rows: ({ hash: string } & FileFacts)[], createdAt: Temporal.Instant): Promise<void> {
  if (rows.length === 0) return
  await tx
    .insert(media)
    .values(rows.map((row) => ({ ...row, createdAt })))
    .onConflictDoNothing()
}

/** Retires a draft that was never published, with all it holds. */
export async function retireOffer(tx: Tx, id: OfferKey, at: Temporal.Instant): Promise<void> {
  await tx.update(offer).set({ deletedAt: at }).where(eq(offer.id, id))
  await tx
    .update(plan)
    .set({ deletedAt: at })
    .where(and(eq(plan.offer, id), isNull(plan.deletedAt)))
  await tx.update(draft).set({ current: false, frozen: false }).where(eq(draft.offer, id))
}

/** Directory applications that an account uses in its offers. */
export async function selectApplications(tx: Tx, accountId: string): Promise<{ tenantId: string; applicationId: string }[]> {
  return tx
    .select({ tenantId: applicationBinding.directoryTenantId, applicationId: applicationBinding.applicationId })
    .from(applicationBinding)
    .where(eq(applicationBinding.accountId, accountId))
}

export async function insertSection(tx: Tx, row: typeof draft.$inferInsert): Promise<void> {
  await tx.insert(draft).values(row)
}

export async function updateSection(tx: Tx, id: string, changes: Partial<typeof draft.$inferInsert>): Promise<void> {
  await tx.update(draft).set(changes).where(eq(draft.id, id))
}

/** Freezes sections: what is saved from now on becomes new instances. */
export async function freezeSections(tx: Tx, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await tx.update(draft).set({ frozen: true }).where(inArray(draft.id, ids))
}

/** Takes a section out of the draft; one that was submitted is kept for what was made of it. */
export async function removeSection(tx: Tx, { id, frozen }: Pick<Section, 'id' | 'frozen'>): Promise<void> {
  if (frozen) await tx.update(draft).set({ current: false }).where(eq(draft.id, id))
  else await tx.delete(draft).where(eq(draft.id, id))
}

/** Remembers what went live, as the facts that lock. */
export async function markPublished(tx: Tx, offerKey: OfferKey, instances: string[], at: Temporal.Instant): Promise<void> {
  const live = inArray(draft.id, instances)
  await tx
    .update(draft)
    .set({ published: sql`${live}` })
    .where(and(eq(draft.offer, offerKey), sql`(${draft.published} or ${live})`))
  await tx
    .update(offer)
    .set({ publishedAt: sql`coalesce(${offer.publishedAt}, ${at.toString()}::timestamptz)` })
    .where(eq(offer.id, offerKey))
  await tx
    .update(plan)
    .set({ publishedAt: at })
    .where(
      and(
        eq(plan.offer, offerKey),
        isNull(plan.publishedAt),
        sql`exists (select 1 from ${draft} where ${draft.plan} = ${plan.id} and ${live})`,
      ),
    )
}

/** Rates in force at a moment: the newest of each currency whose time has come. */
export async function selectRates(tx: Tx, at: Temporal.Instant): Promise<RateTable> {
  const rows = await tx
    .selectDistinctOn([exchangeRate.currency])
    .from(exchangeRate)
    .where(lte(exchangeRate.validFrom, at))
    .orderBy(asc(exchangeRate.currency), desc(exchangeRate.validFrom))
  return Object.fromEntries(rows.map((row) => [row.currency, row.unitsPerUsd.toFixed()]))
}

export async function insertRates(tx: Tx, rates: RateTable, validFrom: Temporal.Instant, source: string): Promise<void> {
  await tx
    .insert(exchangeRate)
    .values(Object.entries(rates).map(([currency, units]) => ({ currency, validFrom, unitsPerUsd: new Decimal(units), source })))
    .onConflictDoUpdate({
      target: [exchangeRate.currency, exchangeRate.validFrom],
      set: { unitsPerUsd: sql`excluded.units_per_usd`, source: sql`excluded.source` },
    })
}

/** Stores a list unless it is there: its hash says that it is the same. */
export async function insertPriceList(tx: Tx, { hash, prices }: PriceList, createdAt: Temporal.Instant): Promise<void> {
  const inserted = await tx.insert(priceList).values({ hash, createdAt }).onConflictDoNothing().returning({ hash: priceList.hash })
  if (inserted.length === 0) return
  const column = (read: (row: Price) => string | null) => sql.param(prices.map(read))
  await tx.execute(sql`
    insert into offers.price (list, market, item, currency, amount, valid_from, usd, rate)
    select ${hash}, * from unnest(
      ${column((row) => row.market)}::text[], ${column((row) => row.item)}::text[], ${column((row) => row.currency)}::text[],
      ${column((row) => row.amount)}::numeric[], ${column((row) => row.validFrom)}::timestamptz[],
      ${column((row) => row.usd)}::numeric[], ${column((row) => row.rate)}::numeric[])`)
}

/** All rows of lists, amounts with the digits they were stored with: the hash of a list is over this text. */
export async function selectPriceLists(tx: Tx, hashes: string[]): Promise<Map<string, Price[]>> {
  const lists = new Map<string, Price[]>()
  if (hashes.length === 0) return lists
  const rows = await tx
    .select({
      list: price.list,
      market: price.market,
      item: price.item,
      currency: price.currency,
      amount: sql<string>`${price.amount}::text`,
      validFrom: price.validFrom,
      usd: sql<string | null>`${price.usd}::text`,
      rate: sql<string | null>`${price.rate}::text`,
    })
    .from(price)
    .where(inArray(price.list, hashes))
    .orderBy(asc(price.list), asc(price.market), asc(price.item))
  for (const { list, ...row } of rows) {
    const known = lists.get(list) ?? []
    known.push({ ...row, validFrom: row.validFrom.toString() })
    lists.set(list, known)
  }
  return lists
}

interface MarketPrice {
  list: string
  item: string
  currency: string
  amount: string
  /** the dollars that the amount was converted from; null where the publisher set it */
  usd: string | null
}

/** Prices of several lists in one market, in force at a moment. The hot path of product pages: a named statement. */
export async function selectMarketPrices(tx: Tx, lists: string[], market: string, at: Temporal.Instant): Promise<MarketPrice[]> {
  return rowsOf<MarketPrice>(
    await tx.execute(sql`
      select distinct on (list, item) list, item, currency, amount::text as amount, usd::text as usd from offers.price
      where list = any(${sql.param(lists)}::text[]) and market = ${market} and valid_from <= ${at.toString()}::timestamptz
      order by list, item, valid_from desc`),
  )
}

export interface AudienceMember {
  tenantId: string
  description: string
}

export async function selectAudience(tx: Tx, planKey: PlanKey, live: boolean): Promise<AudienceMember[]> {
  return tx
    .select({ tenantId: audience.tenantId, description: audience.description })
    .from(audience)
    .where(and(eq(audience.plan, planKey), eq(audience.live, live)))
    .orderBy(asc(audience.tenantId))
}

export async function selectAudienceSizes(tx: Tx, offerKey: OfferKey): Promise<Map<string, number>> {
  const rows = await tx
    .select({ planId: plan.planId, size: sql<number>`count(*)::int` })
    .from(audience)
    .innerJoin(plan, eq(plan.id, audience.plan))
    .where(and(eq(plan.offer, offerKey), eq(audience.live, false), isNull(plan.deletedAt)))
    .groupBy(plan.planId)
  return new Map(rows.map((row) => [row.planId, row.size]))
}

export async function replaceAudience(tx: Tx, planKey: PlanKey, members: AudienceMember[]): Promise<void> {
  await tx.delete(audience).where(and(eq(audience.plan, planKey), eq(audience.live, false)))
  if (members.length === 0) return
  await tx.execute(sql`
    insert into offers.audience (plan, live, tenant_id, description)
    select ${planKey}, false, * from unnest(
      ${sql.param(members.map((row) => row.tenantId))}::uuid[], ${sql.param(members.map((row) => row.description))}::text[])`)
}

/** Puts the edited audience into force. */
export async function copyAudience(tx: Tx, planKeys: PlanKey[]): Promise<void> {
  if (planKeys.length === 0) return
  await tx.delete(audience).where(and(inArray(audience.plan, planKeys), eq(audience.live, true)))
  await tx.execute(sql`
    insert into offers.audience (plan, live, tenant_id, description)
    select plan, true, tenant_id, description from offers.audience where plan in ${planKeys} and not live`)
}

/** planIds of an offer whose live audience names a tenant. */
export async function selectPlansOfTenant(tx: Tx, offerKey: OfferKey, tenantId: string): Promise<string[]> {
  const rows = await tx
    .select({ planId: plan.planId })
    .from(audience)
    .innerJoin(plan, eq(plan.id, audience.plan))
    .where(and(eq(plan.offer, offerKey), eq(audience.tenantId, tenantId), eq(audience.live, true)))
  return rows.map((row) => row.planId)
}

/** Offers with a plan whose live audience names a tenant, by id; at most `limit`. */
export async function selectPrivateOffersOf(
  tx: Tx,
  tenantId: string,
  limit: number,
): Promise<{ publisherId: string; offerId: string; planIds: string[] }[]> {
  return tx
    .select({
      publisherId: offer.publisherId,
      offerId: offer.offerId,
      planIds: sql<string[]>`array_agg(${plan.planId} order by ${plan.planId})`,
    })
    .from(audience)
    .innerJoin(plan, eq(plan.id, audience.plan))
    .innerJoin(offer, eq(offer.id, plan.offer))
    .where(and(eq(audience.tenantId, tenantId), eq(audience.live, true)))
    .groupBy(offer.publisherId, offer.offerId)
    .orderBy(asc(offer.publisherId), asc(offer.offerId))
    .limit(limit)
}

/** Claims a directory application for an account. Returns the account that holds it. */
export async function claimApplication(tx: Tx, directoryTenantId: string, applicationId: string, accountId: string): Promise<string> {
  await tx.insert(applicationBinding).values({ directoryTenantId, applicationId, accountId }).onConflictDoNothing()
  const [row] = await tx
    .select({ accountId: applicationBinding.accountId })
    .from(applicationBinding)
    .where(and(eq(applicationBinding.directoryTenantId, directoryTenantId), eq(applicationBinding.applicationId, applicationId)))
  return row?.accountId ?? accountId
}

/** Frees a directory application that no section of the account names any more. */
export async function releaseApplication(tx: Tx, directoryTenantId: string, applicationId: string, accountId: string): Promise<void> {
  await tx.execute(sql`
    delete from offers.application_binding b
    where b.directory_tenant_id = ${directoryTenantId} and b.application_id = ${applicationId} and b.account_id = ${accountId}
      and not exists (
        select 1 from offers.draft d join offers.offer o on o.id = d.offer
        where o.account_id = b.account_id and (d.current or d.frozen)
          and d.content ->> 'tenantId' = b.directory_tenant_id::text and d.content ->> 'applicationId' = b.application_id::text)`)
}
