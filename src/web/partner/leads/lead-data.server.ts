import { Temporal } from 'temporal-polyfill'
import type { Act, LeadState } from '../../../domain/leads/index.ts'
import type { Cell } from '../../ui/csv.ts'
import type { PublisherVisit } from '../publisher-access.server.ts'
import { actTexts, leadStates } from './lead-words.ts'

export interface LeadPageFilter {
  q: string
  offer: string
  act: Act | ''
  state: LeadState | ''
  from: string
  to: string
  page: number
}

const isIn = <T extends string>(known: Record<T, unknown>, text: string): text is T => Object.hasOwn(known, text)

function day(text: string): string {
  try {
    return Temporal.PlainDate.from(text).toString()
  } catch {
    return ''
  }
}

/** The filter in the page's address. What is no filter is ignored. */
export function leadFilter(search: URLSearchParams): LeadPageFilter {
  const text = (name: string) => (search.get(name) ?? '').trim().slice(0, 200)
  const page = Number(search.get('page') ?? '1')
  const act = text('act')
  const state = text('state')
  return {
    q: text('q'),
    offer: text('offer').slice(0, 50),
    act: isIn(actTexts, act) ? act : '',
    state: isIn(leadStates, state) ? state : '',
    from: day(text('from')),
    to: day(text('to')),
    page: Number.isInteger(page) && page > 0 && page < 100_000 ? page : 1,
  }
}

function queryOf(publisherId: string, { q, offer, act, state, from, to }: LeadPageFilter) {
  return {
    publisherId,
    ...(q && { search: q }),
    ...(offer && { offerId: offer }),
    ...(act && { act }),
    ...(state && { state }),
    ...(from && { from: Temporal.PlainDate.from(from) }),
    ...(to && { to: Temporal.PlainDate.from(to) }),
  }
}

interface Named {
  firstName: string
  lastName: string
  email: string
  erasedAt: unknown
}

/** Who it is, as far as is known. */
export function personText({ firstName, lastName, email, erasedAt }: Named): string {
  if (erasedAt !== null) return 'Erased'
  return `${firstName} ${lastName}`.trim() || email
}

/** A page of the publisher's leads. */
export async function publisherLeads({ domain, publisher, read }: PublisherVisit, filter: LeadPageFilter) {
  const { publisherId } = publisher
  return read(async (ctx) => {
    const { leads, total, pages } = await domain.leads.list(ctx, { ...queryOf(publisherId, filter), page: filter.page })
    const offers = await domain.leads.offersWithLeads(ctx, publisherId)
    return {
      total,
      pages,
      offers: offers.map(({ offerId, title }) => ({ value: offerId, label: title })),
      leads: leads.map((row) => ({
        id: row.id,
        at: row.at.toString(),
        person: personText(row),
        company: row.company,
        country: row.country,
        offer: row.offerTitle,
        preview: row.preview,
        act: actTexts[row.act],
        source: row.source,
        state: leadStates[row.state],
      })),
    }
  })
}

const header = [
  'Lead id',
  'Time (UTC)',
  'Offer id',
  'Offer',
  'Plan',
  'Preview',
  'What',
  'Source',
  'Action code',
  'First name',
  'Last name',
  'E-mail',
  'Phone',
  'Country',
  'Company',
  'Title',
  'Description',
  'Traffic source',
  'Campaign id',
  'State',
]

/** The filtered list as rows of a file. */
export async function leadRows({ domain, publisher, run }: PublisherVisit, filter: LeadPageFilter): Promise<Cell[][]> {
  const rows = await run((ctx) => domain.leads.exportRows(ctx, queryOf(publisher.publisherId, filter)))
  return [
    header,
    ...rows.map((row) => [
      row.id,
      row.at.toString(),
      row.offerId,
      row.offerTitle,
      row.planId,
      row.preview ? 'yes' : 'no',
      actTexts[row.act],
      row.source,
      row.action,
      row.firstName,
      row.lastName,
      row.email,
      row.phone,
      row.country,
      row.company,
      row.title,
      row.description,
      row.trafficSource,
      row.campaignId,
      leadStates[row.state].label,
    ]),
  ]
}

/** One lead with its attempts. */
export async function publisherLead({ domain, read }: PublisherVisit, id: string) {
  const { lead, leadSource, body, attempts, destination } = await read((ctx) => domain.leads.get(ctx, id))
  return {
    id: lead.id,
    person: personText(lead),
    erased: lead.erasedAt !== null,
    email: lead.email,
    phone: lead.phone,
    company: lead.company,
    title: lead.title,
    country: lead.country,
    description: lead.description,
    offer: lead.offerTitle,
    offerId: lead.offerId,
    preview: lead.preview,
    planId: lead.planId,
    act: actTexts[lead.act],
    leadSource,
    campaign: [lead.trafficSource, lead.campaignId].filter(Boolean).join(', '),
    at: lead.at.toString(),
    consentedAt: lead.consentedAt.toString(),
    state: leadStates[lead.state],
    lastOutcome: lead.lastOutcome,
    nextAttemptAt: lead.nextAttemptAt?.toString() ?? null,
    body: lead.erasedAt === null ? JSON.stringify(body, null, 2) : null,
    destination,
    canRedeliver: lead.erasedAt === null && destination?.kind === 'https' && (lead.state !== 'waiting' || lead.attempts > 0),
    attempts: attempts.map((row) => ({
      number: row.number,
      at: row.at.toString(),
      address: row.address,
      status: row.status,
      answer: row.answer,
      error: row.error,
      durationMs: row.durationMs,
    })),
  }
}
