import escapeHtml from 'escape-html'
import type { FieldReference, OfferTypeReference, PageReference } from '../../domain/offers/index.ts'

const audiences = { storefront: 'storefront', checkout: 'checkout', reseller: 'resellers', certification: 'certification' } as const

function requiredText(field: FieldReference): string {
  if (field.required === 'always') return 'yes'
  return field.required === 'never' ? 'no' : escapeHtml(field.required)
}

function fieldRow(field: FieldReference): string {
  const notes = [...field.rules, field.shownWhen].filter((text) => text !== undefined && text !== '')
  const cells = [
    requiredText(field),
    escapeHtml(notes.join(' ')),
    escapeHtml(field.lock ?? ''),
    field.shown.map((one) => audiences[one]).join(', '),
  ]
  const head = `${escapeHtml(field.label)}<br><code>${escapeHtml(field.name)}</code>: ${escapeHtml(field.kind)}`
  return `<tr><th scope="row">${head}</th>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`
}

function pageSection(page: PageReference): string {
  const kinds = [
    page.scope === 'plan' ? 'once for each plan' : '',
    page.perLanguage ? 'once for each language' : '',
    page.language === 'en' ? 'in English (United States) only' : '',
    page.compared ? '' : 'not compared',
  ]
  const about = [page.help, page.shownWhen, kinds.filter((kind) => kind !== '').join(', ')].filter(
    (text) => text !== undefined && text !== '',
  )
  const head = ['Field', 'Required', 'Rules', 'Once published', 'Shown to'].map((title) => `<th scope="col">${title}</th>`).join('')
  return `<h2 id="${escapeHtml(page.module)}">${escapeHtml(page.label)}</h2>
<p>Section <code>${escapeHtml(page.module)}</code>${about.length > 0 ? `: ${escapeHtml(about.join(' · '))}` : ''}</p>
<div class="docs-scroll" tabindex="0" role="group" aria-label="Fields of ${escapeHtml(page.label)}"><table><thead><tr>${head}</tr></thead><tbody>${page.fields.map(fieldRow).join('')}</tbody></table></div>`
}

/** The reference of an offer type as a page: every field of its definition, and how it is published. */
export function renderOfferType(reference: OfferTypeReference, schemaAddress: string): string {
  const { label, plans, pages, phases } = reference
  const steps = phases.map((phase) => {
    const rows = phase.steps.map(
      (step) =>
        `<li>${escapeHtml(step.label)} (${escapeHtml(step.duration)})${step.blocking ? '' : ', advises only'}${step.when ? `, ${escapeHtml(step.when)}` : ''}</li>`,
    )
    const waits = phase.waitsForPublisher ? '<li>Waits for the publisher: Go live</li>' : ''
    return `<li>${escapeHtml(phase.label)}<ul>${waits}${rows.join('')}</ul></li>`
  })
  const planText =
    plans.max === 0
      ? 'It has no plans.'
      : `At most ${plans.max} plans, ${plans.maxPrivate} of them private. ${escapeHtml(plans.shownWhen ?? '')}`
  return `<h1>${escapeHtml(label)}</h1>
<p>Every field of the offer type, as Partner Center shows it and the marketplace checks it. Sections are saved as JSON:
<a href="${escapeHtml(schemaAddress)}">JSON Schema</a>. A field can change at any time unless its row says otherwise; customers see a
change after the next publishing. ${planText}</p>
${pages.map(pageSection).join('\n')}
<h2 id="publishing">Publishing</h2><ol>${steps.join('')}</ol>`
}
