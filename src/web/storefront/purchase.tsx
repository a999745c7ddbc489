import { Fragment } from 'react'
import { data, redirect } from 'react-router'
import type { PurchaseTerms, Quote } from '../../domain/checkout/index.ts'
import type { Permission, Reason } from '../../domain/procurement/index.ts'
import { allows } from '../../kernel/authorization.ts'
import { formatMoney } from '../../kernel/money.ts'
import { fieldText, readForm } from '../form.ts'
import { useBrand } from '../root.tsx'
import { servicesContext } from '../services.ts'
import type { User } from '../session.ts'
import { requireUser } from '../session.ts'
import type { Route } from './+types/purchase.ts'
import { readProduct } from './catalog-reader.ts'
import type { Choice, FieldErrors } from './checkout-form.ts'
import { fieldErrors, readChoice, readOrder } from './checkout-form.ts'
import { askForApproval, confirmPurchase, type Payment, quoteChoice } from './checkout-calls.ts'
import type { Product, StoreId } from './listing.ts'
import { parseProductKey, productKey } from './listing.ts'
import { marketOf } from './market-choice.ts'
import { OfferLogo } from './offer-logo.tsx'
import { PreviewBanner } from './preview-banner.tsx'
import { DimensionTable } from './plan-prices.tsx'
import { priceText, seatsText, termName } from './price.ts'
import { comesFromPortal, storeOf } from './store-choice.ts'
import { actOf, noteVisit } from './visits.ts'
import { StandardContractText } from './standard-contract-text.tsx'

async function readPurchase({ request, params, context }: Pick<Route.LoaderArgs, 'request' | 'params' | 'context'>) {
  const user = await requireUser(request, context)
  const key = parseProductKey(params.product)
  const { market } = await marketOf(request, context)
  const services = context.get(servicesContext)
  const previewKey = new URL(request.url).searchParams.get('key') ?? undefined
  const read = (store?: StoreId) => (key ? readProduct(services, user, key, market.iso2, previewKey, store) : null)
  const all = await read()
  if (!all) throw data(null, { status: 404 })
  const store: StoreId | 'portal' | undefined = comesFromPortal(request) ? 'portal' : storeOf(request, all)
  // The public cloud store sells no private plans, not even to their audience (AC-191).
  const product = store === 'cloud' && all.plans.some((plan) => plan.private) ? await read(store) : all
  if (!product) throw data(null, { status: 404 })
  if (product.preview && !product.preview.mayBuy) {
    throw data('Only people of its preview audience can buy the preview of an offer.', { status: 403 })
  }
  return { user, product, market, store, query: keptQuery(request) }
}

/** Parameters of the address that stay while somebody buys. */
function keptQuery(request: Request): string {
  const { searchParams } = new URL(request.url)
  const kept = ['key', 'from'].flatMap((name) => (searchParams.has(name) ? [[name, fieldText(searchParams, name, 100)]] : []))
  return kept.length > 0 ? `?${new URLSearchParams(kept)}` : ''
}

/** Everybody of an organisation may choose and look at the price; whose role does not include buying asks for an approval. */
function mayAsk(user: User): boolean {
  const own = { tenantId: user.tenantId }
  return allows(user, 'purchase.create', own) || allows(user, 'procurement.request', own)
}

export async function loader(args: Route.LoaderArgs) {
  const { user, product, market, store, query } = await readPurchase(args)
  const url = new URL(args.request.url)
  // Opened from the product page, not one of the steps that follow.
  if (!url.searchParams.has('review')) noteVisit(args, product, store, actOf[product.listingOption])
  const choice = readChoice(url.searchParams, product)
  const page = { product, market: market.name, buyer: user.email, mayAsk: mayAsk(user), choice, query, note: '' }
  const none = { quote: null, permission: null, payment: null, idempotencyKey: null }
  if (!url.searchParams.has('review') || !page.mayAsk) return { ...page, ...none, errors: {} as FieldErrors }

  const errors = fieldErrors(choice, product)
  if (Object.keys(errors).length > 0) return data({ ...page, ...none, errors }, { status: 400 })
  const answer = await quoteChoice(args.context.get(servicesContext), user, product, choice, store)
  if ('errors' in answer) return data({ ...page, ...none, errors: answer.errors }, { status: 400 })
  return { ...page, ...answer, errors: {} as FieldErrors, idempotencyKey: crypto.randomUUID() as string }
}

