import { asc, desc, eq, sql } from 'drizzle-orm'
import { electronicFormatIBAN, isSEPACountry, isValidBIC, isValidIBAN } from 'ibantools'
import { Temporal } from 'temporal-polyfill'
import { authorize } from '../../kernel/authorization.ts'
import { rowsOf, utcDate } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import { conflict, invalid, notFound } from '../../kernel/errors.ts'
import { isUuid, newId } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { Decimal } from '../../kernel/money.ts'
import type { Accounts, BankDetails } from '../accounts/index.ts'
import { creditTransferXml, type CreditTransferVersion, creditTransferVersions } from './credit-transfer.ts'
import { takeNumbers } from './series.ts'
import { sum } from './line.ts'
import { bankFile, payerAccount, type Rail } from './payout-schema.ts'
import type { PayoutTransfers } from './payout-transfers.ts'
import { payout } from './schema.ts'

type PayoutRow = typeof payout.$inferSelect
export type BankFile = typeof bankFile.$inferSelect

export interface BankFileSummary extends BankFile {
  payouts: number
  /** by currency */
  totals: { currency: string; amount: Decimal }[]
  /** payouts that are neither paid nor returned yet */
  open: number
}

/** The account that payouts are made from, as it may be shown. */
export interface PayerAccount {
  holder: string
  accountEnd: string
  changedAt: Temporal.Instant
  changedBy: string
}

/** As the operator enters it: texts of a form. */
export interface PayerAccountInput {
  holder: string
  iban: string
  bic: string
}

export const bankFileFormats = [...creditTransferVersions, 'csv'] as const
export type BankFileFormat = (typeof bankFileFormats)[number]

const purpose = 'payer-account'

