import type { Announcement } from '../../../domain/announcements/index.ts'
import { field, type Visit } from '../../ui/portal-access.server.ts'

const options = (known: Record<string, string>) => Object.entries(known).map(([value, label]) => ({ value, label }))

/** What the form offers. */
export function announcementChoices({ domain }: Visit) {
  const { groups, categories, audiences } = domain.announcements.words
  return {
    groups: options(groups),
    categories: categories.map((name) => ({ value: name, label: name })),
    audiences: options(audiences),
  }
}

/** The form's fields as they were typed. */
export function announcementInput(form: FormData) {
  const text = (name: string) => field(form, name)
  return {
    group: text('group'),
    category: text('category'),
    text: text('text'),
    address: text('address'),
    audience: text('audience'),
    onDay: text('onDay'),
  }
}

/** An announcement as pages show it. */
export function shownAnnouncement({ domain }: Visit, row: Announcement) {
  const { groups, audiences } = domain.announcements.words
  return {
    id: row.id,
    group: row.group,
    groupLabel: groups[row.group],
    category: row.category,
    text: row.text,
    address: row.address ?? '',
    audience: row.audience,
    audienceLabel: audiences[row.audience],
    onDay: row.onDay.toString(),
    author: row.author,
  }
}
