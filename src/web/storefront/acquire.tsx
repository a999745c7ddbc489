import type { ReactNode } from 'react'
import { data, redirect } from 'react-router'
import { countries } from '../../kernel/reference-data.ts'
import { fieldText, readForm } from '../form.ts'
import { useBrand } from '../root.tsx'
import type { RouteHandle } from '../services.ts'
import { servicesContext } from '../services.ts'
import { requireUser } from '../session.ts'
import type { Route } from './+types/acquire.ts'
import { type AcquireErrors, type AcquireValues, knownContact, readAcquireForm, sendLead } from './acquire-data.server.ts'
import { readProduct } from './catalog-reader.ts'
import type { ListingOption, Product } from './listing.ts'
import { parseProductKey, productKey } from './listing.ts'
import { marketOf } from './market-choice.ts'
import { OfferLogo } from './offer-logo.tsx'
import { storeOf } from './store-choice.ts'
import { actOf, noteVisit } from './visits.ts'

// After the form of a trial or a free offer the publisher's site is opened.
export const handle: RouteHandle = { leavesSite: true }

async function readListed({ request, params, context }: Pick<Route.LoaderArgs, 'request' | 'params' | 'context'>) {
  const user = await requireUser(request, context)
  const key = parseProductKey(params.product)
  const { market } = await marketOf(request, context)
  const previewKey = new URL(request.url).searchParams.get('key') ?? undefined
  const product = key && (await readProduct(context.get(servicesContext), user, key, market.iso2, previewKey))
  if (!product) throw data(null, { status: 404 })
  return { user, product, store: storeOf(request, product) }
}

export async function loader(args: Route.LoaderArgs) {
  const { user, product, store } = await readListed(args)
  const { searchParams } = new URL(args.request.url)
  if (product.listingOption === 'transact') return redirect(`/purchase/${productKey(product)}`)
  noteVisit(args, product, store, actOf[product.listingOption])
  return {
    product,
    values: await knownContact(args.context.get(servicesContext), user),
    errors: {} as AcquireErrors,
    idempotencyKey: crypto.randomUUID() as string,
    campaign: { src: fieldText(searchParams, 'src', 100), mktcmpid: fieldText(searchParams, 'mktcmpid', 100) },
  }
}

export async function action(args: Route.ActionArgs) {
  const form = await readForm(args.request)
  const { user, product, store } = await readListed(args)
  const values = readAcquireForm(form)
  const idempotencyKey = fieldText(form, 'idempotencyKey')
  const campaign = { src: fieldText(form, 'src', 100), mktcmpid: fieldText(form, 'mktcmpid', 100) }
  const answer = await sendLead(args.context.get(servicesContext), { user, product, store, idempotencyKey, campaign }, values)
  if ('errors' in answer) return data({ product, values, errors: answer.errors, idempotencyKey, campaign }, { status: answer.status })
  noteVisit(args, product, store, 'consent')
  return redirect(answer.targetUrl ?? `/acquire/${productKey(product)}/sent${new URL(args.request.url).search}`, 303)
}

const titles: Record<Exclude<ListingOption, 'transact'>, (product: Product) => string> = {
  'contact-me': ({ publisherName, name }) => `Ask ${publisherName} about ${name}`,
  'free-trial': ({ name }) => `Try ${name} free`,
  'get-it-now-free': ({ name }) => `Get ${name}`,
}

const leads: Record<Exclude<ListingOption, 'transact'>, (product: Product) => string> = {
  'contact-me': ({ publisherName }) =>
    `${publisherName} sells this offer itself. Leave your contact data, and it will get in touch with you.`,
  'free-trial': ({ publisherName }) =>
    `The trial runs at ${publisherName}, for 30 days unless it says otherwise. You continue there after this page. Nothing is billed here.`,
  'get-it-now-free': ({ publisherName }) => `This offer is free. You continue at ${publisherName} after this page. Nothing is billed here.`,
}

const buttons: Record<Exclude<ListingOption, 'transact'>, string> = {
  'contact-me': 'Send',
  'free-trial': 'Continue to the free trial',
  'get-it-now-free': 'Continue',
}