/** Handing payouts to the bank: files of transfers, made again from what is stored whenever they are asked for. */
export function createBankFiles(kernel: Kernel, accounts: Accounts, transfers: PayoutTransfers) {
  const { secrets, audit, config } = kernel

  async function payer(ctx: Ctx): Promise<(PayerAccount & { iban: string; bic: string | null }) | null> {
    const [row] = await ctx.tx.select().from(payerAccount)
    if (!row) return null
    const { holder, accountEnd, changedAt, changedBy } = row
    return {
      holder,
      accountEnd,
      changedAt,
      changedBy,
      ...(JSON.parse(secrets.decrypt(row.details, purpose)) as { iban: string; bic: string | null }),
    }
  }

  async function find(ctx: Ctx, id: string): Promise<{ file: BankFile; payouts: PayoutRow[] }> {
    const [file] = isUuid(id) ? await ctx.tx.select().from(bankFile).where(eq(bankFile.id, id)) : []
    if (!file) throw notFound('UnknownBankFile', 'There is no such bank file.', { target: 'file' })
    return { file, payouts: await ctx.tx.select().from(payout).where(eq(payout.bankFile, id)).orderBy(asc(payout.number)) }
  }

  return {
    /** @throws forbidden */
    async payerAccount(ctx: Ctx): Promise<PayerAccount | null> {
      authorize(ctx.principal, 'operator.console')
      const found = await payer(ctx)
      if (!found) return null
      const { holder, accountEnd, changedAt, changedBy } = found
      return { holder, accountEnd, changedAt, changedBy }
    },

    /** Sets the account that payouts are made from. @throws invalid `PayerAccountInvalid` naming each field, forbidden */
    async setPayerAccount(ctx: Ctx, input: PayerAccountInput): Promise<void> {
      authorize(ctx.principal, 'operator.console')
      const holder = input.holder.trim()
      const iban = electronicFormatIBAN(input.iban) ?? ''
      const bic = input.bic.toUpperCase().replaceAll(/\s/g, '')
      const details = []
      if (!/^\P{Cc}{1,70}$/u.test(holder))
        details.push({ code: 'InvalidValue', target: 'holder', message: 'The name has 1 to 70 characters.' })
      if (!isValidIBAN(iban)) details.push({ code: 'IbanInvalid', target: 'iban', message: 'This is not a valid IBAN: check the digits.' })
      if (bic !== '' && !isValidBIC(bic))
        details.push({ code: 'BicInvalid', target: 'bic', message: 'A BIC has 8 or 11 letters and digits.' })
      if (details.length > 0) throw invalid('PayerAccountInvalid', 'The account cannot be saved. See the fields.', { details })
      const row = {
        id: true,
        holder,
        details: secrets.encrypt(JSON.stringify({ iban, bic: bic === '' ? null : bic }), purpose),
        accountEnd: iban.slice(-4),
        changedAt: ctx.now,
        changedBy: ctx.principal.kind === 'user' ? ctx.principal.email : ctx.principal.kind,
      }
      await ctx.tx.insert(payerAccount).values(row).onConflictDoUpdate({ target: payerAccount.id, set: row })
      await audit.record(ctx, { action: 'payer-account.set', target: 'payer-account', after: { holder, accountEnd: row.accountEnd } })
    },

    /**
     * Puts all prepared payouts in files, one a rail, and counts them as sent. Payouts whose publisher has no valid profiles any more stay prepared.
     * @returns ids of the files; none where nothing can be sent
     * @throws conflict `PayerAccountMissing`, invalid `PayOnInvalid`, forbidden
     */
    async createBankFiles(ctx: Ctx, { payOn }: { payOn: string }): Promise<string[]> {
      authorize(ctx.principal, 'operator.console')
      if ((await payer(ctx)) === null) throw conflict('PayerAccountMissing', 'Enter the account that payouts are made from first.')
      const day = dayFrom(payOn, utcDate(ctx.now))
      const prepared = await ctx.tx.select().from(payout).where(eq(payout.state, 'prepared')).orderBy(asc(payout.number)).for('update')
      const ready = await accounts.paymentReadiness(
        ctx,
        prepared.map((row) => row.publisherId),
      )
      const sendable = prepared.flatMap((row) => {
        const { problem, payout: account } = ready.get(row.publisherId) ?? { problem: 'payout-profile-missing', payout: null }
        if (problem !== null || account === null) return []
        const rail: Rail = row.currency === 'EUR' && account.scheme === 'iban' && isSEPACountry(account.country) ? 'sepa' : 'other'
        return [{ row, rail, profile: account.profileId }]
      })
      const files: string[] = []
      for (const [rail, of] of Map.groupBy(sendable, (one) => one.rail)) {
        const [number] = await takeNumbers(ctx, 'bank-file', 1)
        const id = newId<'bank-file'>()
        const createdBy = ctx.principal.kind === 'user' ? ctx.principal.email : ctx.principal.kind
        await ctx.tx.insert(bankFile).values({ id, number: number as string, rail, payOn: day, createdAt: ctx.now, createdBy })
        for (const { row, profile } of of) {
          // The account that is valid now, should the publisher have changed it since the run.
          await ctx.tx.update(payout).set({ bankFile: id, profile }).where(eq(payout.id, row.id))
          await transfers.change(ctx, row.id, 'send', number)
        }
        await audit.record(ctx, {
          action: 'bank-file.create',
          target: number as string,
          after: { rail, payOn: day, payouts: of.map(({ row }) => row.number) },
        })
        files.push(id)
      }
      return files
    },

    /** Newest first. @throws forbidden */
    async bankFiles(ctx: Ctx, limit = 100): Promise<BankFileSummary[]> {
      authorize(ctx.principal, 'operator.console')
      const files = await ctx.tx.select().from(bankFile).orderBy(desc(bankFile.createdAt), desc(bankFile.number)).limit(limit)
      const sums = rowsOf<{ bank_file: string; currency: string; payouts: number; open: number; amount: string }>(
        await ctx.tx.execute(sql`
          select bank_file, currency, count(*)::int as payouts, count(*) filter (where state = 'sent')::int as open, sum(amount)::text as amount
          from billing.payout where bank_file = any(${sql.param(files.map((file) => file.id))}::uuid[]) group by 1, 2 order by 2`),
      )
      return files.map((file) => {
        const of = sums.filter((row) => row.bank_file === file.id)
        return {
          ...file,
          payouts: of.reduce((n, row) => n + row.payouts, 0),
          open: of.reduce((n, row) => n + row.open, 0),
          totals: of.map(({ currency, amount }) => ({ currency, amount: new Decimal(amount) })),
        }
      })
    },

    /** A file with its payouts. @throws not-found `UnknownBankFile`, forbidden */
    async bankFile(ctx: Ctx, id: string): Promise<{ file: BankFile; payouts: PayoutRow[] }> {
      authorize(ctx.principal, 'operator.console')
      return find(ctx, id)
    },

    /**
     * The file itself. Its message id and its times are always the same, so that a bank refuses a second upload.
     * @throws invalid `FormatInvalid`, conflict `PayerAccountMissing`, not-found `UnknownBankFile`, forbidden
     */
    async bankFileContent(
      ctx: Ctx,
      id: string,
      format: string,
    ): Promise<{ fileName: string; type: 'xml' | 'csv'; xml: string; rows: (string | Decimal | null)[][] }> {
      authorize(ctx.principal, 'operator.console')
      const { file, payouts } = await find(ctx, id)
      const chosen = bankFileFormats.find((one) => one === format)
      if (!chosen || (chosen !== 'csv' && file.rail !== 'sepa')) {
        throw invalid(
          'FormatInvalid',
          'This file is to be had as CSV; those of the SEPA rail also as pain.001.001.09 and pain.001.001.03.',
          { target: 'format' },
        )
      }
      const details = await accounts.transferDetails(
        ctx,
        payouts.flatMap((row) => (row.profile ? [row.profile] : [])),
      )
      await audit.record(ctx, { action: 'bank-file.download', target: file.number, after: { format: chosen } })
      const wired = payouts.flatMap((row) => {
        const to = details.get(row.profile ?? '')
        return to ? [{ row, to }] : []
      })
      if (chosen === 'csv') return { fileName: `${file.number}.csv`, type: 'csv', xml: '', rows: csvRows(file, wired) }
      return { fileName: `${file.number}.xml`, type: 'xml', xml: await xml(ctx, chosen, file, wired), rows: [] }
    },

    /** The bank has carried out the file: what was not returned is paid. @throws conflict `NothingToConfirm`, not-found `UnknownBankFile`, forbidden */
    async confirmBankFile(ctx: Ctx, id: string): Promise<number> {
      authorize(ctx.principal, 'operator.console')
      const { file, payouts } = await find(ctx, id)
      const sent = payouts.filter((row) => row.state === 'sent')
      if (sent.length === 0) throw conflict('NothingToConfirm', `No payout of ${file.number} is under way.`)
      for (const row of sent) await transfers.change(ctx, row.id, 'confirm')
      await audit.record(ctx, { action: 'bank-file.confirm', target: file.number, after: { payouts: sent.map((row) => row.number) } })
      return sent.length
    },
  }

  async function xml(ctx: Ctx, version: CreditTransferVersion, file: BankFile, wired: Wired[]): Promise<string> {
    const from = await payer(ctx)
    if (!from) throw conflict('PayerAccountMissing', 'Enter the account that payouts are made from first.')
    return creditTransferXml(version, {
      messageId: file.number,
      createdAt: file.createdAt,
      payOn: file.payOn,
      debtor: { name: from.holder, iban: from.iban, bic: from.bic },
      total: sum(wired.map(({ row }) => row.amount)),
      transfers: wired.map(({ row, to }) => ({
        endToEndId: row.number,
        amount: row.amount,
        creditor: { name: to.holder, iban: to.account, bic: to.bic },
        remittance: `${config.brand.name} payout ${row.number}`,
      })),
    })
  }
}

