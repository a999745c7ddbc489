import { renderToStaticMarkup } from 'react-dom/server'
import { createRoutesStub } from 'react-router'
import { expect, test } from 'vitest'
import type { Product, ProductPlan } from './listing.ts'
import ProductPage from './product.tsx'

const plan = (planId: string, change: Partial<ProductPlan> = {}): ProductPlan => ({
  planId,
  name: `${planId} plan`,
  description: `What ${planId} has`,
  private: false,
  onRequest: false,
  currency: 'USD',
  terms: [{ termUnit: 'P1M', price: '49.00' }],
  freeTrial: false,
  seats: null,
  dimensions: [],
  ...change,
})

const crm: Product = {
  publisherId: 'contoso',
  offerId: 'crm',
  name: 'Contoso CRM',
  publisherName: 'Contoso Ltd',
  summary: 'Customer records',
  descriptionHtml: '<p>Timelines</p>',
  gettingStartedHtml: '',
  logo: null,
  screenshots: [],
  videos: [],
  documents: [],
  stores: ['business', 'cloud'],
  listingOption: 'transact',
  linkedProducts: [],
  deploymentObstacles: null,
  categories: [],
  industries: [],
  appVersion: null,
  pricingModel: 'flat-rate',
  plans: [plan('basic')],
  from: { amount: '49.00', currency: 'USD', termUnit: 'P1M', perUser: false, metered: false },
  privacyPolicyUrl: 'https://contoso.example/privacy',
  supportUrl: 'https://contoso.example/support',
  links: [],
  terms: { kind: 'standard', version: '1' },
  reseller: null,
  preview: null,
}

/** The page of an offer, as it is sent. */
function page(change: Partial<Product> = {}): string {
  const loaderData = { product: { ...crm, ...change }, market: 'United States', origin: 'http://localhost', store: 'business', query: '' }
  const Page = ProductPage as unknown as (props: { loaderData: typeof loaderData }) => ReturnType<typeof ProductPage>
  const Stub = createRoutesStub([{ id: 'root', path: '/', Component: () => <Page loaderData={loaderData} /> }])
  return renderToStaticMarkup(<Stub />)
}

const textOf = (html: string) =>
  html
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
/** What stands between the first `open` and the `close` after it; empty without it. */
const between = (html: string, open: string, close: string) => html.split(open)[1]?.split(close)[0] ?? ''

const listedOnly = (listingOption: Product['listingOption']): Partial<Product> => ({
  listingOption,
  plans: [],
  from: null,
  pricingModel: null,
})

test.each<[string, Partial<Product>, string]>([
  ['sold here', {}, 'Get it now'],
  ['free', listedOnly('get-it-now-free'), 'Get it now'],
  ['with a trial of the publisher', listedOnly('free-trial'), 'Free trial'],
  ['on request', listedOnly('contact-me'), 'Contact me'],
])('AC-006 what is %s has the button of its listing option and no other', (_name, change, label) => {
  const links = [...between(page(change), '<aside', '</aside>').matchAll(/<a [^>]*>.*?<\/a>/g)]
  expect(links.map(([link]) => textOf(link))).toEqual([label])
})

test('AC-007 the starting price is told as Starting at, with its term', () => {
  expect(textOf(between(page(), 'class="buy-box"', '</aside>'))).toContain('Starting at $49.00/month')
  expect(textOf(between(page(), '<dt>Pricing</dt>', '</dd>'))).toBe('Starting at $49.00/month')
  const yearly = page({ from: { amount: '120.00', currency: 'EUR', termUnit: 'P1Y', perUser: true, metered: false } })
  expect(textOf(between(yearly, 'class="buy-box"', '</aside>'))).toContain('Starting at €120.00 per user/year')
  expect(textOf(between(page({ from: null }), '<dt>Pricing</dt>', '</dd>'))).toBe('Not sold in United States')
  expect(textOf(between(page(listedOnly('get-it-now-free')), '<dt>Pricing</dt>', '</dd>'))).toBe('Free')
})

test('AC-008 Plans + Pricing has of each plan its name, its description and the price of each of its terms', () => {
  const terms: ProductPlan['terms'] = [
    { termUnit: 'P1M', price: '299.00' },
    { termUnit: 'P1Y', price: '2870.00' },
  ]
  const html = page({ plans: [plan('basic'), plan('standard', { terms })] })
  expect(textOf(between(html, 'class="tabs"', '</nav>'))).toContain('Plans + Pricing')
  const rows = between(html, '<ul class="plans">', '</ul>').split('<li').slice(1).map(textOf)
  expect(rows).toHaveLength(2)
  for (const shown of ['basic plan', 'What basic has', '$49.00/month']) expect(rows[0]).toContain(shown)
  expect(rows[0]).not.toContain('/year')
  for (const shown of ['standard plan', 'What standard has', '$299.00/month', '$2,870.00/year']) expect(rows[1]).toContain(shown)
})

test('AC-290 Free trial stands below the title where the offer has a trial, and only there', () => {
  const label = (change: Partial<Product>) => textOf(between(page(change), 'class="product-publisher"', 'class="product-summary"'))
  expect(label({ plans: [plan('basic'), plan('standard', { freeTrial: true })] })).toContain('Free trial')
  expect(label(listedOnly('free-trial'))).toContain('Free trial')
  expect(label({})).not.toContain('Free trial')
  expect(page({})).not.toContain('Free trial')
  expect(label(listedOnly('contact-me'))).not.toContain('Free trial')
})

test('the contract is followed by the amendment where there is one', () => {
  const contract = (html?: string) =>
    textOf(between(page({ terms: { kind: 'standard', version: '1', html } }), '<dt>Contract</dt>', '</dd>'))
  expect(contract('<p>Ours</p>')).toContain('Standard contract | Amendment')
  expect(contract()).not.toContain('Amendment')
})
