import { eq, inArray } from 'drizzle-orm'
import { z } from 'zod'
import { allows, authorize } from '../../kernel/authorization.ts'
import type { Ctx, UserPrincipal } from '../../kernel/context.ts'
import { violatedConstraint } from '../../kernel/database.ts'
import { conflict, forbidden, invalid } from '../../kernel/errors.ts'
import { newId } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { personalMailDomains } from '../../kernel/reference-data.ts'
import type { Directory } from '../directory/index.ts'
import type { createAgreements } from './agreements.ts'
import { checkedForm, mailAddress, neededLine, phoneNumber, postalAddress, withoutEmpty } from './form-shape.ts'
import { isPublisherId, publisherIdRule } from './publisher.ts'
import { type AccountType, type ProgramName, sellerAccount } from './schema.ts'
import {
  type AccountRow,
  accountFor,
  giveMpnId,
  type MpnId,
  mpnIdsOf,
  newSellerId,
  programsOf,
  register,
  residenceCode,
  resourceOf,
} from './seller-account.ts'
import type { createPublishers } from './publishers.ts'
import { associateTenant } from './tenants.ts'
import type { createVerification } from './verification.ts'

/** A company that is new to the marketplace, as its form sends it. */
export interface CompanyEnrollment {
  legalName: string
  /** a name of the table of residences (RF-11) */
  country: string
  line1: string
  line2: string
  postalCode: string
  city: string
  region: string
  contactName: string
  contactEmail: string
  contactPhone: string
  publisherName: string
  publisherId: string
  /** the person may sign agreements for the company */
  hasAuthority: boolean
  /** versions that the person has read and accepts; empty: not accepted */
  publisherAgreement: string
  partnerNetworkAgreement: string
}

/** An organisation of the partner network that enrols in the marketplace. */
export interface PartnerEnrollment {
  mpnId: string
  companyName: string
  publisherName: string
  publisherId: string
  publisherAgreement: string
}

/** A developer who enrols in the marketplace. */
export interface DeveloperEnrollment {
  workEmail: string
  companyName: string
  publisherName: string
  publisherId: string
  publisherAgreement: string
}

/** What came of an enrolment. */
export interface Enrolled {
  accountId: string
  publisherId: string
}

/** How somebody who is signed in can come to sell here. */
export interface EnrollmentPaths {
  /** null: a company can be enrolled; else why not */
  company: null | 'personal-account' | 'has-account'
  /** accounts of other programs that the person may enrol: by their partner ids, or as a developer */
  existing: { accountId: string; name: string; path: 'partner' | 'developer'; accountType: AccountType }[]
}

const companyShape = postalAddress.extend({
  legalName: neededLine('The legal name', 120, 'Give the legal name of the company.'),
  country: z.string().refine((name) => residenceCode(name) !== null, 'Choose the country or region where the company resides.'),
  contactName: neededLine('The name', 120, 'Name the primary contact.'),
  contactEmail: mailAddress,
  contactPhone: phoneNumber,
  publisherName: neededLine('A publisher name', 50, 'Give the publisher a name.'),
  publisherId: z.string().refine(isPublisherId, publisherIdRule),
  hasAuthority: z.literal(true, 'Declare that you may sign legal agreements for the company.'),
})

const partnerShape = z.object({
  companyName: neededLine('The company name', 120, 'Give the company name.'),
  publisherName: neededLine('A publisher name', 50, 'Give the publisher a name.'),
  publisherId: z.string().refine(isPublisherId, publisherIdRule),
})

