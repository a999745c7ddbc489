import escapeHtml from 'escape-html'
import type { Message } from '../../kernel/mail.ts'
import { formatMoney } from '../../kernel/money.ts'
import type { Quote } from './quote.ts'

const each = { P1M: 'a month', P1Y: 'a year' }

/** The mail after a purchase: how to go on to the publisher's landing page (seed 001 L25212). */
export function configureMail(to: string, quote: Quote, addresses: { landingPage: string; account: string; marketplace: string }): Message {
  const seats = quote.quantity === null ? '' : `, ${quote.quantity} ${quote.quantity === 1 ? 'user' : 'users'}`
  const price = `${formatMoney(quote.total, quote.currency)} ${each[quote.termUnit]}`
  const what = `${quote.offerName}, plan ${quote.planName}${seats}`
  const cost = quote.freeTrial
    ? `The first month is free, then ${price}.`
    : `${price}. You are billed when the publisher has activated the subscription.`
  const text = [
    `Thank you for buying ${what} on ${addresses.marketplace}.`,
    cost,
    'One step is left: configure your account with the publisher. Until then nothing is billed.',
    `Configure now: ${addresses.landingPage}`,
    `The link works for 24 hours. After that, open ${addresses.account} and choose Configure account.`,
  ].join('\n\n')
  const html = `<p>Thank you for buying <strong>${escapeHtml(what)}</strong> on ${escapeHtml(addresses.marketplace)}.</p>
<p>${escapeHtml(cost)}</p>
<p>One step is left: configure your account with the publisher. Until then nothing is billed.</p>
<p><a href="${escapeHtml(addresses.landingPage)}">Configure now</a></p>
<p>The link works for 24 hours. After that, open <a href="${escapeHtml(addresses.account)}">your subscription</a> and choose Configure account.</p>`
  return { to, subject: `Configure ${quote.offerName}`, text, html, template: 'configure-now' }
}
