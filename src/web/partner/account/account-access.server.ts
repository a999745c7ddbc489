import type { RouterContextProvider } from 'react-router'
import type { SellerAccount } from '../../../domain/accounts/index.ts'
import { type Action, allows } from '../../../kernel/authorization.ts'
import { enter, refuse, type Visit } from '../../ui/portal-access.server.ts'

/** A visit to one seller account's page. */
export interface AccountVisit extends Visit {
  account: SellerAccount
  /** `/partner/accounts/<id>` */
  base: string
}

interface AccountArgs {
  request: Request
  context: Readonly<RouterContextProvider>
  params: { account: string }
}

/**
 * The accounts whose pages somebody may open: those one works for, and for the marketplace's staff the one that is asked for, of which they
 * may read what their permissions name.
 */
export async function accountsFor({ user, domain, read }: Pick<Visit, 'user' | 'domain' | 'read'>, asked: string | undefined) {
  return read(async (ctx): Promise<SellerAccount[]> => {
    const own = await domain.accounts.accountsOf(ctx, user)
    if (asked === undefined || own.some((one) => one.accountId === asked) || !allows(user, 'operator.console')) return own
    const { accountId, tenantId, legalName, country } = await domain.accounts.accountSettings(ctx, asked)
    return [...own, { accountId: accountId as SellerAccount['accountId'], tenantId, legalName, country }]
  })
}

/**
 * Who visits which account's page. An account that does not exist and one that the visitor does not work for answer alike, so that nobody can
 * ask who sells here; a role that lacks the page is told so. The account is in the address: two tabs never mix two accounts.
 */
export async function enterAccount(args: AccountArgs, action: Action): Promise<AccountVisit> {
  const visit = await enter(args, 'session.use')
  const { user } = visit
  const account = (await accountsFor(visit, args.params.account)).find((one) => one.accountId === args.params.account)
  if (!account) throw refuse(404, 'You work for no account with this id.')
  if (!allows(user, action, { tenantId: account.tenantId, accountId: account.accountId })) {
    throw refuse(403, 'Your role does not include this page. Ask an owner or manager of the account for access.')
  }
  return { ...visit, account, base: `/partner/accounts/${account.accountId}` }
}
