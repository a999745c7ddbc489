// The pages that customers see. Nothing here needs JavaScript in the browser.
import { config } from './config.js'
import { html } from './html.js'
import { dimensions, includedQuantity, meteredDimensions } from './plans.js'

const number = new Intl.NumberFormat('en-US')
const day = new Intl.DateTimeFormat('en-US', { dateStyle: 'long', timeZone: 'UTC' })
const moment = new Intl.DateTimeFormat('en-US', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })

const TERMS = { P1M: 'one month', P1Y: 'one year' }
const STATES = { active: 'Active', suspended: 'Suspended', closed: 'Closed' }

function page({ title, user, csrf, body }) {
  return html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>${title} · Contoso</title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="/style.css">
</head>
<body>
  <header>
    <a class="brand" href="/"><span class="mark" aria-hidden="true">C</span> Contoso</a>
    ${
      user &&
      html`<div class="who"><span>${user.name}<small>${user.email}</small></span>
      <form method="post" action="/signout"><input type="hidden" name="csrf" value="${csrf}"><button class="quiet">Sign out</button></form></div>`
    }
  </header>
  <main>${body}</main>
  <footer>An example application: how a publisher sells through the marketplace.</footer>
</body>
</html>`.toString()
}

const facts = (rows) =>
  html`<dl>${rows.filter(([, value]) => value !== undefined).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`

const seats = (quantity) => (quantity ? number.format(quantity) : undefined)

/** @param {{ accounts: import('./store.js').Account[] }} options accounts of the signed-in person's organisation */
export function homePage({ user, csrf, accounts }) {
  const list = html`<ul class="accounts">${accounts.map(
    (account) => html`<li><a href="/accounts/${account.subscriptionId}"><strong>${account.name}</strong>
      <span>${account.offerId}, plan ${account.planId}</span> <span class="state ${account.state}">${STATES[account.state]}</span></a></li>`,
  )}</ul>`
  return page({
    title: 'Welcome',
    user,
    csrf,
    body: html`<h1>Welcome to Contoso</h1>
      ${
        user
          ? accounts.length > 0
            ? html`<p>Subscriptions of your organisation:</p>${list}`
            : html`<p>Your organisation has no subscription yet. Buy one in the marketplace, then choose <b>Configure account</b>.</p>`
          : html`<p>CRM, help desk and notifications for teams that like things simple. Sold through the marketplace.</p>
            <p><a class="button" href="/signin">Sign in</a></p>`
      }`,
  })
}

/** A purchase that waits for its configuration: what was bought, who is here, and one button. */
export function configurePage({ user, csrf, purchase }) {
  const { subscription } = purchase
  const forOther = subscription.purchaser.tenantId !== subscription.beneficiary.tenantId
  return page({
    title: 'Set up your subscription',
    user,
    csrf,
    body: html`<h1>Set up your subscription</h1>
      <p class="lead">Thank you for choosing us. Please check your purchase; with <b>Activate</b> the subscription begins.</p>
      <div class="columns">
        <section>
          <h2>Your purchase</h2>
          ${facts([
            ['Subscription', purchase.subscriptionName],
            ['Offer', purchase.offerId],
            ['Plan', purchase.planId],
            ['Seats', seats(purchase.quantity)],
            ['Term', `${TERMS[subscription.term.termUnit] ?? subscription.term.termUnit}${subscription.isFreeTrial ? ', free trial' : ''}`],
            ['Renews', subscription.autoRenew === false ? 'no' : 'automatically'],
          ])}
        </section>
        <section>
          <h2>You</h2>
          ${facts([
            ['Name', user.name],
            ['E-mail', user.email],
            ['Bought for', subscription.beneficiary.emailId],
            ['Bought by', forOther ? subscription.purchaser.emailId : undefined],
          ])}
          <p><a href="/signin?other=1">Use another account</a></p>
        </section>
      </div>
      <form method="post" action="/accounts/${purchase.id}/activate">
        <input type="hidden" name="csrf" value="${csrf}">
        <button>Activate</button>
        <p class="hint">Billing begins now, and not before. ${
          subscription.isFreeTrial ? 'The free trial comes first: the first charge is due when it ends. ' : ''
        }Afterwards you find your account here, a confirmation in your mailbox, and the subscription itself in the
        <a href="${config.portalUrl}">marketplace</a>, where you can change or cancel it.</p>
      </form>`,
  })
}

/** An account that exists: the page behind "Manage account". */
export function accountPage({ user, csrf, account, subscription, notice, welcome }) {
  const metered = meteredDimensions(account)
  const active = account.state === 'active'
  return page({
    title: account.name,
    user,
    csrf,
    body: html`<p class="crumb"><a href="/">Your subscriptions</a></p>
      <h1>${account.name} <span class="state ${account.state}">${STATES[account.state]}</span></h1>
      ${welcome && html`<p class="notice" role="status">Your subscription is active. Welcome!</p>`}
      ${notice && html`<p class="notice" role="status">${notice}</p>`}
      ${account.state === 'suspended' && html`<p class="notice warning">A payment is missing. Your data is safe; access returns with the payment.</p>`}
      ${account.state === 'closed' && html`<p class="notice warning">This subscription has ended. We keep your data for seven days.</p>`}
      <div class="columns">
        <section>
          <h2>Subscription</h2>
          ${facts([
            ['Offer', account.offerId],
            ['Plan', account.planId],
            ['Seats', seats(account.quantity)],
            ['Term', `${TERMS[account.termUnit] ?? account.termUnit}${subscription.isFreeTrial ? ', free trial' : ''}`],
            ['From', subscription.term?.startDate && day.format(new Date(subscription.term.startDate))],
            ['To', subscription.term?.endDate && day.format(new Date(subscription.term.endDate))],
          ])}
          <p><a href="${config.portalUrl}">Change or cancel in the marketplace</a></p>
        </section>
        ${
          metered.length > 0 &&
          html`<section>
          <h2>Usage in this term</h2>
          ${metered.map((dimension) => usage({ csrf, account, dimension, active }))}
          <form method="post" action="/accounts/${account.subscriptionId}/report">
            <input type="hidden" name="csrf" value="${csrf}">
            <button class="second" ${active ? '' : 'disabled'}>Report usage now</button>
            <p class="hint">We report by ourselves once an hour; this is for the impatient.</p>
          </form>
        </section>`
        }
      </div>
      <section>
        <h2>History</h2>
        <ol class="history">${account.history
          .slice(-20)
          .reverse()
          .map((entry) => html`<li><time datetime="${entry.at}">${moment.format(new Date(entry.at))} UTC</time> ${entry.what}</li>`)}</ol>
      </section>`,
  })
}

function usage({ csrf, account, dimension, active }) {
  const { label, verb } = dimensions[dimension]
  const included = includedQuantity(account, dimension)
  const used = account.used[dimension] ?? 0
  const beyond = Math.max(0, used - included)
  const owed = account.owed[dimension] ?? 0
  const share = included === Infinity ? 0 : Math.min(100, Math.round((used / Math.max(1, included)) * 100))
  return html`<div class="usage">
    <h3>${label}</h3>
    <p><b>${number.format(used)}</b> used of ${included === Infinity ? 'unlimited' : `${number.format(included)} included`}${
      beyond > 0 && html`, <b>${number.format(beyond)}</b> beyond${owed > 0 && html` (${number.format(owed)} not yet reported)`}`
    }</p>
    <meter min="0" max="100" value="${share}">${share} %</meter>
    <form method="post" action="/accounts/${account.subscriptionId}/usage" class="inline">
      <input type="hidden" name="csrf" value="${csrf}">
      <input type="hidden" name="dimension" value="${dimension}">
      <label>${verb} <input name="count" type="number" min="1" max="1000000" value="1000" required></label>
      <button class="second" ${active ? '' : 'disabled'}>Send</button>
    </form>
  </div>`
}

/** Something cannot be done; says what the customer can do about it. */
export function problemPage({ user, csrf, title, text, link }) {
  return page({
    title,
    user,
    csrf,
    body: html`<h1>${title}</h1><p class="lead">${text}</p>${link && html`<p><a class="button" href="${link.href}">${link.text}</a></p>`}`,
  })
}
