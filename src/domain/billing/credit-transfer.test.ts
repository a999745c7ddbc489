import { Temporal } from 'temporal-polyfill'
import { expect, test } from 'vitest'
import { create } from 'xmlbuilder2'
import { Decimal } from '../../kernel/money.ts'
import {
  creditTransferVersions,
  creditTransferXml,
  type CreditTransferFile,
  type CreditTransferVersion,
  sepaText,
} from './credit-transfer.ts'

// The part of the ISO 20022 schema that such a file uses: elements in their order, how often, and what their text is.

type Content = RegExp | Sequence
type Sequence = [name: string, times: '1' | '?' | '+', content: Content][]

const text = (most: number) => new RegExp(`^[A-Za-z0-9/?:().,'+ -]{1,${most}}$`)
const iban = /^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/
const bic = /^[A-Z]{6}[A-Z2-9][A-NP-Z0-9]([A-Z0-9]{3})?$/
const amount = /^\d{1,15}\.\d{2}$/
const count = /^\d{1,15}$/
const date = /^\d{4}-\d{2}-\d{2}$/

function schemaOf(version: CreditTransferVersion): Sequence {
  const newer = version === 'pain.001.001.09'
  const agent: Sequence = [
    [
      'FinInstnId',
      '1',
      [
        [newer ? 'BICFI' : 'BIC', '?', bic],
        ['Othr', '?', [['Id', '1', /^NOTPROVIDED$/]]],
      ],
    ],
  ]
  const account: Sequence = [['Id', '1', [['IBAN', '1', iban]]]]
  return [
    [
      'CstmrCdtTrfInitn',
      '1',
      [
        [
          'GrpHdr',
          '1',
          [
            ['MsgId', '1', text(35)],
            ['CreDtTm', '1', /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/],
            ['NbOfTxs', '1', count],
            ['CtrlSum', '?', amount],
            ['InitgPty', '1', [['Nm', '?', text(70)]]],
          ],
        ],
        [
          'PmtInf',
          '+',
          [
            ['PmtInfId', '1', text(35)],
            ['PmtMtd', '1', /^TRF$/],
            ['BtchBookg', '?', /^(true|false)$/],
            ['NbOfTxs', '?', count],
            ['CtrlSum', '?', amount],
            ['PmtTpInf', '?', [['SvcLvl', '1', [['Cd', '1', /^SEPA$/]]]]],
            ['ReqdExctnDt', '1', newer ? [['Dt', '1', date]] : date],
            ['Dbtr', '1', [['Nm', '1', text(70)]]],
            ['DbtrAcct', '1', account],
            ['DbtrAgt', '1', agent],
            ['ChrgBr', '?', /^SLEV$/],
            [
              'CdtTrfTxInf',
              '+',
              [
                ['PmtId', '1', [['EndToEndId', '1', text(35)]]],
                ['Amt', '1', [['InstdAmt', '1', amount]]],
                ['CdtrAgt', '?', agent],
                ['Cdtr', '1', [['Nm', '1', text(70)]]],
                ['CdtrAcct', '1', account],
                ['RmtInf', '?', [['Ustrd', '1', text(140)]]],
              ],
            ],
          ],
        ],
      ],
    ],
  ]
}

/** What the checks read of a parsed document. */
interface XmlElement {
  nodeType: number
  localName: string
  namespaceURI: string | null
  textContent: string | null
  childNodes: Iterable<XmlElement>
  getAttribute(name: string): string | null
  getElementsByTagName(name: string): Iterable<XmlElement>
}

const parse = (xml: string) => create(xml).root().node as unknown as XmlElement

/** What of the element breaks the schema. */
function problems(element: XmlElement, content: Content, path: string): string[] {
  const children = [...element.childNodes].filter((node) => node.nodeType === 1)
  if (content instanceof RegExp) {
    const value = element.textContent ?? ''
    return children.length === 0 && content.test(value) ? [] : [`${path}: ${value}`]
  }
  const found: string[] = []
  let n = 0
  for (const [name, times, inner] of content) {
    let seen = 0
    while (children[n]?.localName === name && (seen === 0 || times === '+')) {
      found.push(...problems(children[n] as XmlElement, inner, `${path}/${name}`))
      n++
      seen++
    }
    if (seen === 0 && times !== '?') found.push(`${path}/${name} is missing`)
  }
  const extra = children[n]
  return extra ? [...found, `${path}/${extra.localName} is out of place`] : found
}

const file: CreditTransferFile = {
  messageId: 'BF-000001',
  createdAt: Temporal.Instant.from('2027-01-15T00:00:00.123456Z'),
  payOn: Temporal.PlainDate.from('2027-01-18'),
  debtor: { name: 'Marktplatz & Söhne', iban: 'DE02120300000000202051', bic: 'BYLADEM1001' },
  total: new Decimal('1234.50'),
  transfers: [
    {
      endToEndId: 'PO-000001',
      amount: new Decimal('1000'),
      creditor: { name: 'Fabrikam <Inc> "Köln"', iban: 'DE89370400440532013000', bic: 'COBADEFFXXX' },
      remittance: 'Stoa payout PO-000001',
    },
    {
      endToEndId: 'PO-000002',
      amount: new Decimal('234.5'),
      creditor: { name: 'Ελλάδα ΑΕ', iban: 'GR1601101250000000012300695', bic: null },
      remittance: 'Stoa payout PO-000002',
    },
  ],
}

test.each(creditTransferVersions)('a bank file follows the structure of %s', (version) => {
  const document = parse(creditTransferXml(version, file))
  expect(document.localName).toBe('Document')
  expect(document.namespaceURI).toBe(`urn:iso:std:iso:20022:tech:xsd:${version}`)
  expect(problems(document, schemaOf(version), '')).toEqual([])
  const all = (name: string) => [...document.getElementsByTagName(name)]
  expect(all('*').every((element) => element.namespaceURI === document.namespaceURI)).toBe(true)
  expect(all('NbOfTxs').map((element) => element.textContent)).toEqual(['2', '2'])
  expect(all('CtrlSum').map((element) => element.textContent)).toEqual(['1234.50', '1234.50'])
  expect(all('InstdAmt').map((element) => [element.getAttribute('Ccy'), element.textContent])).toEqual([
    ['EUR', '1000.00'],
    ['EUR', '234.50'],
  ])
  expect(all('Nm').map((element) => element.textContent)).toEqual([
    'Marktplatz + Sohne',
    'Marktplatz + Sohne',
    'Fabrikam .Inc. .Koln.',
    '...... ..',
  ])
  expect(all('CdtrAgt')).toHaveLength(1)
})

test('the check of the structure finds what is wrong', () => {
  const wrong = creditTransferXml('pain.001.001.03', file).replaceAll('BIC>', 'BICFI>').replace('<PmtMtd>TRF</PmtMtd>', '')
  const document = parse(wrong)
  expect(problems(document, schemaOf('pain.001.001.03'), '')).toEqual(
    expect.arrayContaining(['/CstmrCdtTrfInitn/PmtInf/PmtMtd is missing', expect.stringContaining('BICFI is out of place')]),
  )
})

test('texts of a bank file have only letters that every bank takes', () => {
  expect(sepaText('Łódź Straße Ærø Crème “brûlée”', 70)).toBe('Lodz Strasse AEro Creme .brulee.')
  expect(sepaText('//a//b', 70)).toBe('a/b')
  expect(sepaText('x'.repeat(200), 70)).toHaveLength(70)
  expect(sepaText('株式会社', 70)).toBe('....')
  expect(sepaText('a\u0000\nb', 70)).toBe('a..b')
})
