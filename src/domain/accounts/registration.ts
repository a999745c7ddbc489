import { z } from 'zod'
import type { Ctx } from '../../kernel/context.ts'
import { invalid } from '../../kernel/errors.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { personalMailDomains } from '../../kernel/reference-data.ts'
import type { Directory } from '../directory/index.ts'
import { checkedForm, mailAddress, neededLine } from './form-shape.ts'
import { findProof, issueProof, useProof } from './mail-proof.ts'
import { residenceCode } from './seller-account.ts'

/** The first person of a company that has no directory here, and what the directory is made of. */
export interface Registration {
  token: string
  companyName: string
  /** a name of the table of residences (RF-11) */
  country: string
  displayName: string
  password: string
}

const shape = z.object({
  companyName: neededLine('The company name', 120, 'Give the company name.'),
  country: z.string().refine((name) => residenceCode(name) !== null, 'Choose the country or region where the company resides.'),
  displayName: neededLine('Your name', 120, 'Give your name.'),
})

const domainOf = (email: string) => email.slice(email.lastIndexOf('@') + 1)

/**
 * Use cases that make the directory of a company that has none, by somebody who reads mail in its domain (spec/01 §7.2): so that it can enrol,
 * and its employees sign in with their work addresses.
 */
export function createRegistration({ audit, config, flags, mail }: Kernel, directory: Directory) {
  return {
    /**
     * Mails the way to a directory. Where the domain has one already the mail says so; whoever asks learns nothing here.
     * @throws invalid `EmailInvalid`, `PersonalAddress`
     */
    async startRegistration(ctx: Ctx, address: string): Promise<void> {
      await flags.require(ctx, 'registration')
      const { email } = checkedForm(z.object({ email: mailAddress }), { email: address }, 'EmailInvalid')
      if (personalMailDomains.has(domainOf(email))) {
        throw invalid('PersonalAddress', 'Give your address at work, not one of a mail provider for everybody.', { target: 'email' })
      }
      const known = await directory.findTenant(ctx, domainOf(email))
      const { brand, publicUrl } = config
      const token = known ? null : await issueProof(ctx, { purpose: 'register', accountId: null, email })
      await mail.send(ctx, {
        to: email,
        subject: `Your work account at ${brand.name}`,
        text: [
          `Somebody, probably you, asked for a work account for ${email} at ${brand.name}.`,
          '',
          ...(token
            ? ['Make one within a day, for you and your company:', `${publicUrl}/signin/register/finish?token=${token}`]
            : [
                `${known?.name ?? 'Your company'} has a directory here already. Sign in with your work account:`,
                `${publicUrl}/signin`,
                'If you have none yet, ask an administrator of your company to add you.',
              ]),
          '',
          'If it was not you, do nothing.',
        ].join('\n'),
        template: 'registration',
      })
    },

    /** The address that a link of {@link startRegistration} was sent to; null when it holds no more. */
    async registrationOf(ctx: Ctx, token: string): Promise<string | null> {
      return (await findProof(ctx, 'register', token))?.email ?? null
    },

    /**
     * Makes the directory of the address's domain with its first person, who administers it.
     * @throws invalid `RegistrationInvalid` naming each field, `PasswordLength`, gone `LinkExpired`, conflict `DomainTaken`
     */
    async finishRegistration(ctx: Ctx, input: Registration): Promise<{ email: string }> {
      await flags.require(ctx, 'registration')
      const given = checkedForm(shape, input, 'RegistrationInvalid')
      const { email } = await useProof(ctx, 'register', input.token)
      const { tenantId } = await directory.createTenant(ctx, {
        name: given.companyName,
        domain: domainOf(email),
        country: residenceCode(given.country) as string,
      })
      const user = await directory.createUser(ctx, {
        tenantId,
        email,
        displayName: given.displayName,
        password: input.password,
        roles: ['global-admin', 'billing-admin'],
      })
      await audit.record(ctx, { action: 'tenant.register', target: `tenant:${tenantId}`, after: { email, user: user.objectId } })
      return { email }
    },
  }
}