/** Confirms the order of the review page, or asks for its approval. The order itself is in the form; its price is checked again. */
export async function action(args: Route.ActionArgs) {
  const form = await readForm(args.request)
  const { user, product, market, store, query } = await readPurchase(args)
  const order = readOrder(form, product)
  const services = args.context.get(servicesContext)
  const sent = form.get('note')
  const note = typeof sent === 'string' ? sent : ''
  const answer =
    form.get('intent') === 'request'
      ? await askForApproval(services, user, product, order, note)
      : await confirmPurchase(services, user, product, order, store)
  if ('subscriptionId' in answer) return redirect(`/purchase/${productKey(product)}/done/${answer.subscriptionId}`, 303)
  if ('requestId' in answer) return redirect(`/account/requests/${answer.requestId}?done=asked`, 303)
  const again = await quoteChoice(services, user, product, order, store)
  return data(
    {
      product,
      market: market.name,
      buyer: user.email,
      mayAsk: mayAsk(user),
      choice: order as Choice,
      query,
      note: note.slice(0, 2000),
      ...('quote' in again ? again : { quote: null, permission: null, payment: null }),
      errors: answer.errors,
      // The same key: the order was refused, so sending it again is the same order.
      idempotencyKey: order.idempotencyKey,
    },
    { status: answer.status },
  )
}

export default function Purchase({ loaderData, actionData }: Route.ComponentProps) {
  const page = actionData ?? loaderData
  const { product, errors } = page
  const brand = useBrand()
  const summary = Object.values(errors).length
  return (
    <div className="bar purchase">
      <title>{`Buy ${product.name} · ${brand.name}`}</title>
      <meta name="robots" content="noindex" />
      <div className="purchase-head">
        <OfferLogo file={product.logo} name={product.name} size={56} eager />
        <div>
          <h1>{page.quote ? 'Review your order' : `Buy ${product.name}`}</h1>
          <p className="product-publisher">
            <a href={`/product/${productKey(product)}`}>{product.name}</a> by {product.publisherName}
          </p>
        </div>
      </div>
      {product.preview && <PreviewBanner preview={product.preview} />}
      <ol className="steps" aria-label="Steps">
        <li aria-current={page.quote ? undefined : 'step'}>Choose a plan</li>
        <li aria-current={page.quote ? 'step' : undefined}>Review and accept</li>
        <li>Configure the account</li>
      </ol>
      {summary > 0 && (
        <div className="notice notice-danger" role="alert">
          <p>
            <strong>{summary === 1 ? 'One thing needs your attention.' : `${summary} things need your attention.`}</strong>
          </p>
          <ul>
            {Object.entries(errors).map(([field, message]) => (
              <li key={field}>{field === 'form' ? message : <a href={`#${field}`}>{message}</a>}</li>
            ))}
          </ul>
        </div>
      )}
      {!page.mayAsk ? (
        <div className="notice">
          <p>
            <strong>You are signed in as {page.buyer}, who may look but not buy.</strong>
          </p>
          <p>Purchases are made by the billing administrators of your organisation. Send them the address of this page.</p>
        </div>
      ) : page.quote && page.permission && page.payment ? (
        <Review page={{ ...page, quote: page.quote, permission: page.permission, payment: page.payment }} />
      ) : (
        <ChoosePlan product={product} choice={page.choice} errors={errors} market={page.market} query={page.query} />
      )}
    </div>
  )
}

function FieldError({ id, message }: { id: string; message: string | undefined }) {
  return (
    message && (
      <p className="field-error" id={`${id}-error`}>
        {message}
      </p>
    )
  )
}

interface ChoosePlanProps {
  product: Product
  choice: Choice
  errors: FieldErrors
  market: string
  query: string
}

