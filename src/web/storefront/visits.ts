import type { Act } from '../../domain/analytics/index.ts'
import { fieldText } from '../form.ts'
import { requestContext, servicesContext } from '../services.ts'
import type { Route } from './+types/product.ts'
import type { Product, StoreId } from './listing.ts'

/** The call to action of each listing option's button. */
export const actOf: Record<Product['listingOption'], Act> = {
  transact: 'get-it-now',
  'get-it-now-free': 'get-it-now',
  'free-trial': 'free-trial',
  'contact-me': 'contact-me',
}

/** Notes for the publisher's dashboard what a visitor does on the pages of a live offer (spec/06 C2, F5). */
export function noteVisit(
  { request, context }: Pick<Route.LoaderArgs, 'request' | 'context'>,
  product: Pick<Product, 'publisherId' | 'offerId' | 'preview'>,
  store: StoreId | 'portal' | undefined,
  act: Act,
): void {
  if (product.preview) return
  const { headers, url } = request
  const { ip, origin } = context.get(requestContext)
  const { searchParams } = new URL(url)
  const given = (name: string) => fieldText(searchParams, name, 100)
  context.get(servicesContext).domain.analytics.saw({
    publisherId: product.publisherId,
    offerId: product.offerId,
    store: store ?? 'portal',
    act,
    visitor: {
      ip,
      userAgent: headers.get('user-agent') ?? '',
      referrer: headers.get('referer') ?? '',
      objects: headers.get('sec-gpc') === '1' || headers.get('dnt') === '1',
      prefetch: /prefetch|prerender/.test(`${headers.get('sec-purpose') ?? ''} ${headers.get('purpose') ?? ''}`),
    },
    ownHost: new URL(origin).hostname,
    campaign: { src: given('src'), mktcmpid: given('mktcmpid') },
  })
}
