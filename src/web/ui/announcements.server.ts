import type { AnnouncementAudience } from '../../domain/announcements/index.ts'
import type { Ctx } from '../../kernel/context.ts'
import type { Services } from '../services.ts'

/** What an audience reads, by group in the order of the page; groups without news are absent. */
export async function announcedTo({ domain }: Services, ctx: Ctx, audience: AnnouncementAudience) {
  const { announcements } = domain
  const rows = await announcements.current(ctx, audience)
  return Object.entries(announcements.words.groups).flatMap(([group, title]) => {
    const news = rows
      .filter((row) => row.group === group)
      .map((row) => ({ id: row.id, category: row.category, text: row.text, address: row.address, day: row.onDay.toString() }))
    return news.length === 0 ? [] : [{ group, title, news }]
  })
}
