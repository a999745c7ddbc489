import PDFDocument from 'pdfkit'
import type { Temporal } from 'temporal-polyfill'
import { utcDate } from '../../kernel/clock.ts'
import type { Brand } from '../../kernel/config.ts'
import { type Decimal, formatMoney } from '../../kernel/money.ts'
import { findCountryName } from './country-name.ts'
import { methodLabel } from './payment.ts'
import type { InvoiceDetail, InvoiceLine } from './views.ts'

/** A4 in points, and where things stand on it. */
const page = { left: 50, right: 545, top: 50, bottom: 770, foot: 790 }
const columns = { description: page.left, quantity: 300, price: 360, tax: 432, net: 475 } as const
const ink = '#1b1f24'
const faint = '#5b6470'
const line = '#d5dae1'

const titles = { invoice: 'Invoice', 'credit-note': 'Credit note' } as const

/** The document on A4: who, what, how much, tax, total, and how it was paid. */
export function renderInvoice(detail: InvoiceDetail, brand: Brand): Promise<Buffer> {
  const title = titles[detail.kind]
  const pdf = new PDFDocument({
    size: 'A4',
    margins: { top: page.top, bottom: 40, left: page.left, right: 50 },
    bufferPages: true,
    lang: 'en',
    displayTitle: true,
    info: {
      Title: `${title} ${detail.number}`,
      Author: brand.name,
      CreationDate: new Date(detail.issuedAt.epochMilliseconds),
    },
  })
  const chunks: Buffer[] = []
  const done = new Promise<Buffer>((resolve, reject) => {
    pdf.on('data', (chunk: Buffer) => chunks.push(chunk))
    pdf.on('end', () => resolve(Buffer.concat(chunks)))
    pdf.on('error', reject)
  })
  head(pdf, detail, brand, title)
  body(pdf, detail, brand)
  feet(pdf, detail, brand, title)
  pdf.end()
  return done
}

type Pdf = InstanceType<typeof PDFDocument>

/** What the built-in fonts can write (Windows-1252). */
const writable = /^[\x20-\x7e\xa0-\xff€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]*$/u

/** A text as the built-in fonts can write it: letters they lack lose their accents, others become a question mark. */
function plain(text: string): string {
  if (writable.test(text)) return text
  return Array.from(text)
    .map((letter) => {
      if (writable.test(letter)) return letter
      const base = letter.normalize('NFKD').replace(/\p{M}/gu, '')
      return base !== '' && writable.test(base) ? base : '?'
    })
    .join('')
}

/** An amount; with the currency's code where its sign cannot be written (₹, ₩). */
function amountText(amount: Decimal, currency: string): string {
  const text = formatMoney(amount, currency)
  return writable.test(text) ? text : `${currency} ${text.replace(/[^\d.,-]/g, '')}`
}

