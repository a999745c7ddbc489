import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import PDFDocument from 'pdfkit'
import type { Temporal } from 'temporal-polyfill'
import { utcDate } from '../../kernel/clock.ts'
import type { Brand } from '../../kernel/config.ts'
import { type Decimal, formatMoney } from '../../kernel/money.ts'
import { findCountryName } from './country-name.ts'
import { sum } from './line.ts'
import { methodLabel, setOff } from './payment.ts'
import { reverseChargeName } from './tax.ts'
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
  useFonts(pdf)
  body(pdf, detail, brand, head(pdf, detail, brand, title))
  feet(pdf, detail, brand, title)
  pdf.end()
  return done
}

type Pdf = InstanceType<typeof PDFDocument>

/**
 * What the fonts can write (Noto Sans, SIL Open Font License): Latin with every accent, Greek, Cyrillic, the usual signs and currencies.
 * Not Arabic, Hebrew, Thai, Chinese, Japanese, Korean or the scripts of India: that takes a font of ten times the size or another order of letters.
 */
const writable =
  /^[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Inherited}\x20-\x7e\xa0-\xff\u2010-\u2027\u202f-\u205e\u20a0-\u20bf\u2116\u2122]*$/u

const read = (address: string) => readFileSync(fileURLToPath(address))
let fonts: { regular: Buffer; bold: Buffer } | undefined

/** Read once; each document embeds only the letters that it uses. */
function useFonts(pdf: Pdf): void {
  fonts ??= {
    regular: read(import.meta.resolve('@expo-google-fonts/noto-sans/400Regular/NotoSans_400Regular.ttf')),
    bold: read(import.meta.resolve('@expo-google-fonts/noto-sans/700Bold/NotoSans_700Bold.ttf')),
  }
  pdf.registerFont('Regular', fonts.regular)
  pdf.registerFont('Bold', fonts.bold)
}

/** A text as the fonts can write it: letters they lack lose their accents, others become a question mark. */
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

/** @returns where the lines begin */
function head(pdf: Pdf, detail: InvoiceDetail, brand: Brand, title: string): number {
  pdf.rect(0, 0, 595, 8).fill(brand.color)
  pdf.font('Bold').fontSize(20).fillColor(brand.color).text(plain(brand.name), page.left, page.top)
  pdf
    .font('Regular')
    .fontSize(9)
    .fillColor(faint)
    .text('Commercial marketplace', page.left, page.top + 24)
  pdf
    .font('Bold')
    .fontSize(20)
    .fillColor(ink)
    .text(title, 300, page.top, { width: page.right - 300, align: 'right' })
  pdf
    .font('Regular')
    .fontSize(10)
    .fillColor(faint)
    .text(detail.number, 300, page.top + 24, { width: page.right - 300, align: 'right' })

  const y = 120
  label(pdf, 'Bill to', page.left, y)
  pdf
    .font('Bold')
    .fontSize(10)
    .fillColor(ink)
    .text(plain(detail.billTo.legalName), page.left, y + 14, { width: 220 })
  const { address = {}, country, taxId, purchaseOrder } = detail.billTo
  const city = [address.postalCode, address.city, address.region].filter(Boolean).join(' ')
  pdf.font('Regular')
  for (const text of [address.line1, address.line2, city, findCountryName(country)]) if (text) pdf.text(plain(text), { width: 260 })
  pdf.fontSize(8).fillColor(faint)
  if (taxId) pdf.text(`Tax number ${taxId}`, { width: 260 })
  pdf.text(`Customer ${detail.customerTenantId}`, { width: 260 })
  const below = pdf.y

  const facts: [string, string][] = [
    ['Date', day(utcDate(detail.issuedAt))],
    ['Billing period', `${day(detail.periodStart)} – ${day(detail.periodEnd)}`],
    ['Currency', detail.currency],
    ...(detail.kind === 'invoice' ? ([['Due', day(detail.dueOn)]] as [string, string][]) : []),
    ...(purchaseOrder ? ([['Purchase order', plain(purchaseOrder)]] as [string, string][]) : []),
  ]
  facts.forEach(([name, value], n) => {
    pdf
      .font('Regular')
      .fontSize(9)
      .fillColor(faint)
      .text(name, 330, y + 14 + n * 15, { width: 80 })
    pdf.fillColor(ink).text(value, 400, y + 14 + n * 15, { width: page.right - 400, align: 'right' })
  })
  return Math.max(215, below + 10) + 5
}

function label(pdf: Pdf, text: string, x: number, y: number): void {
  pdf.font('Bold').fontSize(8).fillColor(faint).text(text.toUpperCase(), x, y, { characterSpacing: 0.5 })
}

function tableHead(pdf: Pdf, y: number): number {
  label(pdf, 'Description', columns.description, y)
  for (const [text, x, width] of [
    ['Quantity', columns.quantity, 52],
    ['Unit price', columns.price, 66],
    ['Tax', columns.tax, 38],
    ['Net', columns.net, page.right - columns.net],
  ] as const) {
    pdf.font('Bold').fontSize(8).fillColor(faint).text(text.toUpperCase(), x, y, { width, align: 'right' })
  }
  rule(pdf, y + 13)
  return y + 20
}

function rule(pdf: Pdf, y: number): void {
  pdf.moveTo(page.left, y).lineTo(page.right, y).lineWidth(0.5).strokeColor(line).stroke()
}

function body(pdf: Pdf, detail: InvoiceDetail, brand: Brand, top: number): void {
  let y = tableHead(pdf, top)
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
      pdf.font('Bold').fontSize(10).fillColor(ink).text(plain(item.offerName), columns.description, y, { width: 300 })
      pdf
        .font('Regular')
        .fontSize(7.5)
        .fillColor(faint)
        .text(`Subscription ${item.subscription} · sold by ${item.publisherId}`, columns.description, y + 13)
      y += 28
    }
    pdf.font('Regular').fontSize(9)
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
  pdf.font('Regular').fontSize(9).fillColor(ink).text(describe(item), columns.description, y, { width: 240 })
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
      .font(bold ? 'Bold' : 'Regular')
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
    .font('Regular')
    .fontSize(9)
    .fillColor(faint)
    .text(paymentSentence(detail), page.left, y + 6, { width: page.right - page.left, align: 'right' })
  if (detail.lines.some((item) => item.taxName === reverseChargeName)) {
    pdf.text('Reverse charge: the recipient of the service is liable for the VAT.', { width: page.right - page.left, align: 'right' })
  }
}

function paymentSentence(detail: InvoiceDetail): string {
  const captured = detail.payments.findLast((payment) => payment.state === 'captured')
  const open = detail.state === 'open'
  const kept = sum(detail.payments.filter((payment) => payment.state === 'captured').map((payment) => payment.amount))
  if (open && !kept.isZero()) {
    return `${amountText(kept, detail.currency)} were set off; ${amountText(detail.total.minus(kept), detail.currency)} are open, due ${day(detail.dueOn)}.`
  }
  if (captured?.method === setOff.id) return `Set off against ${captured.reference}.`
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
    pdf.font('Regular').fontSize(7.5).fillColor(faint)
    pdf.text(`${plain(brand.name)} · ${title} ${detail.number}`, page.left, page.foot, { lineBreak: false })
    pdf.text(`Page ${n - start + 1} of ${count}`, page.right - 100, page.foot, { width: 100, align: 'right', lineBreak: false })
  }
}
