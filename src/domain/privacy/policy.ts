import type { PersonalDataPolicy } from '../../kernel/personal-data.ts'

const tax = 'Invoices, payments, the ledger, payouts and tax forms: kept unchanged, as tax law asks.'
const contract = 'Purchases, accepted terms and agreements: who accepted what, and when, is the proof of a contract that others rely on.'

/**
 * Which records of a person go and which stay, and why. What is in neither list stays with the person's address and name overwritten: subscriptions,
 * history, the audit log.
 */
export const policy: PersonalDataPolicy = {
  deleted: {
    'accounts.member': 'member_id',
    'directory.*': 'object_id',
    'directory.attempt': 'key',
    'directory.oidc_payload': 'payload',
    'kernel.mail': 'recipient',
    'notifications.*': 'person',
  },
  overwritten: ['directory.service_principal', 'directory.user_account'],
  kept: {
    'accounts.agreement_acceptance': contract,
    'accounts.tax_profile': tax,
    'billing.invoice': tax,
    'billing.invoice_line': tax,
    'billing.ledger_transaction': tax,
    'billing.payment': tax,
    'billing.payout': tax,
    'billing.posting': tax,
    'checkout.acceptance': contract,
    'checkout.purchase': contract,
    'privacy.erasure': 'That somebody was erased and when: by object id, without a name.',
  },
}
