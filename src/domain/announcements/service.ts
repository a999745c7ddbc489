import { and, desc, eq, inArray, isNull, lte } from 'drizzle-orm'
import { Temporal } from 'temporal-polyfill'
import { authorize } from '../../kernel/authorization.ts'
import { utcDate } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import { conflict, type ErrorDetail, invalid, notFound } from '../../kernel/errors.ts'
import { isUuid, newId } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { announcement } from './schema.ts'

export type Announcement = typeof announcement.$inferSelect
export type AnnouncementAudience = Announcement['audience']

/** Texts as they were typed. */
export interface AnnouncementInput {
  group: string
  category: string
  text: string
  /** a page that says more: below the site, or https; may be empty */
  address: string
  audience: string
  /** `2026-11-21`: shown from that day of the market on; empty: today */
  onDay: string
}

/** Groups and categories of the What's-new page (spec/01 §1.6). */
const groups = {
  'new-features': 'New features',
  'tax-updates': 'Tax updates',
  'documentation-updates': 'Documentation updates',
} as const
const categories = ['Offers', 'Analytics', 'Fees', 'Customer engagement', 'Taxation', 'Policy', 'Co-sell', 'API guidance'] as const
const audiences = { everybody: 'Everybody', publishers: 'Publishers', customers: 'Customers' } as const

const longestText = 2000
const mostShown = 200

const holds = <T extends string>(known: Record<T, unknown>, text: string): text is T => Object.hasOwn(known, text)

export type Announcements = ReturnType<typeof createAnnouncements>

/** News of the marketplace for portals and storefronts. */
export function createAnnouncements({ audit }: Pick<Kernel, 'audit'>) {
  function checked(ctx: Ctx, input: AnnouncementInput) {
    const problems: ErrorDetail[] = []
    const say = (target: string, message: string) => void problems.push({ code: 'InvalidValue', target, message })
    const { group, category, audience } = input
    if (!holds(groups, group)) say('group', 'Choose a group.')
    if (!categories.some((known) => known === category)) say('category', 'Choose a category.')
    if (!holds(audiences, audience)) say('audience', 'Choose who reads it.')
    const text = input.text.replaceAll('\r\n', '\n').trim()
    if (text === '' || text.length > longestText) say('text', `The text has 1 to ${longestText.toLocaleString('en-US')} characters.`)
    const address = input.address.trim() || null
    if (address !== null && !/^\/(?!\/)\S*$/.test(address) && !(/^https:\/\/\S+$/.test(address) && URL.canParse(address)))
      say('address', 'The address begins with / or https://.')
    let onDay = utcDate(ctx.now)
    try {
      if (input.onDay !== '') onDay = Temporal.PlainDate.from(input.onDay, { overflow: 'reject' })
    } catch {
      say('onDay', 'This is not a day, such as 2026-11-21.')
    }
    if (problems.length > 0 || !holds(groups, group) || !holds(audiences, audience))
      throw invalid('InvalidAnnouncement', problems[0]?.message ?? '', { details: problems })
    return { group, category, text, address, audience, onDay }
  }

  async function load(ctx: Ctx, id: string): Promise<Announcement> {
    const [row] = isUuid(id) ? await ctx.tx.select().from(announcement).where(eq(announcement.id, id)).for('update') : []
    if (!row) throw notFound('AnnouncementNotFound', 'There is no such announcement.')
    return row
  }

  return {
    /** What forms and pages call things. */
    words: { groups, categories, audiences },

    /** What an audience reads today, the newest first. `everybody` reads only what is for everybody. */
    async current(ctx: Ctx, audience: AnnouncementAudience): Promise<Announcement[]> {
      return ctx.tx
        .select()
        .from(announcement)
        .where(
          and(
            isNull(announcement.withdrawnAt),
            lte(announcement.onDay, utcDate(ctx.now)),
            inArray(announcement.audience, [...new Set(['everybody' as const, audience])]),
          ),
        )
        .orderBy(desc(announcement.onDay), desc(announcement.id))
        .limit(mostShown)
    },

    /** All that are not withdrawn, those ahead first. @throws forbidden */
    async list(ctx: Ctx): Promise<Announcement[]> {
      authorize(ctx.principal, 'announcement.manage')
      return ctx.tx
        .select()
        .from(announcement)
        .where(isNull(announcement.withdrawnAt))
        .orderBy(desc(announcement.onDay), desc(announcement.id))
        .limit(mostShown)
    },

    /** One announcement to be changed. @throws forbidden, not-found */
    async get(ctx: Ctx, id: string): Promise<Announcement> {
      authorize(ctx.principal, 'announcement.manage')
      return load(ctx, id)
    },

    /** @throws forbidden, invalid naming each field */
    async announce(ctx: Ctx, input: AnnouncementInput): Promise<{ id: string }> {
      authorize(ctx.principal, 'announcement.manage')
      const values = checked(ctx, input)
      const id = newId<'announcement'>()
      const author = ctx.principal.kind === 'user' ? ctx.principal.email : 'The marketplace'
      await ctx.tx.insert(announcement).values({ id, ...values, author, at: ctx.now, wallAt: ctx.wall })
      await audit.record(ctx, {
        action: 'announcement.publish',
        target: `announcement:${id}`,
        after: { ...values, onDay: values.onDay.toString() },
      })
      return { id }
    },

    /** @throws forbidden, not-found, invalid naming each field, conflict `Withdrawn` */
    async change(ctx: Ctx, id: string, input: AnnouncementInput): Promise<void> {
      authorize(ctx.principal, 'announcement.manage')
      const before = await load(ctx, id)
      if (before.withdrawnAt) throw conflict('Withdrawn', 'The announcement was withdrawn.')
      const values = checked(ctx, input)
      await ctx.tx.update(announcement).set(values).where(eq(announcement.id, id))
      const said = ({ group, category, text, address, audience, onDay }: typeof values) => ({
        group,
        category,
        text,
        address,
        audience,
        onDay: onDay.toString(),
      })
      await audit.record(ctx, { action: 'announcement.change', target: `announcement:${id}`, before: said(before), after: said(values) })
    },

    /** Nobody reads it from now on. @throws forbidden, not-found, conflict `Withdrawn` */
    async withdraw(ctx: Ctx, id: string): Promise<void> {
      authorize(ctx.principal, 'announcement.manage')
      const row = await load(ctx, id)
      if (row.withdrawnAt) throw conflict('Withdrawn', 'The announcement was withdrawn already.')
      await ctx.tx.update(announcement).set({ withdrawnAt: ctx.now }).where(eq(announcement.id, id))
      await audit.record(ctx, { action: 'announcement.withdraw', target: `announcement:${id}`, before: { text: row.text } })
    },
  }
}