interface Wired {
  row: PayoutRow
  to: { holder: string; country: string; bank: string | null } & BankDetails
}

function csvRows(file: BankFile, wired: Wired[]): (string | Decimal | null)[][] {
  const header = [
    'File',
    'Pay on',
    'Payout',
    'Publisher',
    'Holder',
    'Country',
    'Bank',
    'Account',
    'BIC',
    'Routing number',
    'Currency',
    'Amount',
  ]
  return [
    header,
    ...wired.map(({ row, to }) => [
      file.number,
      file.payOn.toString(),
      row.number,
      row.publisherId,
      to.holder,
      to.country,
      to.bank,
      to.account,
      to.bic,
      to.routing,
      row.currency,
      row.amount,
    ]),
  ]
}

/** @throws invalid `PayOnInvalid` */
function dayFrom(text: string, today: Temporal.PlainDate): Temporal.PlainDate {
  const wrong = () => invalid('PayOnInvalid', 'Give the day on which the bank shall pay: today or within 60 days.', { target: 'payOn' })
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) throw wrong()
  try {
    const day = Temporal.PlainDate.from(text, { overflow: 'reject' })
    const ahead = today.until(day, { largestUnit: 'days' }).days
    if (ahead >= 0 && ahead <= 60) return day
  } catch {
    // no such day
  }
  throw wrong()
}
