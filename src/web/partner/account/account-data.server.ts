import { allows } from '../../../kernel/authorization.ts'
import { publisherResidences } from '../../../kernel/reference-data.ts'
import { heldReasons, heldRemedies } from '../../ui/payout-words.tsx'
import type { AccountVisit } from './account-access.server.ts'
import { stepNames } from './account-words.ts'

/** Countries and regions where a seller may reside, for a choice; names tell them apart (RF-11). */
export const residenceChoices = publisherResidences.map(({ name }) => ({ value: name, label: name }))

/** The name of a country where a seller resides. */
export const residenceName = (code: string) => publisherResidences.find((one) => one.iso2 === code)?.name ?? code

/** Something that waits for the people of an account. */
export interface Task {
  key: string
  title: string
  text: string
  to: string
  link: string
}

/** What waits for the visitor, the most urgent first: only what the visitor may do (spec/01 §4.5 Actions needed, §4.2, §4.6). */
export async function tasksOf({ user, domain, account, base, read }: AccountVisit): Promise<Task[]> {
  const { accountId, tenantId } = account
  const resource = { tenantId, accountId }
  return read(async (ctx) => {
    const tasks: Task[] = []
    const publishers = (await domain.accounts.publishersOf(ctx, user)).filter((one) => one.accountId === accountId)
    for (const { publisherId, name, status } of publishers) {
      if (status !== 'suspended') continue
      tasks.push({
        key: `suspended ${publisherId}`,
        title: `${name} is suspended`,
        text: 'Its offers are not shown or sold. Customers who have bought keep their subscriptions.',
        to: allows(user, 'seller-account.read', resource) ? `${base}/publishers` : `/partner/publishers/${publisherId}`,
        link: 'See why',
      })
    }
    if (allows(user, 'seller-account.read', resource)) {
      const { missing } = await domain.accounts.agreementsOf(ctx, accountId)
      for (const { kind, version, title } of missing) {
        tasks.push({
          key: `agreement ${kind}`,
          title: `Accept version ${version} of the ${title}`,
          text: 'A version of this agreement waits for the acceptance of your organisation.',
          to: `${base}/agreements/${kind}/${encodeURIComponent(version)}`,
          link: 'Read and accept',
        })
      }
      for (const { step, state, reason } of await domain.accounts.verificationOf(ctx, accountId)) {
        if (state === 'accepted' || (state === 'pending' && step !== 'email')) continue
        tasks.push({
          key: `verification ${step}`,
          title: state === 'refused' ? `${stepNames[step]} verification was refused` : 'Confirm your contact’s e-mail address',
          text:
            state === 'refused' ? (reason ?? '') : 'Follow the link in the mail that was sent to it. Offers can be published after that.',
          to: `${base}/legal/developer`,
          link: state === 'refused' ? 'Correct it' : 'See the verification',
        })
      }
      const { programs } = await domain.accounts.accountSettings(ctx, accountId)
      if (allows(user, 'program.enroll', resource) && !programs.some((one) => one.program === 'commercial-marketplace')) {
        tasks.push({
          key: 'enroll',
          title: 'Enrol in the commercial marketplace',
          text: 'Your account is registered for other programs. To publish offers, enrol it here too.',
          to: `${base}/programs`,
          link: 'Get started',
        })
      }
    }
    const [first] = publishers
    if (first && allows(user, 'payout.manage', resource)) {
      const problem = (await domain.accounts.paymentReadiness(ctx, [first.publisherId])).get(first.publisherId)?.problem
      if (problem) {
        tasks.push({
          key: 'payout',
          title: heldReasons[problem] ?? problem,
          text: `What you earn is recorded; nothing is paid until this is done. ${heldRemedies[problem] ?? ''}`.trim(),
          to: `/partner/publishers/${first.publisherId}/profiles`,
          link: 'Payout and tax profiles',
        })
      }
    }
    return tasks
  })
}
