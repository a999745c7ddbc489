import type { Temporal } from 'temporal-polyfill'
import type { OfferKey, PlanKey } from './offer.ts'

/** One section of a draft as stored: an instance, in the words of the submission APIs. */
export interface Section {
  id: string
  plan: PlanKey | null
  module: string
  /** Language, or empty. */
  variant: string
  revision: number
  content: Record<string, unknown>
  priceList: string | null
  modifiedAt: Temporal.Instant
  frozen: boolean
}

export interface Offer {
  id: OfferKey
  publisherId: string
  accountId: string
  tenantId: string
  offerId: string
  offerType: string
  alias: string
  revision: number
  createdAt: Temporal.Instant
  modifiedAt: Temporal.Instant
  publishedAt: Temporal.Instant | null
  /** set for a draft that was deleted */
  deletedAt: Temporal.Instant | null
}

export interface Plan {
  id: PlanKey
  offer: OfferKey
  planId: string
  position: number
  createdAt: Temporal.Instant
  publishedAt: Temporal.Instant | null
}

export interface SectionAddress {
  module: string
  /** planId, for sections of a plan */
  plan?: string | undefined
  variant?: string | undefined
}

/** All sections of an offer at one moment (the draft, what was submitted, or what is live), as rules and assembly read them. */
export class DraftView {
  readonly offer: Offer
  readonly plans: Plan[]
  readonly sections: Section[]
  /** planId → number of tenants in the private audience */
  readonly audienceSizes: ReadonlyMap<string, number>
  readonly #byAddress = new Map<string, Section>()

  constructor(offer: Offer, plans: Plan[], sections: Section[], audienceSizes: ReadonlyMap<string, number>) {
    this.offer = offer
    this.plans = plans
    this.sections = sections
    this.audienceSizes = audienceSizes
    const planIds = new Map(plans.map((plan) => [plan.id, plan.planId]))
    for (const section of sections) {
      const plan = section.plan === null ? '' : planIds.get(section.plan)
      if (plan !== undefined) this.#byAddress.set(`${section.module}\n${plan}\n${section.variant}`, section)
    }
  }

  find({ module, plan = '', variant = '' }: SectionAddress): Section | undefined {
    return this.#byAddress.get(`${module}\n${plan}\n${variant}`)
  }

  content<C = Record<string, unknown>>(address: SectionAddress): Partial<C> {
    return (this.find(address)?.content ?? {}) as Partial<C>
  }

  /** The same draft with one section in another state. */
  with(section: Section): DraftView {
    const others = this.sections.filter(
      (one) => one.plan !== section.plan || one.module !== section.module || one.variant !== section.variant,
    )
    return new DraftView(this.offer, this.plans, [...others, section], this.audienceSizes)
  }

  /** Languages in which a section exists, `en` first. */
  variants(module: string, plan = ''): string[] {
    const found = [...this.#byAddress.values()].filter((section) => section.module === module && this.#planOf(section) === plan)
    return found.map((section) => section.variant).sort((a, b) => Number(b === 'en') - Number(a === 'en') || (a < b ? -1 : 1))
  }

  #planOf(section: Section): string | undefined {
    return section.plan === null ? '' : this.plans.find((plan) => plan.id === section.plan)?.planId
  }
}
