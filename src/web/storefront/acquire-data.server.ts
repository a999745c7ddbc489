import type { Contact } from '../../domain/leads/index.ts'
import { isDomainError } from '../../kernel/errors.ts'
import { fieldText } from '../form.ts'
import type { Services } from '../services.ts'
import type { User } from '../session.ts'
import type { Product, StoreId } from './listing.ts'

/** Messages by the name of the field they stand at; `form` is for what belongs to no field. */
export type AcquireErrors = Partial<Record<keyof Contact | 'message' | 'consent' | 'form', string>>

/** What the form holds, as typed. */
export interface AcquireValues extends Contact {
  message: string
  consent: boolean
}

const contactFields = ['firstName', 'lastName', 'email', 'phone', 'country', 'company', 'title'] as const

/** The form with what is known of the person who is signed in. */
export async function knownContact({ kernel, domain }: Services, user: User): Promise<AcquireValues> {
  const [tenant] = await kernel.read(user, (ctx) => domain.directory.getTenants(ctx, [user.tenantId]))
  const words = user.displayName.trim().split(/\s+/)
  const lastName = words.length > 1 ? (words.pop() ?? '') : ''
  return {
    firstName: words.join(' '),
    lastName,
    email: user.email,
    phone: '',
    country: tenant?.country ?? '',
    company: tenant?.name ?? '',
    title: '',
    message: '',
    consent: false,
  }
}

export function readAcquireForm(form: FormData): AcquireValues {
  const contact = Object.fromEntries(contactFields.map((name) => [name, fieldText(form, name, 500)])) as unknown as Contact
  const message = form.get('message')
  return {
    ...contact,
    message: typeof message === 'string' ? message.replaceAll('\r\n', '\n').slice(0, 5000) : '',
    consent: form.get('consent') === 'yes',
  }
}

interface Sender {
  user: User
  product: Product
  /** the store in which the offer was looked at */
  store: StoreId | undefined
  idempotencyKey: string
  campaign: { src?: string; mktcmpid?: string }
}

/** Makes the lead. Answers where the customer goes on to (null: nowhere), or what is wrong with the form. */
export async function sendLead(
  { kernel, domain }: Services,
  { user, product, store, idempotencyKey, campaign }: Sender,
  { message, consent, ...contact }: AcquireValues,
): Promise<{ targetUrl: string | null } | { errors: AcquireErrors; status: number }> {
  try {
    return await kernel.run(user, (ctx) =>
      domain.leads.create(ctx, {
        publisherId: product.publisherId,
        offerId: product.offerId.replace(/-preview$/, ''),
        preview: product.preview !== null,
        origin: store ?? 'portal',
        contact,
        message,
        consent,
        campaign,
        idempotencyKey,
      }),
    )
  } catch (error) {
    if (!isDomainError(error) || (error.kind !== 'invalid' && error.kind !== 'conflict' && error.kind !== 'not-found')) throw error
    const named = error.details.flatMap(({ target, message: text }) => (target ? [[target, text] as const] : []))
    const errors: AcquireErrors = named.length > 0 ? Object.fromEntries(named.reverse()) : { form: error.message }
    return { errors, status: error.kind === 'invalid' ? 400 : error.kind === 'conflict' ? 409 : 404 }
  }
}
