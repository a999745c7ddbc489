import type { Ctx } from '../../kernel/context.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { Accounts } from '../accounts/index.ts'
import type { Directory } from '../directory/index.ts'
import type { Offers, SaasContent } from '../offers/index.ts'
import { offerTypeOf } from '../offers/index.ts'
import { callAll, judge, linkProbes, type Probe, type ProbeAnswer, technicalProbes, type TestCallFormat } from './probes.ts'
import { callStep, error, type Finding, findingsOf, type Step, type Subject, warning } from './steps.ts'
import * as store from './store.ts'
import {
  adviceFindings,
  audienceFindings,
  categoryFindings,
  fileFindings,
  forbiddenFindings,
  htmlFindings,
  listingFindings,
  planFindings,
  priceFindings,
} from './validation.ts'

/** What the standard steps need to know from other rooms. */
export interface StepNeighbours {
  accounts: Pick<Accounts, 'paymentReadiness'>
  offers: Pick<Offers, 'allPrices'>
  directory: Pick<Directory, 'signServiceToken' | 'getApplications'>
}

/** The checks of automated validation, by the names that offer types use. */
export function standardSteps(
  { config, files, outbound }: Pick<Kernel, 'config' | 'files' | 'outbound'>,
  { accounts, offers, directory }: StepNeighbours,
  testCall: () => TestCallFormat,
): Record<'purchase-flow' | 'amendment-configuration' | 'offer-validation', Step> {
  /** Column of the category trees that the offer type chooses from: its definition says so. */
  function categoryColumn(offerType: string): string {
    const fields = offerTypeOf(offerType).pages.flatMap((page) => Object.values(page.fields))
    const column = fields.find((field) => field.kind === 'categories')?.options.column
    return typeof column === 'string' ? column : offerType
  }

  async function titleFindings(ctx: Ctx, { draft, content }: Subject): Promise<Finding[]> {
    const titles = Object.values(content.listing).map((listing) => listing.name)
    const taken = await store.selectTitlesTaken(ctx.tx, draft.offer, titles)
    return taken.map((offerId) => warning('TitleTaken', `Another offer of yours (${offerId}) has the same name.`, 'listing'))
  }

  /** Offers of one account usually share an application: a second one is likely a slip (spec/05 C-16). */
  async function applicationFindings(ctx: Ctx, { draft, content }: Subject): Promise<Finding[]> {
    const { technicalConfiguration: technical } = content
    if (!technical) return []
    const [app] = await directory.getApplications(ctx, [technical.applicationId])
    const target = 'technicalConfiguration.applicationId'
    const another = await store.selectOtherApplication(ctx.tx, draft.offer, technical.applicationId)
    return findingsOf(
      !app &&
        error(
          'ApplicationUnknown',
          `There is no application ${technical.applicationId} in the directory. Register it, then enter its ID.`,
          target,
        ),
      app !== undefined &&
        app.tenantId !== technical.tenantId &&
        !app.multiTenant &&
        error(
          'ApplicationUnknown',
          `The application ${technical.applicationId} belongs to another tenant than ${technical.tenantId}.`,
          target,
        ),
      another !== null &&
        warning('ApplicationsDiffer', `Your offer ${another} uses another application. That is allowed, but seldom meant.`, target),
    )
  }

  /**
   * Nothing is sold for a publisher that cannot be paid (spec/01 §4.6): without validated profiles the preview can be tried, and going live is refused.
   */
  async function paymentFindings(ctx: Ctx, { phase, draft }: Subject): Promise<Finding[]> {
    const { publisherId } = draft.offer
    const problem = (await accounts.paymentReadiness(ctx, [publisherId])).get(publisherId)?.problem
    if (problem === null) return []
    const finding = phase === 'publish' ? error : warning
    const text = 'The tax profile and the payout profile of the publisher must be validated before an offer that is sold goes live.'
    return [finding('PayoutProfilesNotValidated', text, 'setup.listingOption')]
  }

  /** What can be said about an offer without calling anybody. */
  async function contentFindings(ctx: Ctx, subject: Subject): Promise<Finding[]> {
    const { content, draft } = subject
    const words = await store.selectForbiddenWords(ctx.tx)
    return [
      ...listingFindings(content),
      ...adviceFindings(draft),
      ...htmlFindings(content),
      ...forbiddenFindings(content, words),
      ...(await fileFindings(content, files)),
      ...(await titleFindings(ctx, subject)),
      ...(await applicationFindings(ctx, subject)),
    ]
  }

  return {
    /** The offer can be bought: plans, prices in every market, legal categories, and somebody who may try the preview. */
    'purchase-flow': {
      async run(ctx, subject) {
        const { draft, content } = subject
        const { offerType } = draft.offer
        const lists = await offers.allPrices(
          ctx,
          content.plans.map((plan) => plan.priceList),
        )
        const priced = (plan: SaasContent['plans'][number]) =>
          new Set(lists.get(plan.priceList)?.map((price) => `${price.market} ${price.item}`))
        return {
          findings: [
            ...planFindings(content, offerTypeOf(offerType).plans),
            ...content.plans.flatMap((plan) => priceFindings(plan, priced(plan))),
            ...audienceFindings(content),
            ...categoryFindings(content, categoryColumn(offerType)),
            ...(await paymentFindings(ctx, subject)),
          ],
        }
      },
    },

    /** Every amendment says something, and says for whom. */
    'amendment-configuration': {
      async run(_ctx, { content }) {
        const { customAmendments } = content.properties
        return {
          findings: customAmendments.flatMap((amendment, index) =>
            findingsOf(
              amendment.tenantIds.length === 0 &&
                error('AmendmentWithoutTenant', `Custom amendment ${index + 1} names no customer.`, 'properties.terms'),
              amendment.html.trim() === '' && error('AmendmentEmpty', `Custom amendment ${index + 1} has no text.`, 'properties.terms'),
            ),
          ),
        }
      },
    },

    /** Content and technical checks that advise; they never keep the preview from being made (spec/06 PL-15). */
    'offer-validation': callStep<Probe[], ProbeAnswer[]>({
      async prepare(ctx, { draft, content }) {
        const { publisherId, offerId } = draft.offer
        const { technicalConfiguration: technical } = content
        const token = technical ? await directory.signServiceToken(ctx, { aud: technical.applicationId, tid: technical.tenantId }) : ''
        const facts = { publisherId, offerId, at: ctx.now.toString() }
        return [...linkProbes(content), ...(technical ? technicalProbes(content, facts, token, testCall()) : [])]
      },
      perform: (probes) => callAll(outbound, config.mode, probes),
      async finish(ctx, subject, probes, answers) {
        const called = probes.flatMap((probe, index) => judge(config.mode, probe, answers[index] as ProbeAnswer))
        const count = probes.length === 1 ? '1 address was' : `${probes.length} addresses were`
        return { findings: [...(await contentFindings(ctx, subject)), ...called], note: `${count} called.` }
      },
      async withoutCalls(ctx, subject) {
        return { findings: await contentFindings(ctx, subject), note: 'No address was called: the offer was loaded, not submitted.' }
      },
    }),
  }
}