export default function Acquire({ loaderData, actionData }: Route.ComponentProps) {
  const { product, values, errors, idempotencyKey, campaign } = actionData ?? loaderData
  const brand = useBrand()
  const option = product.listingOption
  if (option === 'transact') return null
  const title = titles[option](product)
  const problems = Object.entries(errors)
  return (
    <div className="bar purchase">
      <title>{`${title} · ${brand.name}`}</title>
      <meta name="robots" content="noindex" />
      <div className="purchase-head">
        <OfferLogo file={product.logo} name={product.name} size={56} eager />
        <div>
          <h1>{title}</h1>
          <p className="product-publisher">
            <a href={`/product/${productKey(product)}`}>{product.name}</a> by {product.publisherName}
          </p>
        </div>
      </div>
      {problems.length > 0 && (
        <div className="notice notice-danger" role="alert">
          <p>
            <strong>{problems.length === 1 ? 'One thing needs your attention.' : `${problems.length} things need your attention.`}</strong>
          </p>
          <ul>
            {problems.map(([field, message]) => (
              <li key={field}>{field === 'form' ? message : <a href={`#${field}`}>{message}</a>}</li>
            ))}
          </ul>
        </div>
      )}
      <p className="section-lead">{leads[option](product)}</p>
      <form method="post" className="purchase-form contact-form">
        <input type="hidden" name="idempotencyKey" value={idempotencyKey} />
        <input type="hidden" name="src" value={campaign.src} />
        <input type="hidden" name="mktcmpid" value={campaign.mktcmpid} />
        <ContactFields values={values} errors={errors} />
        {option === 'contact-me' && (
          <Field name="message" label="What would you like to know? (optional)" error={errors.message}>
            {(described) => <textarea id="message" name="message" rows={4} maxLength={2000} defaultValue={values.message} {...described} />}
          </Field>
        )}
        <Consent product={product} checked={values.consent} error={errors.consent} />
        <p className="form-actions">
          <button className="button button-large" type="submit">
            {buttons[option]}
          </button>
          <a href={`/product/${productKey(product)}`}>Cancel</a>
        </p>
      </form>
    </div>
  )
}

const fields = [
  { name: 'firstName', label: 'First name', autoComplete: 'given-name', type: 'text' },
  { name: 'lastName', label: 'Last name', autoComplete: 'family-name', type: 'text' },
  { name: 'email', label: 'Work e-mail', autoComplete: 'email', type: 'email' },
  { name: 'phone', label: 'Phone (optional)', autoComplete: 'tel', type: 'tel' },
  { name: 'company', label: 'Organisation', autoComplete: 'organization', type: 'text' },
  { name: 'title', label: 'Job title (optional)', autoComplete: 'organization-title', type: 'text' },
] as const

function ContactFields({ values, errors }: { values: AcquireValues; errors: AcquireErrors }) {
  return (
    <div className="contact-fields">
      {fields.map(({ name, label, autoComplete, type }) => (
        <Field key={name} name={name} label={label} error={errors[name]}>
          {(described) => (
            <input
              id={name}
              name={name}
              type={type}
              autoComplete={autoComplete}
              maxLength={254}
              defaultValue={values[name]}
              {...described}
            />
          )}
        </Field>
      ))}
      <Field name="country" label="Country or region" error={errors.country}>
        {(described) => (
          <select id="country" name="country" autoComplete="country" defaultValue={values.country} {...described}>
            <option value="">Choose</option>
            {countries.map(({ iso2, name }) => (
              <option key={iso2} value={iso2}>
                {name}
              </option>
            ))}
          </select>
        )}
      </Field>
    </div>
  )
}

interface Described {
  'aria-describedby'?: string
  'aria-invalid'?: true
}

/** A labelled control with its error. The form is sent as it is and checked by the server, so that every message is in one place. */
function Field({
  name,
  label,
  error,
  children,
}: {
  name: string
  label: string
  error: string | undefined
  children: (described: Described) => ReactNode
}) {
  return (
    <div className="field">
      <label htmlFor={name}>{label}</label>
      {error && (
        <p className="field-error" id={`${name}-error`}>
          {error}
        </p>
      )}
      {children(error ? { 'aria-describedby': `${name}-error`, 'aria-invalid': true } : {})}
    </div>
  )
}

function Consent({ product, checked, error }: { product: Product; checked: boolean; error: string | undefined }) {
  const { publisherName, terms, listingOption } = product
  return (
    <div className="field">
      {error && (
        <p className="field-error" id="consent-error">
          {error}
        </p>
      )}
      <label className="check">
        <input
          id="consent"
          type="checkbox"
          name="consent"
          value="yes"
          defaultChecked={checked}
          aria-describedby={error && 'consent-error'}
          aria-invalid={error ? true : undefined}
        />
        <span>
          I agree that {publisherName} gets these contact data, to contact me about this offer and related products, under its{' '}
          <a href={product.privacyPolicyUrl} rel="noopener nofollow">
            privacy policy
          </a>
          .
        </span>
      </label>
      {(listingOption === 'free-trial' || listingOption === 'get-it-now-free') && (
        <p className="plan-note">
          By selecting {buttons[listingOption]} you accept the{' '}
          <a href={terms.kind === 'standard' ? '/legal/standard-contract' : `/product/${productKey(product)}#legal`}>
            {terms.kind === 'standard' ? 'standard contract' : `terms of ${publisherName}`}
          </a>{' '}
          (version {terms.version}).
        </p>
      )}
    </div>
  )
}
