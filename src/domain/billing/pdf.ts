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
import type { BillTo } from './schema.ts'
import type { InvoiceDetail, InvoiceLine, StatementDetail } from './views.ts'

/** In points, and where things stand on it: within what A4 and Letter have in common. */
const page = { left: 50, right: 545, top: 50, bottom: 720, foot: 745 }
/** Width of the wider of the two papers. */
const bandWidth = 612
/** Where offices print on Letter (216 × 279 mm); everywhere else on A4. */
const letterCountries = new Set(['US', 'CA', 'MX', 'CL', 'CO', 'VE', 'PH', 'GT', 'PA', 'CR', 'DO', 'PR'])
const columns = { description: page.left, quantity: 300, price: 360, tax: 432, net: 475 } as const
const ink = '#1b1f24'
const faint = '#5b6470'
const line = '#d5dae1'

const titles = { invoice: 'Invoice', 'credit-note': 'Credit note' } as const

/** The document on A4 or Letter, as is usual in the customer's country: who, what, how much, tax, total, and how it was paid. */
export function renderInvoice(detail: InvoiceDetail, brand: Brand): Promise<Buffer> {
  const title = titles[detail.kind]
  return draw(brand, { title, ...detail }, (pdf) => {
    body(pdf, detail, brand, head(pdf, { title, ...detail, facts: factsOf(detail) }, brand))
  })
}

/** A quarter's documents: what each comes to, and what they come to together. */
export function renderStatement(detail: StatementDetail, brand: Brand): Promise<Buffer> {
  const title = 'Statement'
  const [newest] = detail.documents.slice(-1)
  if (!newest) throw new Error(`Statement ${detail.number} presents no documents.`)
  const facts: Fact[] = [
    ['Date', day(detail.statementOn)],
    ['Quarter', `${day(detail.statementOn.subtract({ months: 3 }))} – ${day(detail.statementOn.subtract({ days: 1 }))}`],
    ['Currency', detail.currency],
    ['Due', day(detail.dueOn)],
    ...(newest.billTo.purchaseOrder ? ([['Purchase order', plain(newest.billTo.purchaseOrder)]] as Fact[]) : []),
  ]
  return draw(brand, { title, ...detail, billTo: newest.billTo }, (pdf) => {
    documents(pdf, detail, brand, head(pdf, { title, ...detail, billTo: newest.billTo, facts }, brand))
  })
}

type Fact = [name: string, value: string]