const day = (date: Temporal.PlainDate) => date.toLocaleString('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })

function head(pdf: Pdf, detail: InvoiceDetail, brand: Brand, title: string): void {
  pdf.rect(0, 0, 595, 8).fill(brand.color)
  pdf.font('Helvetica-Bold').fontSize(20).fillColor(brand.color).text(plain(brand.name), page.left, page.top)
  pdf
    .font('Helvetica')
    .fontSize(9)
    .fillColor(faint)
    .text('Commercial marketplace', page.left, page.top + 24)
  pdf
    .font('Helvetica-Bold')
    .fontSize(20)
    .fillColor(ink)
    .text(title, 300, page.top, { width: page.right - 300, align: 'right' })
  pdf
    .font('Helvetica')
    .fontSize(10)
    .fillColor(faint)
    .text(detail.number, 300, page.top + 24, { width: page.right - 300, align: 'right' })

  const y = 120
  label(pdf, 'Bill to', page.left, y)
  pdf
    .font('Helvetica-Bold')
    .fontSize(10)
    .fillColor(ink)
    .text(plain(detail.billTo.legalName), page.left, y + 14, { width: 220 })
  pdf.font('Helvetica').text(plain(findCountryName(detail.billTo.country)), { width: 220 })
  pdf.fontSize(8).fillColor(faint).text(`Customer ${detail.customerTenantId}`, { width: 220 })

  const facts: [string, string][] = [
    ['Date', day(utcDate(detail.issuedAt))],
    ['Billing period', `${day(detail.periodStart)} – ${day(detail.periodEnd)}`],
    ['Currency', detail.currency],
    ...(detail.kind === 'invoice' ? ([['Due', day(detail.dueOn)]] as [string, string][]) : []),
  ]
  facts.forEach(([name, value], n) => {
    pdf
      .font('Helvetica')
      .fontSize(9)
      .fillColor(faint)
      .text(name, 330, y + 14 + n * 15, { width: 80 })
    pdf.fillColor(ink).text(value, 400, y + 14 + n * 15, { width: page.right - 400, align: 'right' })
  })
  pdf.y = 215
}

function label(pdf: Pdf, text: string, x: number, y: number): void {
  pdf.font('Helvetica-Bold').fontSize(8).fillColor(faint).text(text.toUpperCase(), x, y, { characterSpacing: 0.5 })
}

function tableHead(pdf: Pdf, y: number): number {
  label(pdf, 'Description', columns.description, y)
  for (const [text, x, width] of [
    ['Quantity', columns.quantity, 52],
    ['Unit price', columns.price, 66],
    ['Tax', columns.tax, 38],
    ['Net', columns.net, page.right - columns.net],
  ] as const) {
    pdf.font('Helvetica-Bold').fontSize(8).fillColor(faint).text(text.toUpperCase(), x, y, { width, align: 'right' })
  }
  rule(pdf, y + 13)
  return y + 20
}

function rule(pdf: Pdf, y: number): void {
  pdf.moveTo(page.left, y).lineTo(page.right, y).lineWidth(0.5).strokeColor(line).stroke()
}

function body(pdf: Pdf, detail: InvoiceDetail, brand: Brand): void {
  let y = tableHead(pdf, 220)
  let offer = ''
  const room = (height: number) => {
    if (y + height <= page.bottom) return
    pdf.addPage()
    pdf.rect(0, 0, 595, 8).fill(brand.color)
    y = tableHead(pdf, page.top)
  }
  for (const item of detail.lines) {
    const heading = `${item.offerName} ${item.subscription}`
    if (heading !== offer) {
      room(70)
      if (offer !== '') y += 6
      offer = heading
      pdf.font('Helvetica-Bold').fontSize(10).fillColor(ink).text(plain(item.offerName), columns.description, y, { width: 300 })
      pdf
        .font('Helvetica')
        .fontSize(7.5)
        .fillColor(faint)
        .text(`Subscription ${item.subscription} · sold by ${item.publisherId}`, columns.description, y + 13)
      y += 28
    }
    pdf.font('Helvetica').fontSize(9)
    const height = Math.max(12, pdf.heightOfString(describe(item), { width: 240 })) + 12
    room(height + 6)
    row(pdf, item, detail.currency, y)
    y += height + 6
    rule(pdf, y - 4)
  }
  room(130)
  totals(pdf, detail, y + 8, brand)
}

function describe(item: InvoiceLine): string {
  return plain(item.kind === 'usage' ? `${item.planName}, ${item.description}` : item.description)
}

function row(pdf: Pdf, item: InvoiceLine, currency: string, y: number): void {
  pdf.font('Helvetica').fontSize(9).fillColor(ink).text(describe(item), columns.description, y, { width: 240 })
  pdf
    .fontSize(7.5)
    .fillColor(faint)
    .text(`${day(item.serviceStart)} – ${day(item.serviceEnd)}`, { width: 240 })
  pdf.fontSize(9).fillColor(ink)
  pdf.text(number(item.quantity), columns.quantity, y, { width: 52, align: 'right' })
  pdf.text(amountText(item.unitPrice, currency), columns.price, y, { width: 66, align: 'right' })
  pdf.text(`${item.taxRate.toFixed()} %`, columns.tax, y, { width: 38, align: 'right' })
  pdf.text(amountText(item.net, currency), columns.net, y, { width: page.right - columns.net, align: 'right' })
}

const quantities = new Intl.NumberFormat('en-US', { maximumFractionDigits: 10 })
const number = (value: Decimal) => quantities.format(value.toFixed() as Intl.StringNumericLiteral)

/** Net, each tax rate with what it applies to, total, and the payment. */
function totals(pdf: Pdf, detail: InvoiceDetail, top: number, brand: Brand): void {
  let y = top
  const money = (amount: Decimal) => amountText(amount, detail.currency)
  const pair = (name: string, value: string, bold = false) => {
    pdf
      .font(bold ? 'Helvetica-Bold' : 'Helvetica')
      .fontSize(bold ? 11 : 9)
      .fillColor(bold ? ink : faint)
    pdf.text(name, 300, y, { width: 150 })
    pdf.fillColor(ink).text(value, 440, y, { width: page.right - 440, align: 'right' })
    y += bold ? 20 : 15
  }
  pair('Net', money(detail.net))
  const byRate = Map.groupBy(detail.lines, (item) => `${item.taxName ?? ''}|${item.taxRate.toFixed()}|${item.taxCountry}`)
  for (const of of byRate.values()) {
    const [first] = of as [InvoiceLine]
    const tax = of.reduce((all, item) => all.plus(item.tax), first.tax.times(0))
    pair(first.taxName ? `${first.taxName} ${first.taxRate.toFixed()} % (${first.taxCountry})` : `Tax (${first.taxCountry})`, money(tax))
  }
  pdf.moveTo(300, y).lineTo(page.right, y).lineWidth(1).strokeColor(brand.color).stroke()
  y += 7
  pair('Total', money(detail.total), true)
  pdf
    .font('Helvetica')
    .fontSize(9)
    .fillColor(faint)
    .text(paymentSentence(detail), page.left, y + 6, { width: page.right - page.left, align: 'right' })
}

function paymentSentence(detail: InvoiceDetail): string {
  const captured = detail.payments.find((payment) => payment.state === 'captured')
  if (captured) {
    const when = day(utcDate(captured.at))
    const method = methodLabel(captured.method)
    return captured.amount.isNegative() ? `Paid back on ${when} to: ${method}.` : `Paid on ${when} by: ${method}.`
  }
  if (detail.total.isZero()) return 'Nothing to pay.'
  return detail.total.isNegative() ? 'The amount will be paid back.' : `Please pay by ${day(detail.dueOn)}, stating ${detail.number}.`
}

function feet(pdf: Pdf, detail: InvoiceDetail, brand: Brand, title: string): void {
  const { start, count } = pdf.bufferedPageRange()
  for (let n = start; n < start + count; n++) {
    pdf.switchToPage(n)
    // Below the margin, or the text would open another page.
    pdf.page.margins.bottom = 0
    pdf.font('Helvetica').fontSize(7.5).fillColor(faint)
    pdf.text(`${plain(brand.name)} · ${title} ${detail.number}`, page.left, page.foot, { lineBreak: false })
    pdf.text(`Page ${n - start + 1} of ${count}`, page.right - 100, page.foot, { width: 100, align: 'right', lineBreak: false })
  }
}
