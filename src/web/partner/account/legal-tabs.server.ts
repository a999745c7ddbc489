import { refuse } from '../../ui/portal-access.server.ts'
import type { AccountVisit } from './account-access.server.ts'

type Tab = 'partner' | 'reseller' | 'developer'

/** Which programs show which tab of Legal info (spec/01 §4.1). */
const tabPrograms: readonly { tab: Tab; label: string; programs: readonly string[] }[] = [
  { tab: 'partner', label: 'Partner', programs: ['partner-network'] },
  { tab: 'reseller', label: 'Reseller', programs: ['reseller'] },
  { tab: 'developer', label: 'Developer', programs: ['developer', 'commercial-marketplace'] },
]

/** The tabs of Legal info that the account's programs give it. */
export async function legalTabs(visit: AccountVisit): Promise<{ tab: Tab; to: string; label: string }[]> {
  const { programs } = await visit.read((ctx) => visit.domain.accounts.accountSettings(ctx, visit.account.accountId))
  const has = new Set<string>(programs.map((one) => one.program))
  return tabPrograms
    .filter((one) => one.programs.some((name) => has.has(name)))
    .map(({ tab, label }) => ({ tab, label, to: `${visit.base}/legal/${tab}` }))
}

/** What every tab of Legal info shows from; a tab of a program that the account is not in does not exist. */
export async function legalView(visit: AccountVisit, tab: Tab) {
  const tabs = await legalTabs(visit)
  if (!tabs.some((one) => one.tab === tab)) throw refuse(404, 'This account is in no program with this page.')
  const settings = await visit.read((ctx) => visit.domain.accounts.accountSettings(ctx, visit.account.accountId))
  return { tabs: tabs.map(({ to, label }) => ({ to, label })), settings }
}