/** A document from its first page to its feet. */
function draw(
  brand: Brand,
  { title, number, issuedAt, billTo }: { title: string; number: string; issuedAt: Temporal.Instant; billTo: BillTo },
  content: (pdf: Pdf) => void,
): Promise<Buffer> {
  const pdf = new PDFDocument({
    size: letterCountries.has(billTo.country) ? 'LETTER' : 'A4',
    margins: { top: page.top, bottom: 40, left: page.left, right: 50 },
    bufferPages: true,
    lang: 'en',
    displayTitle: true,
    info: {
      Title: `${title} ${number}`,
      Author: brand.name,
      CreationDate: new Date(issuedAt.epochMilliseconds),
    },
  })
  const chunks: Buffer[] = []
  const done = new Promise<Buffer>((resolve, reject) => {
    pdf.on('data', (chunk: Buffer) => chunks.push(chunk))
    pdf.on('end', () => resolve(Buffer.concat(chunks)))
    pdf.on('error', reject)
  })
  useFonts(pdf)
  content(pdf)
  feet(pdf, `${plain(brand.name)} · ${title} ${number}`)
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
function head(
  pdf: Pdf,
  {
    title,
    number,
    billTo,
    customerTenantId,
    facts,
  }: { title: string; number: string; billTo: BillTo; customerTenantId: string; facts: Fact[] },
  brand: Brand,
): number {
  pdf.rect(0, 0, bandWidth, 8).fill(brand.color)
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
    .text(number, 300, page.top + 24, { width: page.right - 300, align: 'right' })

  const y = 120
  label(pdf, 'Bill to', page.left, y)
  pdf
    .font('Bold')
    .fontSize(10)
    .fillColor(ink)
    .text(plain(billTo.legalName), page.left, y + 14, { width: 220 })
  const { address = {}, country, taxId } = billTo
  const city = [address.postalCode, address.city, address.region].filter(Boolean).join(' ')
  pdf.font('Regular')
  for (const text of [address.line1, address.line2, city, findCountryName(country)]) if (text) pdf.text(plain(text), { width: 260 })
  pdf.fontSize(8).fillColor(faint)
  if (taxId) pdf.text(`Tax number ${taxId}`, { width: 260 })
  pdf.text(`Customer ${customerTenantId}`, { width: 260 })
  const below = pdf.y

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

function factsOf(detail: InvoiceDetail): Fact[] {
  const { purchaseOrder } = detail.billTo
  return [
    ['Date', day(utcDate(detail.issuedAt))],
    ['Billing period', `${day(detail.periodStart)} – ${day(detail.periodEnd)}`],
    ['Currency', detail.currency],
    ...(detail.kind === 'invoice' ? ([['Due', day(detail.dueOn)]] as Fact[]) : []),
    ...(purchaseOrder ? ([['Purchase order', plain(purchaseOrder)]] as Fact[]) : []),
  ]
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
    pdf.rect(0, 0, bandWidth, 8).fill(brand.color)
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

/** The documents of a statement, one a row, and their sums. */
function documents(pdf: Pdf, detail: StatementDetail, brand: Brand, top: number): void {
  const cells = [
    { name: 'Document', x: page.left, width: 120, align: 'left' },
    { name: 'For', x: 175, width: 170, align: 'left' },
    { name: 'Net', x: 345, width: 62, align: 'right' },
    { name: 'Tax', x: 410, width: 62, align: 'right' },
    { name: 'Total', x: 475, width: page.right - 475, align: 'right' },
  ] as const
  const heads = (y: number) => {
    for (const { name, x, width, align } of cells)
      pdf.font('Bold').fontSize(8).fillColor(faint).text(name.toUpperCase(), x, y, { width, align })
    rule(pdf, y + 13)
    return y + 20
  }
  const money = (amount: Decimal) => amountText(amount, detail.currency)
  let y = heads(top)
  for (const row of detail.documents) {
    if (y + 20 > page.bottom) {
      pdf.addPage()
      pdf.rect(0, 0, bandWidth, 8).fill(brand.color)
      y = heads(page.top)
    }
    const texts = [
      row.kind === 'invoice' ? row.number : `${titles[row.kind]} ${row.number}`,
      `${day(row.periodStart)} – ${day(row.periodEnd)}`,
      money(row.net),
      money(row.tax),
      money(row.total),
    ]
    cells.forEach(({ x, width, align }, n) => {
      pdf
        .font('Regular')
        .fontSize(9)
        .fillColor(ink)
        .text(texts[n] as string, x, y, { width, align })
    })
    y += 20
    rule(pdf, y - 4)
  }
  if (y + 90 > page.bottom) {
    pdf.addPage()
    y = page.top
  }
  for (const [name, amount, bold] of [
    ['Net', detail.net, false],
    ['Tax', detail.tax, false],
    ['Total', detail.total, true],
  ] as const) {
    pdf
      .font(bold ? 'Bold' : 'Regular')
      .fontSize(bold ? 11 : 9)
      .fillColor(ink)
    pdf.text(name, 345, y + 8, { width: 80 })
    pdf.text(money(amount), 430, y + 8, { width: page.right - 430, align: 'right' })
    y += 17
  }
  const open = sum(detail.documents.filter((row) => row.state === 'open').map((row) => row.total))
  const sentence = open.isZero()
    ? 'Everything on it is settled.'
    : `Open are ${money(open)}, due ${day(detail.dueOn)}. State ${detail.number} with a transfer.`
  pdf
    .font('Regular')
    .fontSize(9)
    .fillColor(faint)
    .text(sentence, page.left, y + 14, { width: page.right - page.left, align: 'right' })
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
  const open = detail.state === 'open' || detail.state === 'written-off'
  const kept = sum(detail.payments.filter((payment) => payment.state === 'captured').map((payment) => payment.amount))
  if (detail.state === 'returned')
    return `The payment by card was taken back; ${amountText(detail.total.minus(kept), detail.currency)} are open.`
  if (open && !kept.isZero()) {
    return `${amountText(kept, detail.currency)} were set off; ${amountText(detail.total.minus(kept), detail.currency)} are open, due ${day(detail.dueOn)}.`
  }
  if (open && detail.kind === 'invoice' && detail.statementOn) {
    return `Payable with the statement of ${day(detail.statementOn)}, by ${day(detail.dueOn)}.`
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

function feet(pdf: Pdf, text: string): void {
  const { start, count } = pdf.bufferedPageRange()
  for (let n = start; n < start + count; n++) {
    pdf.switchToPage(n)
    // Below the margin, or the text would open another page.
    pdf.page.margins.bottom = 0
    pdf.font('Regular').fontSize(7.5).fillColor(faint)
    pdf.text(text, page.left, page.foot, { lineBreak: false })
    pdf.text(`Page ${n - start + 1} of ${count}`, page.right - 100, page.foot, { width: 100, align: 'right', lineBreak: false })
  }
}
