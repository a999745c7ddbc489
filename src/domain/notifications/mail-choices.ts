import { and, eq } from 'drizzle-orm'
import { type Ctx, type UserPrincipal } from '../../kernel/context.ts'
import { invalid } from '../../kernel/errors.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { Directory } from '../directory/index.ts'
import { mailChoice } from './schema.ts'

/** A kind of mail that people of a customer may switch off. */
interface MailKind {
  id: string
  label: string
  /** what it is, in a sentence */
  meaning: string
  /** templates of the mails that belong to it */
  templates: readonly string[]
  /** who gets such mails: administrators decide and pay, publishers are people of a seller account */
  for: 'everybody' | 'administrators' | 'publishers'
}

/** What may be switched off. Every other mail is always sent: access, missing payments, what is about to end. */
const mailKinds: readonly MailKind[] = [
  {
    id: 'purchases',
    label: 'Purchases',
    meaning: 'What you have bought and how to configure it.',
    templates: ['configure-now'],
    for: 'everybody',
  },
  {
    id: 'answers',
    label: 'Answers to your requests',
    meaning: 'Somebody has approved or denied what you asked for.',
    templates: ['request-approved', 'request-denied', 'request-expired'],
    for: 'everybody',
  },
  {
    id: 'requests',
    label: 'Requests that wait for you',
    meaning: 'Somebody asks for a purchase that you may approve.',
    templates: ['request-waiting'],
    for: 'administrators',
  },
  {
    id: 'invoices',
    label: 'Invoices',
    meaning: 'New invoices, credit notes and statements. Missing payments are always mailed.',
    templates: ['invoice', 'credit-note', 'statement', 'payment-received'],
    for: 'administrators',
  },
  {
    id: 'publishing',
    label: 'Publishing',
    meaning: 'A preview is ready, an offer is live, certification has decided.',
    templates: ['offer-update-preview', 'offer-sign-off', 'offer-certification-report', 'offer-live', 'offer-publishing-cancelled'],
    for: 'publishers',
  },
  {
    id: 'leads',
    label: 'Leads',
    meaning: 'Somebody is interested in an offer.',
    templates: ['lead-created'],
    for: 'publishers',
  },
  {
    id: 'profiles',
    label: 'Payout and tax profiles',
    meaning: 'A profile has been validated. What failed or was changed is always mailed.',
    templates: ['tax-profile-validated', 'payout-profile-validated'],
    for: 'publishers',
  },
]

const kindOf = new Map(mailKinds.flatMap((kind) => kind.templates.map((template) => [template, kind.id] as const)))

/** Which mails the people of customers want. Mail is asked by address, as it is sent; who has no account here gets all of it. */
export function createMailChoices(kernel: Kernel, directory: Pick<Directory, 'findUserByEmail'>) {
  kernel.mail.setFilter(async (ctx, { to, template }) => {
    const kind = kindOf.get(template)
    if (kind === undefined) return true
    const user = await directory.findUserByEmail(ctx, to)
    if (!user) return true
    const [choice] = await ctx.tx
      .select({ wanted: mailChoice.wanted })
      .from(mailChoice)
      .where(and(eq(mailChoice.person, user.objectId), eq(mailChoice.kind, kind)))
    return choice?.wanted ?? true
  })

  function self(ctx: Ctx): UserPrincipal {
    if (ctx.principal.kind !== 'user') throw invalid('PersonNeeded', 'Mail is chosen by a person.')
    return ctx.principal
  }

  return {
    /** What may be switched off, in the order of pages. */
    mailKinds: (): readonly MailKind[] => mailKinds,

    /** The signed-in person's choice for every kind of mail; what nothing was chosen about is sent. */
    async mailChoices(ctx: Ctx): Promise<Map<string, boolean>> {
      const rows = await ctx.tx
        .select({ kind: mailChoice.kind, wanted: mailChoice.wanted })
        .from(mailChoice)
        .where(eq(mailChoice.person, self(ctx).objectId))
      const chosen = new Map(rows.map(({ kind, wanted }) => [kind, wanted]))
      return new Map(mailKinds.map(({ id }) => [id, chosen.get(id) ?? true]))
    },

    /** Sets which kinds the signed-in person gets. @throws invalid `UnknownMailKind` */
    async chooseMail(ctx: Ctx, choices: Readonly<Record<string, boolean>>): Promise<void> {
      const { objectId } = self(ctx)
      const unknown = Object.keys(choices).find((kind) => !mailKinds.some(({ id }) => id === kind))
      if (unknown !== undefined) throw invalid('UnknownMailKind', `There is no kind of mail ${unknown.slice(0, 40)}.`, { target: 'kind' })
      for (const [kind, wanted] of Object.entries(choices)) {
        await ctx.tx
          .insert(mailChoice)
          .values({ person: objectId, kind, wanted })
          .onConflictDoUpdate({ target: [mailChoice.person, mailChoice.kind], set: { wanted } })
      }
    },
  }
}
