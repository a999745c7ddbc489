import { asc, desc, eq } from 'drizzle-orm'
import { Temporal } from 'temporal-polyfill'
import { z } from 'zod'
import { authorize } from '../../kernel/authorization.ts'
import type { Ctx } from '../../kernel/context.ts'
import { violatedConstraint } from '../../kernel/database.ts'
import { conflict } from '../../kernel/errors.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { firstAgreements } from '../../kernel/reference-data.ts'
import { checkedForm, neededLine } from './form-shape.ts'
import { agreementAcceptance, agreementVersion, type ProgramName, program, type SellerAgreementKind } from './schema.ts'
import { accountFor, nameOf, programsOf } from './seller-account.ts'

/** A text that sellers agree to. */
export type SellerAgreement = typeof agreementVersion.$inferSelect

/** That an account agreed to a version, who did it for the account, and when. */
export interface Acceptance {
  kind: SellerAgreementKind
  title: string
  version: string
  acceptedAt: Temporal.Instant
  acceptedAs: string
}

/** A version as the operator enters it: texts of a form. */
export interface NewAgreement {
  kind: string
  version: string
  title: string
  body: string
}

const shape = z.object({
  kind: z.enum(['publisher', 'partner-network'], { message: 'Choose the agreement.' }),
  version: z
    .string()
    .trim()
    .regex(/^[0-9A-Za-z][0-9A-Za-z. -]{0,29}$/, 'A version is a short text like 8.1.'),
  title: neededLine('The title', 120, 'Give the title.'),
  body: z
    .string()
    .trim()
    .min(1, 'Enter the text.')
    .max(200_000, 'The text has at most 200,000 characters.')
    .regex(/^(?:\P{Cc}|[\r\n\t])*$/u, 'The text has characters that cannot be printed.'),
})

/** The agreements that a program asks for. */
const asks: Record<ProgramName, SellerAgreementKind | null> = {
  'commercial-marketplace': 'publisher',
  'partner-network': 'partner-network',
  reseller: null,
  developer: null,
}

const announceAgreement = 'accounts.agreement-mail'

