import type { PaymentProfiles } from '../../../domain/accounts/index.ts'
import { publisherCountries } from '../../../kernel/reference-data.ts'
import type { PublisherVisit } from '../publisher-access.server.ts'

export const countryName = (iso2: string) => publisherCountries.find((one) => one.iso2 === iso2)?.name ?? iso2

/** Countries for a choice, by name. */
export const countryOptions = publisherCountries
  .map((one) => ({ value: one.iso2, label: one.name }))
  .toSorted((a, b) => a.label.localeCompare(b.label))

/** Payout and tax profiles as their page shows them. */
export async function profilesView(visit: PublisherVisit) {
  const { domain, publisher, read } = visit
  return read(async (ctx) => {
    const { account, tax, payout, taxVersions, payoutVersions } = await domain.accounts.paymentProfiles(ctx, publisher.publisherId)
    const held = await domain.accounts.payoutsHeld(ctx, [publisher.publisherId], ctx.now.add({ nanoseconds: 1000 }))
    const problem = (await domain.accounts.paymentReadiness(ctx, [publisher.publisherId])).get(publisher.publisherId)?.problem ?? null
    return {
      seller: { name: account.legalName, country: countryName(account.country), code: account.country },
      problem,
      held: held.size > 0,
      tax: tax && taxFacts(tax),
      payout: payout && payoutFacts(payout),
      earlier: [
        ...taxVersions.slice(1).map((one) => ({
          id: one.profileId,
          what: `Tax profile, form ${one.form}`,
          status: one.status,
          at: one.submittedAt.toString(),
          by: one.submittedBy,
        })),
        ...payoutVersions.slice(1).map((one) => ({
          id: one.profileId,
          what: `Bank account ending in ${one.accountEnd}`,
          status: one.status,
          at: one.submittedAt.toString(),
          by: one.submittedBy,
        })),
      ].toSorted((a, b) => (a.at < b.at ? 1 : -1)),
    }
  })
}

function taxFacts(tax: NonNullable<PaymentProfiles['tax']>) {
  return {
    status: tax.status,
    reason: tax.reason,
    form: tax.form,
    entityType: tax.entityType,
    legalName: tax.legalName,
    residence: countryName(tax.residence),
    residenceCode: tax.residence,
    citizenship: tax.citizenship ?? '',
    numberEnd: tax.taxNumberEnd,
    treatyRate: tax.treatyRate?.toString() ?? null,
    treatyArticle: tax.treatyArticle,
    signedBy: tax.signedBy,
    submittedAt: tax.submittedAt.toString(),
    decidedAt: tax.decidedAt?.toString() ?? null,
  }
}

function payoutFacts(payout: NonNullable<PaymentProfiles['payout']>) {
  return {
    status: payout.status,
    reason: payout.reason,
    holder: payout.holder,
    country: countryName(payout.country),
    currency: payout.currency,
    bank: payout.bank,
    accountEnd: payout.accountEnd,
    submittedAt: payout.submittedAt.toString(),
    submittedBy: payout.submittedBy,
    decidedAt: payout.decidedAt?.toString() ?? null,
  }
}