/** Use cases that make somebody a seller (spec/01 §3). */
export function createEnrollment(
  kernel: Kernel,
  parts: {
    directory: Directory
    agreements: ReturnType<typeof createAgreements>
    verification: ReturnType<typeof createVerification>
    publishers: ReturnType<typeof createPublishers>
    setMember: (
      ctx: Ctx,
      input: { accountTenantId: string; kind: 'user'; id: string; tenantId: string; roles: readonly string[] },
    ) => Promise<void>
  },
) {
  const { audit, events } = kernel
  const { directory, agreements, verification, publishers, setMember } = parts

  function person(ctx: Ctx): UserPrincipal {
    authorize(ctx.principal, 'account.enroll')
    if (ctx.principal.kind !== 'user') throw forbidden('PeopleOnly', 'Only a person can enrol.')
    return ctx.principal
  }

  /** Whether a person signs in with an account of an organisation: an address of one of its domains, and no guest. */
  async function hasWorkAccount(ctx: Ctx, user: UserPrincipal): Promise<boolean> {
    const domain = domainOf(user.email)
    if (user.isGuest || personalMailDomains.has(domain)) return false
    return (await directory.findTenant(ctx, domain))?.tenantId === user.tenantId
  }

  async function insertAccount(
    ctx: Ctx,
    row: Omit<typeof sellerAccount.$inferInsert, 'accountId' | 'createdAt' | 'sellerId'>,
  ): Promise<AccountRow> {
    try {
      const [made] = await ctx.tx
        .insert(sellerAccount)
        .values({ ...row, accountId: newId<'account'>(), sellerId: await newSellerId(ctx), createdAt: ctx.now })
        .returning()
      const account = made as AccountRow
      await associateTenant(ctx, { accountId: account.accountId, tenantId: account.tenantId, by: '' })
      return account
    } catch (error) {
      if (violatedConstraint(error) === 'seller_account_tenant') throw hasAccount()
      throw error
    }
  }

  const hasAccount = () =>
    conflict('AccountExists', 'Your organisation has a publisher account already. Ask one of its owners to give you a role.')

  /** Nothing is registered before the agreement in force has been accepted. @throws invalid `AgreementNotAccepted` */
  function mustAccept(kind: 'publisher' | 'partner-network', version: string): void {
    const field = kind === 'publisher' ? 'publisherAgreement' : 'partnerNetworkAgreement'
    if (version === '') throw invalid('AgreementNotAccepted', 'Read and accept the agreement to go on.', { target: field })
  }

  const owner = (ctx: Ctx, account: AccountRow, user: UserPrincipal) =>
    setMember(ctx, { accountTenantId: account.tenantId, kind: 'user', id: user.objectId, tenantId: user.tenantId, roles: ['owner'] })

  async function registered(ctx: Ctx, account: AccountRow, path: string, programs: readonly ProgramName[]): Promise<void> {
    await register(ctx, account.accountId, programs)
    await audit.record(ctx, {
      action: 'account.enroll',
      target: `account:${account.accountId}`,
      after: { path, programs, legalName: account.legalName, country: account.country },
    })
    await events.publish(ctx, { type: 'account.enrolled', payload: { accountId: account.accountId, tenantId: account.tenantId, path } })
  }

  /** The account of another program that enrols in the marketplace. @throws conflict `AlreadyRegistered`, forbidden, not-found */
  async function enrolling(ctx: Ctx, accountId: string, needs: ProgramName): Promise<AccountRow> {
    const account = await accountFor(ctx, accountId, 'program.enroll', { lock: true })
    const programs = await programsOf(ctx, accountId)
    if (programs.includes('commercial-marketplace')) {
      throw conflict('AlreadyRegistered', 'The account is registered for the commercial marketplace already.')
    }
    if (!programs.includes(needs)) throw conflict('OtherPath', 'This account enrols in another way.')
    return account
  }

  return {
    /** Which ways into the marketplace are open to the visitor. @throws unauthenticated */
    async enrollmentPaths(ctx: Ctx): Promise<EnrollmentPaths> {
      const user = person(ctx)
      const [own] = await ctx.tx.select().from(sellerAccount).where(eq(sellerAccount.tenantId, user.tenantId))
      const reachable = [own?.accountId, ...(user.memberships ?? []).map((one) => one.accountId)].filter((id) => id !== undefined)
      const rows =
        reachable.length === 0 ? [] : await ctx.tx.select().from(sellerAccount).where(inArray(sellerAccount.accountId, reachable))
      const existing: EnrollmentPaths['existing'] = []
      for (const row of rows) {
        if (!allows(user, 'program.enroll', resourceOf(row))) continue
        const programs = await programsOf(ctx, row.accountId)
        if (programs.includes('commercial-marketplace')) continue
        const { accountId, accountType } = row
        const name = row.displayName ?? row.legalName
        if (programs.includes('partner-network')) existing.push({ accountId, name, path: 'partner', accountType })
        else if (programs.includes('developer')) existing.push({ accountId, name, path: 'developer', accountType })
      }
      const company = own ? 'has-account' : (await hasWorkAccount(ctx, user)) ? null : 'personal-account'
      return { company, existing }
    },

    /** The partner ids that an account of the partner network can enrol under. @throws forbidden, not-found `UnknownAccount` */
    async partnerIds(ctx: Ctx, accountId: string): Promise<MpnId[]> {
      await accountFor(ctx, accountId, 'program.enroll')
      return mpnIdsOf(ctx, accountId)
    },

    /**
     * A company that is new here: account, first publisher and both agreements at once; whoever enrols it becomes its owner. Its directory is
     * the one in which the person has signed in.
     * @throws forbidden `PersonalAccount`, invalid `EnrollmentInvalid` naming each field, `AgreementNotAccepted`, `InvalidPublisherId`,
     * conflict `AccountExists`, `AgreementChanged`, `PublisherIdTaken`
     */
    async enrollCompany(ctx: Ctx, input: CompanyEnrollment): Promise<Enrolled> {
      await kernel.flags.require(ctx, 'enrollment')
      const user = person(ctx)
      if (!(await hasWorkAccount(ctx, user))) {
        throw forbidden('PersonalAccount', 'Sign in with a work account of your company: personal accounts and guests cannot enrol one.')
      }
      const given = checkedForm(companyShape, input, 'EnrollmentInvalid')
      mustAccept('partner-network', input.partnerNetworkAgreement)
      mustAccept('publisher', input.publisherAgreement)
      const { line1, line2, postalCode, city, region } = given
      const address = withoutEmpty({ line1, line2, postalCode, city, region })
      const contact = { name: given.contactName, email: given.contactEmail, phone: given.contactPhone }
      const [known] = await ctx.tx.select().from(sellerAccount).where(eq(sellerAccount.tenantId, user.tenantId))
      if (known) throw hasAccount()
      const account = await insertAccount(ctx, {
        tenantId: user.tenantId,
        legalName: given.legalName,
        country: residenceCode(given.country) as string,
        countryName: given.country,
        accountType: 'company',
        displayName: given.publisherName,
        address,
        sellerContact: { ...contact, address },
        companyApprover: contact,
      })
      const { accountId } = account
      await agreements.acceptAgreement(ctx, accountId, 'partner-network', input.partnerNetworkAgreement)
      await agreements.acceptAgreement(ctx, accountId, 'publisher', input.publisherAgreement)
      const mpnId = await giveMpnId(ctx, { accountId, location: given.legalName, country: account.country })
      await owner(ctx, account, user)
      const { publisherId } = await publishers.makePublisher(ctx, account, {
        publisherId: given.publisherId,
        name: given.publisherName,
        mpnId,
        contact,
      })
      await registered(ctx, account, 'company', ['partner-network', 'commercial-marketplace'])
      await verification.beginVerification(ctx, accountId, given.contactEmail)
      return { accountId, publisherId }
    },

    /**
     * An organisation of the partner network enrols under one of its partner ids, by an owner or by an administrator of its directory.
     * @throws invalid `MpnIdUnknown`, `EnrollmentInvalid` naming each field, `AgreementNotAccepted`, conflict, forbidden, not-found
     */
    async enrollPartner(ctx: Ctx, accountId: string, input: PartnerEnrollment): Promise<Enrolled> {
      await kernel.flags.require(ctx, 'enrollment')
      const user = person(ctx)
      const account = await enrolling(ctx, accountId, 'partner-network')
      const own = (await mpnIdsOf(ctx, accountId)).some((one) => one.mpnId === input.mpnId)
      if (!own) throw invalid('MpnIdUnknown', 'Choose the partner ID to link.', { target: 'mpnId' })
      const given = checkedForm(partnerShape, input, 'EnrollmentInvalid')
      mustAccept('publisher', input.publisherAgreement)
      await ctx.tx.update(sellerAccount).set({ displayName: given.companyName }).where(eq(sellerAccount.accountId, accountId))
      return join(ctx, account, user, { ...input, ...given, path: 'partner', email: account.sellerContact.email ?? user.email })
    },

    /**
     * A developer enrols with a work address. A company's enrolment joins its account; a single developer's makes an account of its own, with a
     * directory of its own, beside the one of the developer program (spec/01 §3.2 C).
     * @throws invalid `EnrollmentInvalid` naming each field, `PersonalAddress`, `AgreementNotAccepted`, conflict, forbidden, not-found
     */
    async enrollDeveloper(ctx: Ctx, accountId: string, input: DeveloperEnrollment): Promise<Enrolled> {
      await kernel.flags.require(ctx, 'enrollment')
      const user = person(ctx)
      const known = await enrolling(ctx, accountId, 'developer')
      const given = checkedForm(partnerShape.extend({ workEmail: mailAddress }), input, 'EnrollmentInvalid')
      if (personalMailDomains.has(domainOf(given.workEmail))) {
        throw invalid('PersonalAddress', 'Give your address at work, not one of a mail provider for everybody.', { target: 'workEmail' })
      }
      mustAccept('publisher', input.publisherAgreement)
      const contact = { name: user.displayName, email: given.workEmail }
      let account = known
      if (known.accountType === 'individual') {
        const { tenantId } = await directory.createTenant(ctx, {
          name: given.companyName,
          domain: `${given.publisherId.replaceAll(/[_-]+/g, '-').replace(/-$/, '')}.onmicrosoft.com`,
          country: known.country,
        })
        account = await insertAccount(ctx, {
          tenantId,
          legalName: given.companyName,
          country: known.country,
          countryName: known.countryName,
          accountType: 'individual',
          displayName: given.publisherName,
          address: known.address,
          sellerContact: contact,
          companyApprover: contact,
        })
        await associateTenant(ctx, { accountId: account.accountId, tenantId: user.tenantId, by: user.email })
      } else {
        await ctx.tx
          .update(sellerAccount)
          .set({ sellerContact: { ...known.sellerContact, email: given.workEmail }, displayName: given.publisherName })
          .where(eq(sellerAccount.accountId, accountId))
      }
      return join(ctx, account, user, { ...input, ...given, path: 'developer', email: given.workEmail, mpnId: null })
    },
  }

  /** What all accounts that exist already go through: agreement, owner, first publisher, program, verification. */
  async function join(
    ctx: Ctx,
    account: AccountRow,
    user: UserPrincipal,
    input: { path: string; publisherId: string; publisherName: string; publisherAgreement: string; mpnId: string | null; email: string },
  ): Promise<Enrolled> {
    const { accountId } = account
    await agreements.acceptAgreement(ctx, accountId, 'publisher', input.publisherAgreement)
    const isMember = allows(user, 'publisher.create', resourceOf(account))
    if (!isMember) await owner(ctx, account, user)
    const mpnId = input.mpnId ?? (await giveMpnId(ctx, { accountId, location: account.legalName, country: account.country }))
    const { publisherId } = await publishers.makePublisher(ctx, account, {
      publisherId: input.publisherId,
      name: input.publisherName,
      mpnId,
    })
    await registered(ctx, account, input.path, ['commercial-marketplace'])
    await verification.beginVerification(ctx, accountId, input.email)
    return { accountId, publisherId }
  }
}

function domainOf(email: string): string {
  return email.slice(email.lastIndexOf('@') + 1).toLowerCase()
}