/** Use cases of what sellers agree to: versions, acceptances, and what is still to be accepted (spec/01 §4.5). */
export function createAgreements(kernel: Kernel, tellOwners: (ctx: Ctx, accountId: string, mail: OwnersMail) => Promise<void>) {
  const { audit, jobs } = kernel

  /** Every version of a kind or of all, the newest first. The first one came with Stoa. */
  async function versions(ctx: Ctx): Promise<SellerAgreement[]> {
    const rows = await ctx.tx.select().from(agreementVersion).orderBy(desc(agreementVersion.publishedAt), desc(agreementVersion.version))
    const first = firstAgreements.map((one) => ({
      ...one,
      publishedAt: Temporal.Instant.from(`${one.publishedAt}T00:00:00Z`),
      publishedBy: 'system',
    }))
    return [...rows, ...first]
  }

  async function inForce(ctx: Ctx): Promise<Record<SellerAgreementKind, SellerAgreement>> {
    const all = await versions(ctx)
    const of = (kind: SellerAgreementKind) => all.find((one) => one.kind === kind) as SellerAgreement
    return { publisher: of('publisher'), 'partner-network': of('partner-network') }
  }

  /**
   * Writes down that an account agrees to the version in force.
   * @param version what the person has read
   * @throws conflict `AgreementChanged` when another one is in force
   */
  async function accept(ctx: Ctx, accountId: string, kind: SellerAgreementKind, version: string): Promise<void> {
    const current = (await inForce(ctx))[kind]
    if (current.version !== version) {
      throw conflict('AgreementChanged', `Version ${current.version} of the ${current.title} is in force now. Read it and accept it.`, {
        target: kind,
      })
    }
    await record(ctx, { accountId, kind, version, acceptedAt: ctx.now, acceptedAs: nameOf(ctx) })
    await audit.record(ctx, { action: 'agreement.accept', target: `account:${accountId}`, after: { kind, version } })
  }

  async function record(
    ctx: Ctx,
    row: { accountId: string; kind: SellerAgreementKind; version: string; acceptedAt: Temporal.Instant; acceptedAs: string },
  ): Promise<void> {
    const acceptedBy = ctx.principal.kind === 'user' ? ctx.principal.objectId : null
    await ctx.tx
      .insert(agreementAcceptance)
      .values({ ...row, acceptedBy })
      .onConflictDoNothing()
  }

  async function acceptances(ctx: Ctx, accountId: string) {
    return ctx.tx
      .select()
      .from(agreementAcceptance)
      .where(eq(agreementAcceptance.accountId, accountId))
      .orderBy(desc(agreementAcceptance.acceptedAt), asc(agreementAcceptance.kind))
  }

  /** Versions in force that an account still has to accept, by the programs it is registered for. */
  async function missing(ctx: Ctx, accountId: string): Promise<SellerAgreement[]> {
    const current = await inForce(ctx)
    const kinds = new Set((await programsOf(ctx, accountId)).map((one) => asks[one]))
    const done = await acceptances(ctx, accountId)
    return Object.values(current).filter(
      ({ kind, version }) => kinds.has(kind) && !done.some((one) => one.kind === kind && one.version === version),
    )
  }

  jobs.register<{ kind: SellerAgreementKind; version: string }>(announceAgreement, async ({ kind, version }) => {
    await kernel.run({ kind: 'system' }, async (ctx) => {
      const current = (await inForce(ctx))[kind]
      if (current.version !== version) return
      const asked = (Object.keys(asks) as ProgramName[]).filter((one) => asks[one] === kind)
      const accounts = await ctx.tx.selectDistinct({ accountId: program.accountId, name: program.program }).from(program)
      for (const { accountId } of accounts.filter((one) => asked.includes(one.name))) {
        if (!(await missing(ctx, accountId)).some((one) => one.kind === kind)) continue
        await tellOwners(ctx, accountId, {
          template: 'agreement-version',
          subject: `${current.title}: version ${version} waits for your acceptance`,
          lines: [`Version ${version} of the ${current.title} is in force.`, 'Please read it and accept it in Partner Center.'],
          page: 'agreements',
        })
      }
    })
  })

  return {
    acceptAgreement: accept,
    recordAcceptance: record,
    agreementsInForce: inForce,
    missingAgreements: missing,

    useCases: {
      /** The agreements as enrolment shows them: the version in force of each kind. */
      agreementsInForce: inForce,

      /** Every version that was ever published, the newest first (operator). @throws forbidden */
      async agreementVersions(ctx: Ctx): Promise<SellerAgreement[]> {
        authorize(ctx.principal, 'operator.console')
        return versions(ctx)
      },

      /**
       * Publishes a new version: from now on every account of the programs that need it is asked to accept it.
       * @throws invalid `AgreementInvalid` naming each field, conflict `VersionTaken`, forbidden
       */
      async publishAgreement(ctx: Ctx, input: NewAgreement): Promise<void> {
        authorize(ctx.principal, 'operator.console')
        const given = checkedForm(shape, input, 'AgreementInvalid')
        const taken = conflict('VersionTaken', `There is a version ${given.version} already.`, { target: 'version' })
        if (firstAgreements.some((one) => one.kind === given.kind && one.version === given.version)) throw taken
        try {
          await ctx.tx.insert(agreementVersion).values({ ...given, publishedAt: ctx.now, publishedBy: nameOf(ctx) })
        } catch (error) {
          if (violatedConstraint(error) === 'agreement_version_pkey') throw taken
          throw error
        }
        await audit.record(ctx, {
          action: 'agreement.publish',
          target: `agreement:${given.kind}`,
          after: { version: given.version, title: given.title },
        })
        await jobs.send(ctx, announceAgreement, { kind: given.kind, version: given.version })
      },

      /** What an account has accepted, the newest first, and what it still has to. @throws forbidden, not-found `UnknownAccount` */
      async agreementsOf(ctx: Ctx, accountId: string): Promise<{ accepted: Acceptance[]; missing: SellerAgreement[] }> {
        await accountFor(ctx, accountId, 'seller-account.read')
        const all = await versions(ctx)
        const accepted = (await acceptances(ctx, accountId)).map(({ kind, version, acceptedAt, acceptedAs }) => ({
          kind,
          version,
          acceptedAt,
          acceptedAs,
          title: all.find((one) => one.kind === kind && one.version === version)?.title ?? kind,
        }))
        return { accepted, missing: await missing(ctx, accountId) }
      },

      /** One version of an agreement as an account may read it; null when there is none. @throws forbidden, not-found `UnknownAccount` */
      async agreementText(ctx: Ctx, accountId: string, kind: string, version: string): Promise<SellerAgreement | null> {
        await accountFor(ctx, accountId, 'seller-account.read')
        return (await versions(ctx)).find((one) => one.kind === kind && one.version === version) ?? null
      },

      /**
       * A person accepts the version in force for the account.
       * @throws conflict `AgreementChanged`, forbidden, not-found `UnknownAccount`
       */
      async acceptForAccount(ctx: Ctx, accountId: string, kind: SellerAgreementKind, version: string): Promise<void> {
        await accountFor(ctx, accountId, 'seller-account.manage')
        await accept(ctx, accountId, kind, version)
      },
    },
  }
}

/** A mail to the owners of an account, with the page of the account that it is about. */
export interface OwnersMail {
  template: string
  subject: string
  lines: string[]
  page: string
}
