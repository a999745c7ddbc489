import { and, asc, eq } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import { authorize } from '../../kernel/authorization.ts'
import type { Ctx } from '../../kernel/context.ts'
import { conflict, invalid, notFound } from '../../kernel/errors.ts'
import { isUuid } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { Directory } from '../directory/index.ts'
import type { OwnersMail } from './agreements.ts'
import { issueProof, useProof } from './mail-proof.ts'
import { sellerAccount, verificationStep } from './schema.ts'
import { accountFor, nameOf } from './seller-account.ts'
import {
  nextVerificationState,
  type VerificationState,
  type VerificationStepName,
  verificationSteps,
  type VerificationTrigger,
} from './verification-life-cycle.ts'

export type VerificationStep = typeof verificationStep.$inferSelect

/** A step that waits for the operator, with whose it is. */
export interface QueuedVerification {
  accountId: string
  step: VerificationStepName
  state: VerificationState
  legalName: string
  country: string
  contact: string
  reason: string | null
  changedAt: Temporal.Instant
}

export interface VerificationDecision {
  verdict: 'accept' | 'refuse'
  /** required when it is refused: the seller reads it */
  reason: string
}

/** How long the sandbox takes to check a company: nobody sits at a desk there. */
const sandboxCheck = { hours: 48 }
const autoCheck = 'accounts.verification'