function ChoosePlan({ product, choice, errors, market, query }: ChoosePlanProps) {
  const perUser = product.pricingModel === 'per-user'
  const plans = product.plans.filter((plan) => plan.terms.length > 0)
  if (plans.length === 0) return <p className="notice">No plan of this offer is sold in {market}.</p>
  return (
    <form method="get" className="purchase-form">
      <input type="hidden" name="review" value="1" />
      {[...new URLSearchParams(query)].map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
      <fieldset id="plan" aria-describedby={errors.plan && 'plan-error'}>
        <legend>Plan and term</legend>
        <FieldError id="plan" message={errors.plan} />
        <div className="choices">
          {plans.map((plan) => (
            <div key={plan.planId} className="choice">
              <div className="choice-about">
                <h2>{plan.name}</h2>
                {plan.private && <span className="badge">Private: only for your organisation</span>}
                {plan.freeTrial && <span className="badge badge-brand">First month free</span>}
                {plan.onRequest && <span className="badge">Needs an approval of your organisation</span>}
                <p>{plan.description}</p>
                {plan.seats && <p className="plan-note">{seatsText(plan.seats)}</p>}
              </div>
              <div className="choice-terms">
                {plan.terms.map(({ termUnit, price }) => {
                  const value = `${plan.planId}:${termUnit}`
                  return (
                    <label key={termUnit} className="choice-term">
                      <input
                        type="radio"
                        name="choice"
                        value={value}
                        defaultChecked={choice.planId === plan.planId && choice.termUnit === termUnit}
                        aria-label={`${plan.name}, ${priceText(price, plan.currency, termUnit, perUser)}`}
                      />
                      <span>{priceText(price, plan.currency, termUnit, perUser)}</span>
                    </label>
                  )
                })}
              </div>
              {plan.dimensions.length > 0 && (
                <DimensionTable
                  dimensions={plan.dimensions}
                  currency={plan.currency}
                  caption={`Usage in plan ${plan.name}`}
                  terms={plan.terms.map(({ termUnit }) => termUnit)}
                />
              )}
            </div>
          ))}
        </div>
      </fieldset>
      {perUser && (
        <div className="field">
          <label htmlFor="quantity">Number of users</label>
          <p className="field-help" id="quantity-help">
            How many people of your organisation may use it. You can change this later.
          </p>
          <FieldError id="quantity" message={errors.quantity} />
          <input
            id="quantity"
            name="quantity"
            type="text"
            inputMode="numeric"
            maxLength={9}
            defaultValue={choice.quantityText}
            aria-describedby={errors.quantity ? 'quantity-help quantity-error' : 'quantity-help'}
            aria-invalid={errors.quantity ? true : undefined}
          />
        </div>
      )}
      <p className="form-actions">
        <button className="button button-large" type="submit">
          Review order
        </button>
        <a href={`/product/${productKey(product)}${query}`}>Back to the offer</a>
      </p>
    </form>
  )
}

/** What the buyer has to read: who has accepted the standard contract before is shown the amendments only. */
function TermsText({ terms, publisherName }: { terms: PurchaseTerms; publisherName: string }) {
  const known = terms.contractAcceptedAt !== null
  if (known && !terms.html && terms.amendments.length === 0) return null
  if (terms.kind === 'own' && !terms.html) {
    return (
      terms.url && (
        <p>
          <a href={terms.url} rel="noopener nofollow">
            Terms of {publisherName}
          </a>
        </p>
      )
    )
  }
  return (
    // Focusable, so that the keyboard can scroll it.
    <section className="terms-text" tabIndex={0} aria-label="Text of the terms">
      {terms.kind === 'standard' && !known && <StandardContractText />}
      {terms.html && (
        <>
          {terms.kind === 'standard' && <h3>Amendment of {publisherName}</h3>}
          <div className="prose" dangerouslySetInnerHTML={{ __html: terms.html }} />
        </>
      )}
      {terms.amendments.map(({ version, html }) => (
        <Fragment key={version}>
          <h3>Amendment of {publisherName} for your organisation</h3>
          <div className="prose" dangerouslySetInnerHTML={{ __html: html }} />
        </Fragment>
      ))}
    </section>
  )
}

/** Names what is accepted, for the sentence that the buyer agrees to. */
function acceptedWords({ kind, html, amendments, contractAcceptedAt }: PurchaseTerms, publisherName: string): string {
  if (kind === 'own') return `terms of ${publisherName}`
  const amended = html !== undefined || amendments.length > 0
  if (contractAcceptedAt === null) return amended ? `standard contract and the amendments of ${publisherName}` : 'standard contract'
  return amended ? `amendments of ${publisherName} to the standard contract` : 'standard contract as before'
}

type ReviewPage = {
  product: Product
  buyer: string
  choice: Choice
  errors: FieldErrors
  idempotencyKey: string | null
  quote: Quote
  permission: Permission
  payment: Payment
  query: string
  note: string
}

const reasonTexts: Record<Reason, string> = {
  role: 'Your role does not include buying.',
  'not-listed': 'The plan is not on your organisation’s list of what its people may buy.',
  amount: 'It costs more than your organisation lets its people buy without an approval.',
}

/** How it is paid: by card only in the business store, elsewhere on the organisation's billing account. */
function HowPaid({ payment, error }: { payment: Payment; error: string | undefined }) {
  return (
    <section id="payment" aria-labelledby="payment-title">
      <h2 id="payment-title">How you pay</h2>
      <FieldError id="payment" message={error} />
      {payment.cardOnly ? (
        payment.method ? (
          <p>By card: {payment.method}. This store takes cards only.</p>
        ) : (
          <div className="notice notice-danger">
            <p>
              This store takes cards only, and your organisation has none. <a href="/account/billing">Add a card to the billing account</a>.
            </p>
          </div>
        )
      ) : (
        <>
          <p>On your organisation’s billing account: {payment.method}.</p>
          {payment.addresses.length > 0 && (
            <div className="field">
              <label htmlFor="billAddress">Billed to</label>
              <select id="billAddress" name="billAddress" defaultValue="">
                <option value="">Main address of the billing account</option>
                {payment.addresses.map(({ id, label }) => (
                  <option key={id} value={id}>
                    {label}
                  </option>
                ))}
              </select>
            </div>
          )}
        </>
      )}
    </section>
  )
}

/** In place of the order's confirmation where somebody else must agree first. */
function AskForApproval({ page, permission }: { page: ReviewPage; permission: Extract<Permission, { allowed: false }> }) {
  const { product, errors } = page
  return (
    <section aria-labelledby="approval">
      <h2 id="approval">An administrator of your organisation must approve this</h2>
      <ul>
        {permission.reasons.map((reason) => (
          <li key={reason}>{reasonTexts[reason]}</li>
        ))}
      </ul>
      {permission.waiting ? (
        <p>
          You have asked for it: <a href={`/account/requests/${permission.waiting}`}>see your request</a>.
        </p>
      ) : (
        <>
          <div className="field">
            <label htmlFor="note">What is it for?</label>
            <p className="field-help" id="note-help">
              The administrators read it. They are told by mail and in their portal.
            </p>
            <FieldError id="note" message={errors.note} />
            <textarea
              id="note"
              name="note"
              rows={4}
              maxLength={500}
              defaultValue={page.note}
              aria-describedby={errors.note ? 'note-help note-error' : 'note-help'}
              aria-invalid={errors.note ? true : undefined}
            />
          </div>
          <p className="form-actions">
            <button className="button button-large" type="submit" name="intent" value="request">
              Ask for an approval
            </button>
            <a href={`/product/${productKey(product)}${page.query}`}>Cancel</a>
          </p>
        </>
      )}
    </section>
  )
}

function Review({ page }: { page: ReviewPage }) {
  const { product, quote, choice, errors } = page
  const plan = product.plans.find(({ planId }) => planId === quote.planId)
  const { permission } = page
  const change = new URLSearchParams({
    ...Object.fromEntries(new URLSearchParams(page.query)),
    plan: quote.planId,
    term: quote.termUnit,
    ...(choice.quantityText && { quantity: choice.quantityText }),
  })
  const term = termName(quote.termUnit)
  return (
    <form method="post" className="purchase-form" action={`/purchase/${productKey(product)}${page.query}`}>
      <input type="hidden" name="choice" value={`${quote.planId}:${quote.termUnit}`} />
      {quote.quantity !== null && <input type="hidden" name="quantity" value={quote.quantity} />}
      <input type="hidden" name="expectedTotal" value={quote.total} />
      <input type="hidden" name="termsVersion" value={quote.terms.version} />
      <input type="hidden" name="idempotencyKey" value={page.idempotencyKey ?? ''} />
      <div className="review">
        <section aria-labelledby="order">
          <h2 id="order">Your order</h2>
          <dl className="facts">
            <dt>Offer</dt>
            <dd>
              {product.name} by {product.publisherName}
            </dd>
            <dt>Plan</dt>
            <dd>{quote.planName}</dd>
            <dt>Term</dt>
            <dd>
              One {term}, renews every {term} until you cancel
            </dd>
            {quote.quantity !== null && (
              <>
                <dt>Users</dt>
                <dd>
                  {quote.quantity} at {priceText(quote.unitPrice, quote.currency, quote.termUnit, true)}
                </dd>
              </>
            )}
            <dt>Bought for</dt>
            <dd>{page.buyer}</dd>
          </dl>
          <p>
            <a href={`/purchase/${productKey(product)}?${change}`}>Change the plan, term or users</a>
          </p>
        </section>
        <section className="total" aria-labelledby="total">
          <h2 id="total">What you pay</h2>
          <p className="buy-price">
            {formatMoney(quote.total, quote.currency)}
            <span className="per-term">/{term}</span>
          </p>
          <p className="plan-note">Without tax.</p>
          {quote.freeTrial ? (
            <p>
              <span className="badge badge-brand">First month free</span>
              <br />
              Your trial begins when the publisher activates the subscription. You pay {formatMoney('0', quote.currency)} for its month;
              then the first {formatMoney(quote.total, quote.currency)} is charged. Cancel before and you pay nothing.
            </p>
          ) : (
            <p>Charged first when the publisher activates the subscription, then at the start of every {term}. Nothing is billed today.</p>
          )}
        </section>
      </div>
      {plan && plan.dimensions.length > 0 && (
        <section aria-labelledby="usage">
          <h2 id="usage">Usage</h2>
          <DimensionTable
            dimensions={plan.dimensions}
            currency={quote.currency}
            terms={[quote.termUnit]}
            caption="Included usage, and the price of usage above it, billed at the end of each month"
          />
        </section>
      )}
      {permission.allowed ? (
        <>
          <HowPaid payment={page.payment} error={errors.payment} />
          {permission.grant && (
            <div className="notice">
              <p>
                Your organisation has <a href={`/account/requests/${permission.grant}`}>approved this purchase</a>.
              </p>
            </div>
          )}
          <section aria-labelledby="terms">
            <h2 id="terms">Terms</h2>
            {quote.terms.contractAcceptedAt !== null && (
              <p>
                Your organisation accepted the <a href="/legal/standard-contract">standard contract</a> on{' '}
                {quote.terms.contractAcceptedAt.slice(0, 10)}.
              </p>
            )}
            <TermsText terms={quote.terms} publisherName={product.publisherName} />
            <div className="field">
              <FieldError id="accept" message={errors.accept} />
              <label className="check">
                <input
                  id="accept"
                  type="checkbox"
                  name="accept"
                  value="yes"
                  aria-describedby={errors.accept && 'accept-error'}
                  aria-invalid={errors.accept ? true : undefined}
                />
                <span>
                  I accept the {acceptedWords(quote.terms, product.publisherName)} (version {quote.terms.version}) and the{' '}
                  <a href={product.privacyPolicyUrl} rel="noopener nofollow">
                    privacy policy
                  </a>
                  , I may sign for my organisation, I authorise billing its present payment method every {term}, and I agree that{' '}
                  {product.publisherName} gets my contact, usage and transaction data for support, billing and transactions.
                </span>
              </label>
            </div>
          </section>
          <p className="form-actions">
            <button className="button button-large" type="submit">
              Confirm purchase
            </button>
            <a href={`/product/${productKey(product)}${page.query}`}>Cancel</a>
          </p>
        </>
      ) : (
        <AskForApproval page={page} permission={permission} />
      )}
    </form>
  )
}
