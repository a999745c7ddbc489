import { Temporal } from 'temporal-polyfill'
import { invalid } from '../../../kernel/errors.ts'
import { categoryTree, type Store } from '../../../kernel/reference-data.ts'
import { field, type Visit } from '../../ui/portal-access.server.ts'

const stores: readonly Store[] = ['business', 'cloud']

/** Places of today and later, and what the form offers. */
export async function featuredPage({ domain, kernel, read }: Visit) {
  const { businessStore, cloudStore } = kernel.config.brand
  const storeNames: Record<Store, string> = { business: businessStore, cloud: cloudStore }
  return read(async (ctx) => {
    const rows = await domain.catalog.featuredList(ctx)
    const publishers = await domain.accounts.listPublishers(ctx)
    const offers = await domain.publishing.listOffers(ctx, { publisherIds: publishers.map((one) => one.publisherId) })
    const names = new Map(
      stores.flatMap((store) => categoryTree(store, 'saas').map((node) => [`${store}/${node.key}`, node.name] as const)),
    )
    return {
      offers: offers
        .filter((one) => one.isLive)
        .map((one) => ({ value: `${one.publisherId}.${one.offerId}`, label: `${one.name} (${one.publisherId})` })),
      places: stores.flatMap((store) =>
        categoryTree(store, 'saas').map((node) => ({ value: `${store}/${node.key}`, label: `${storeNames[store]}: ${node.name}` })),
      ),
      rows: rows.map((row) => ({
        id: row.id,
        title: row.title,
        publisherId: row.publisherId,
        product: `/product/${row.publisherId}.${row.offerId}`,
        store: storeNames[row.store],
        category: names.get(`${row.store}/${row.category}`) ?? row.category,
        byOperator: row.kind === 'benefit',
        score: row.score,
        from: row.from.toString(),
        until: row.until.toString(),
      })),
    }
  })
}

function dayOf(form: FormData, name: string): Temporal.PlainDate {
  try {
    return Temporal.PlainDate.from(field(form, name), { overflow: 'reject' })
  } catch {
    throw invalid('WrongDays', 'This is not a day, such as 2026-11-21.', { target: name })
  }
}

/** The form's choice. @throws invalid naming the field */
export function featuredInput(form: FormData) {
  const [publisherId = '', offerId = ''] = field(form, 'offer').split('.', 2)
  const [store = '', category = ''] = field(form, 'place').split('/', 2)
  if (store !== 'business' && store !== 'cloud') throw invalid('NotItsCategory', 'Choose a category.', { target: 'place' })
  return { publisherId, offerId, store, category, from: dayOf(form, 'from'), until: dayOf(form, 'until') } as const
}