/** Use cases of the verification of accounts: the seller's side and the operator's (spec/01 §3.3, §4.2). */
export function createVerification(
  kernel: Kernel,
  directory: Directory,
  tellOwners: (ctx: Ctx, accountId: string, mail: OwnersMail) => Promise<void>,
) {
  const { audit, config, due, events, mail } = kernel

  async function stepsOf(ctx: Ctx, accountId: string): Promise<VerificationStep[]> {
    const rows = await ctx.tx.select().from(verificationStep).where(eq(verificationStep.accountId, accountId))
    return verificationSteps.flatMap((step) => rows.find((row) => row.step === step) ?? [])
  }

  async function mailLink(ctx: Ctx, accountId: string, email: string): Promise<void> {
    const token = await issueProof(ctx, { purpose: 'confirm', accountId, email })
    await mail.send(ctx, {
      to: email,
      subject: `Confirm your e-mail address for ${config.brand.name}`,
      text: [
        `This address was given as the contact of a publisher account at ${config.brand.name}.`,
        '',
        'Confirm within a week that it is yours:',
        `${config.publicUrl}/signin/confirm?token=${token}`,
        '',
        'If you know nothing of this, do nothing: the account cannot publish before the address is confirmed.',
      ].join('\n'),
      template: 'account-email-confirm',
    })
  }

  async function move(
    ctx: Ctx,
    accountId: string,
    step: VerificationStepName,
    trigger: VerificationTrigger,
    reason: string | null,
    decidedBy: string,
  ): Promise<void> {
    const where = and(eq(verificationStep.accountId, accountId), eq(verificationStep.step, step))
    const [row] = await ctx.tx.select().from(verificationStep).where(where).for('update')
    if (!row) throw notFound('UnknownVerification', 'There is no such step of verification.', { target: 'step' })
    const state = nextVerificationState(row.state, trigger)
    await ctx.tx.update(verificationStep).set({ state, reason, changedAt: ctx.now, decidedBy }).where(where)
    await due.cancel(ctx, autoCheck, `${accountId}:${step}`)
    await audit.record(ctx, {
      action: `verification.${trigger}`,
      target: `account:${accountId}`,
      before: { step, state: row.state },
      after: { step, state },
      ...(reason === null ? {} : { reason }),
    })
    await events.publish(ctx, { type: 'account.verification', payload: { accountId, step, state } })
    if (state === 'pending') return scheduleCheck(ctx, accountId, step)
    if (state === 'refused') {
      await tellOwners(ctx, accountId, {
        template: 'verification-refused',
        subject: `Your ${step} verification needs your attention`,
        lines: [`The ${step} verification of your account was refused: ${reason}`, 'Correct it and ask to be verified again.'],
        page: 'legal/developer',
      })
    } else if ((await stepsOf(ctx, accountId)).every((one) => one.state === 'accepted')) {
      await tellOwners(ctx, accountId, {
        template: 'account-verified',
        subject: 'Your account is verified',
        lines: ['All steps of the verification are done. You can publish offers now.'],
        page: '',
      })
    }
  }

  /** In the sandbox what the operator would look at is accepted by itself; the mail link is the seller's own. */
  async function scheduleCheck(ctx: Ctx, accountId: string, step: VerificationStepName): Promise<void> {
    if (config.mode !== 'sandbox' || step === 'email') return
    await due.schedule(ctx, { kind: autoCheck, key: `${accountId}:${step}`, at: ctx.now.add(sandboxCheck) })
  }

  due.register(autoCheck, {
    async run(ctx, { key }) {
      const [accountId, step] = key.split(':') as [string, VerificationStepName]
      const row = (await stepsOf(ctx, accountId)).find((one) => one.step === step)
      if (row?.state === 'pending') await move(ctx, accountId, step, 'accept', null, 'system')
    },
  })

  return {
    verificationSteps: stepsOf,

    /** The steps of a new account; its contact gets a link by mail. */
    async beginVerification(ctx: Ctx, accountId: string, email: string): Promise<void> {
      const rows = verificationSteps.map((step) => ({ accountId, step, state: 'pending' as const, changedAt: ctx.now }))
      await ctx.tx.insert(verificationStep).values(rows).onConflictDoNothing()
      for (const { step, state } of await stepsOf(ctx, accountId)) if (state === 'pending') await scheduleCheck(ctx, accountId, step)
      await mailLink(ctx, accountId, email)
    },

    /** The contact address has changed: it must be confirmed anew. */
    async contactChanged(ctx: Ctx, accountId: string, email: string): Promise<void> {
      await move(ctx, accountId, 'email', 'ask-again', null, nameOf(ctx))
      await mailLink(ctx, accountId, email)
    },

    /** An account that is known to be in order: the operator opened it himself. */
    async acceptAll(ctx: Ctx, accountId: string): Promise<void> {
      const decidedBy = nameOf(ctx)
      await ctx.tx
        .insert(verificationStep)
        .values(verificationSteps.map((step) => ({ accountId, step, state: 'accepted' as const, changedAt: ctx.now, decidedBy })))
        .onConflictDoNothing()
    },

    useCases: {
      /** The three steps of an account, each with its state. @throws forbidden, not-found `UnknownAccount` */
      async verificationOf(ctx: Ctx, accountId: string): Promise<VerificationStep[]> {
        await accountFor(ctx, accountId, 'seller-account.read')
        return stepsOf(ctx, accountId)
      },

      /**
       * Somebody has followed the link of the mail: the address is confirmed. Where its domain is one of the account's directory, the person
       * works there, so that employment is verified with it.
       * @throws gone `LinkExpired`
       */
      async confirmContact(ctx: Ctx, token: string): Promise<{ accountId: string; legalName: string }> {
        const { accountId, email } = await useProof(ctx, 'confirm', token)
        const [account] = accountId ? await ctx.tx.select().from(sellerAccount).where(eq(sellerAccount.accountId, accountId)) : []
        if (!account) throw notFound('UnknownAccount', 'There is no such account.')
        const steps = await stepsOf(ctx, account.accountId)
        const isOpen = (step: VerificationStepName) => steps.find((one) => one.step === step)?.state !== 'accepted'
        if (isOpen('email')) await move(ctx, account.accountId, 'email', 'accept', null, email)
        const employer = await directory.findTenant(ctx, email.slice(email.indexOf('@') + 1))
        if (employer?.tenantId === account.tenantId && steps.find((one) => one.step === 'employment')?.state === 'pending') {
          await move(ctx, account.accountId, 'employment', 'accept', null, email)
        }
        return { accountId: account.accountId, legalName: account.legalName }
      },

      /** Sends the link to the contact's address again; earlier links stop holding. @throws conflict, forbidden, not-found */
      async resendConfirmation(ctx: Ctx, accountId: string): Promise<void> {
        const { sellerContact } = await accountFor(ctx, accountId, 'seller-account.manage', { lock: true })
        const step = (await stepsOf(ctx, accountId)).find((one) => one.step === 'email')
        if (step?.state === 'accepted') throw conflict('AlreadyVerified', 'The address is confirmed already.')
        if (!sellerContact.email) throw conflict('ContactMissing', 'Enter the contact’s e-mail address first.')
        await mailLink(ctx, accountId, sellerContact.email)
      },

      /** What was refused has been corrected: it is looked at again. @throws conflict `NotRefused`, forbidden, not-found */
      async askForVerification(ctx: Ctx, accountId: string, step: VerificationStepName): Promise<void> {
        const { sellerContact } = await accountFor(ctx, accountId, 'seller-account.manage', { lock: true })
        const row = (await stepsOf(ctx, accountId)).find((one) => one.step === step)
        if (row?.state !== 'refused') throw conflict('NotRefused', 'Only a refused step can be asked for again.', { target: 'step' })
        await move(ctx, accountId, step, 'ask-again', null, nameOf(ctx))
        if (step === 'email' && sellerContact.email) await mailLink(ctx, accountId, sellerContact.email)
      },

      /**
       * The operator has looked at a step. What was accepted can be refused later, when it turns out to be wrong.
       * @throws invalid `ReasonMissing`, conflict `IllegalTransition`, not-found `UnknownVerification`, forbidden
       */
      async decideVerification(ctx: Ctx, accountId: string, step: VerificationStepName, decision: VerificationDecision): Promise<void> {
        authorize(ctx.principal, 'operator.console')
        const reason = decision.reason.trim()
        if (!/^\P{Cc}{0,300}$/u.test(reason)) throw invalid('ReasonInvalid', 'A reason has at most 300 characters.', { target: 'reason' })
        if (decision.verdict === 'refuse' && reason === '')
          throw invalid('ReasonMissing', 'Say what is wrong: the seller reads it.', { target: 'reason' })
        if (!isUuid(accountId)) throw notFound('UnknownAccount', 'There is no such account.', { target: 'account' })
        await move(ctx, accountId, step, decision.verdict, decision.verdict === 'refuse' ? reason : null, nameOf(ctx))
      },

      /** Steps in a state, those that wait longest first (operator). @throws forbidden */
      async verificationQueue(ctx: Ctx, filter: { state?: VerificationState } = {}): Promise<QueuedVerification[]> {
        authorize(ctx.principal, 'operator.console')
        const rows = await ctx.tx
          .select({ step: verificationStep, account: sellerAccount })
          .from(verificationStep)
          .innerJoin(sellerAccount, eq(sellerAccount.accountId, verificationStep.accountId))
          .where(eq(verificationStep.state, filter.state ?? 'pending'))
          .orderBy(asc(verificationStep.changedAt), asc(verificationStep.accountId), asc(verificationStep.step))
          .limit(500)
        return rows.map(({ step, account }) => ({
          accountId: account.accountId,
          step: step.step,
          state: step.state,
          legalName: account.legalName,
          country: account.countryName ?? account.country,
          contact: [account.sellerContact.name, account.sellerContact.email, account.sellerContact.phone].filter(Boolean).join(', '),
          reason: step.reason,
          changedAt: step.changedAt,
        }))
      },
    },
  }
}
