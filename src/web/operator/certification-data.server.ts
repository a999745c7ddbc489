import type { CertificationCase, CheckResult, Finding } from '../../domain/publishing/index.ts'
import { plainListing } from '../ui/listing-words.ts'
import type { Visit } from '../ui/portal-access.server.ts'

const caseRow = (row: CertificationCase) => ({
  id: row.submission,
  title: row.title,
  offer: `${row.publisherId}.${row.offerId}`,
  type: row.typeLabel,
  kind: row.isUpdate ? 'Update' : 'New offer',
  number: row.number,
  mode: row.mode,
  waitingSince: row.openedAt.toString(),
  assignedTo: row.assignedTo,
  assignedName: row.assignedName,
  outcome: row.outcome,
  decidedAt: row.decidedAt?.toString() ?? null,
  decidedBy: row.decidedBy,
})

export type CaseRow = ReturnType<typeof caseRow>

/** The queue of certification and how it works now. */
export async function certificationQueue({ domain, kernel, user, read }: Visit) {
  return read(async (ctx) => {
    const { waiting, decided } = await domain.publishing.certification.queue(ctx)
    const rules = await domain.publishing.certification.rules(ctx)
    return {
      me: user.objectId,
      isSandbox: kernel.config.mode === 'sandbox',
      rules,
      waiting: waiting.map(caseRow),
      decided: decided.map(caseRow),
    }
  })
}

/** One submission for its reviewer. */
export async function certificationCase({ domain, user, read }: Visit, id: string) {
  return read(async (ctx) => {
    const dossier = await domain.publishing.certification.dossier(ctx, id)
    const { snapshot } = dossier
    const key = dossier.previewKey ? `?key=${dossier.previewKey}` : ''
    return {
      ...caseRow(dossier),
      me: user.objectId,
      offerKey: dossier.offer,
      notes: dossier.notes,
      submittedAt: dossier.submittedAt.toString(),
      submittedBy: dossier.submittedBy,
      preview: key ? `/product/${dossier.publisherId}.${dossier.offerId}-preview${key}` : null,
      previewIsFree: dossier.previewIsFree,
      checks: dossier.checks satisfies CheckResult[],
      findings: dossier.findings satisfies Finding[],
      validation: dossier.validation,
      listing: snapshot ? plainListing(snapshot.content) : null,
    }
  })
}

/** Words and criteria that the operator keeps. */
export async function certificationRules({ domain, read }: Visit) {
  return read(async (ctx) => {
    const words = await domain.publishing.certification.forbiddenWords(ctx)
    const types = domain.offers.types()
    return {
      words: words.map((row) => ({ word: row.word, reason: row.reason, addedBy: row.addedBy, addedAt: row.addedAt.toString() })),
      types,
      criteria: (await domain.publishing.certification.criteria(ctx)).map((row) => ({
        ...row,
        type: types.find((one) => one.type === row.offerType)?.label ?? row.offerType,
      })),
    }
  })
}
