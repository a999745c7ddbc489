import { publisherResidences } from '../../../kernel/reference-data.ts'
import type { Visit } from '../../ui/portal-access.server.ts'
import { stepWords } from './account-words.ts'

const names = new Map(publisherResidences.map((row) => [row.iso2, row.name]))

/** Accounts by name with what waits for the operator. */
export async function accountList({ domain, read }: Visit, search: string) {
  return read(async (ctx) => {
    const rows = await domain.accounts.listAccounts(ctx, { search })
    const publishers = await domain.accounts.listPublishers(ctx)
    const queue = await domain.accounts.verificationQueue(ctx)
    return {
      queue: queue.map((row) => ({
        key: `${row.accountId} ${row.step}`,
        accountId: row.accountId,
        name: row.legalName,
        step: stepWords[row.step],
        country: names.get(row.country) ?? row.country,
        since: row.changedAt.toString(),
      })),
      accounts: rows.map((row) => ({
        id: row.accountId,
        name: row.legalName,
        country: row.countryName ?? names.get(row.country) ?? row.country,
        type: row.accountType === 'individual' ? 'Individual' : 'Company',
        state: row.status === 'unclaimed' ? 'Not claimed yet' : 'Registered',
        sellerId: row.sellerId ?? '–',
        publishers: publishers.filter((one) => one.accountId === row.accountId).length,
        since: row.createdAt.toString(),
      })),
    }
  })
}

/** One account with its verification, publishers and agreements. */
export async function accountPage({ domain, read }: Visit, accountId: string) {
  return read(async (ctx) => {
    const { accounts } = domain
    const account = await accounts.accountSettings(ctx, accountId)
    const steps = await accounts.verificationOf(ctx, accountId)
    const publishers = await accounts.publishersOfAccount(ctx, accountId)
    const { accepted, missing } = await accounts.agreementsOf(ctx, accountId)
    const address = Object.values(account.address).filter((part) => typeof part === 'string' && part !== '')
    const person = ({ name, email, phone }: typeof account.sellerContact) => [name, email, phone].filter(Boolean).join(', ') || '–'
    return {
      account: {
        id: account.accountId,
        name: account.legalName,
        displayName: account.displayName,
        type: account.accountType === 'individual' ? 'Individual' : 'Company',
        country: account.countryName ?? names.get(account.country) ?? account.country,
        address: address.join(', ') || '–',
        contact: person(account.sellerContact),
        approver: person(account.companyApprover),
        sellerId: account.sellerId ?? '–',
        tenantId: account.tenantId,
        programs: account.programs.map((one) => one.program).join(', ') || '–',
        symantecId: account.symantecId,
        symantecAsked: account.symantecRequestedAt?.toString() ?? null,
      },
      steps: steps.map((row) => ({ step: row.step, state: row.state, reason: row.reason, changedAt: row.changedAt?.toString() ?? null })),
      publishers: publishers.map((row) => ({ id: row.publisherId, name: row.name, status: row.status })),
      agreements: accepted.map((row) => ({
        key: `${row.kind} ${row.version}`,
        title: row.title,
        version: row.version,
        by: row.acceptedAs,
        at: row.acceptedAt.toString(),
      })),
      missing: missing.map((row) => `${row.title}, version ${row.version}`),
    }
  })
}
