import { create } from 'xmlbuilder2'
import type { Temporal } from 'temporal-polyfill'
import type { Decimal } from '../../kernel/money.ts'

/** Versions of the ISO 20022 customer credit transfer initiation that banks take for SEPA. */
export const creditTransferVersions = ['pain.001.001.09', 'pain.001.001.03'] as const
export type CreditTransferVersion = (typeof creditTransferVersions)[number]

export interface CreditTransfer {
  /** found again on both account statements; at most 35 characters */
  endToEndId: string
  amount: Decimal
  creditor: { name: string; iban: string; bic: string | null }
  /** what the creditor reads */
  remittance: string
}

export interface CreditTransferFile {
  messageId: string
  createdAt: Temporal.Instant
  /** the day on which the bank is asked to pay */
  payOn: Temporal.PlainDate
  debtor: { name: string; iban: string; bic: string | null }
  transfers: readonly CreditTransfer[]
  /** of all amounts */
  total: Decimal
}

/**
 * Credit transfers in euro as a bank takes them: one payment information block, service level SEPA, charges shared. The message id tells the bank a
 * repeated upload from a second one.
 */
export function creditTransferXml(version: CreditTransferVersion, file: CreditTransferFile): string {
  const newer = version === 'pain.001.001.09'
  const count = String(file.transfers.length)
  const total = file.total.toFixed(2)
  const agent = (bic: string | null) =>
    bic === null ? { FinInstnId: { Othr: { Id: 'NOTPROVIDED' } } } : { FinInstnId: { [newer ? 'BICFI' : 'BIC']: bic } }
  const content = {
    CstmrCdtTrfInitn: {
      GrpHdr: {
        MsgId: sepaText(file.messageId, 35),
        CreDtTm: file.createdAt.toString({ smallestUnit: 'second' }),
        NbOfTxs: count,
        CtrlSum: total,
        InitgPty: { Nm: sepaText(file.debtor.name, 70) },
      },
      PmtInf: {
        PmtInfId: sepaText(file.messageId, 35),
        PmtMtd: 'TRF',
        BtchBookg: 'true',
        NbOfTxs: count,
        CtrlSum: total,
        PmtTpInf: { SvcLvl: { Cd: 'SEPA' } },
        ReqdExctnDt: newer ? { Dt: file.payOn.toString() } : file.payOn.toString(),
        Dbtr: { Nm: sepaText(file.debtor.name, 70) },
        DbtrAcct: { Id: { IBAN: file.debtor.iban } },
        DbtrAgt: agent(file.debtor.bic),
        ChrgBr: 'SLEV',
        CdtTrfTxInf: file.transfers.map((transfer) => ({
          PmtId: { EndToEndId: sepaText(transfer.endToEndId, 35) },
          Amt: { InstdAmt: { '@Ccy': 'EUR', '#': transfer.amount.toFixed(2) } },
          ...(transfer.creditor.bic === null ? {} : { CdtrAgt: agent(transfer.creditor.bic) }),
          Cdtr: { Nm: sepaText(transfer.creditor.name, 70) },
          CdtrAcct: { Id: { IBAN: transfer.creditor.iban } },
          RmtInf: { Ustrd: sepaText(transfer.remittance, 140) },
        })),
      },
    },
  }
  const document = create({ version: '1.0', encoding: 'UTF-8' })
    .ele(`urn:iso:std:iso:20022:tech:xsd:${version}`, 'Document')
    .ele(content)
    .doc()
  return `${document.end({ prettyPrint: true })}\n`
}

/** Letters that fold to more than one. */
const folded: Record<string, string> = {
  ß: 'ss',
  Æ: 'AE',
  æ: 'ae',
  Ø: 'O',
  ø: 'o',
  Œ: 'OE',
  œ: 'oe',
  Ł: 'L',
  ł: 'l',
  Đ: 'D',
  đ: 'd',
  '&': '+',
}

/** A text in the letters that every SEPA bank takes (EPC217-08): accents are dropped, anything else becomes a point. */
export function sepaText(text: string, most: number): string {
  return text
    .replaceAll(/[ßÆæØøŒœŁłĐđ&]/g, (letter) => folded[letter] ?? '.')
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^A-Za-z0-9/?:().,'+ -]/gu, '.')
    .replace(/^\/+/, '')
    .replaceAll('//', '/')
    .trim()
    .slice(0, most)
    .trim()
}
