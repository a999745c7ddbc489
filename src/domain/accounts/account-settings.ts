import { and, asc, eq, isNull } from 'drizzle-orm'
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { authorize } from '../../kernel/authorization.ts'
import type { Ctx } from '../../kernel/context.ts'
import { violatedConstraint } from '../../kernel/database.ts'
import { conflict, invalid, notFound } from '../../kernel/errors.ts'
import { isUuid } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { checkedForm, line, mailAddress, neededLine, phoneNumber, postalAddress, withoutEmpty } from './form-shape.ts'
import { type Contact, type ProgramName, program, publisher, sellerAccount, type SupportProfile, trackingGuid } from './schema.ts'
import { type AccountRow, accountFor, giveMpnId, type MpnId, mpnIdsOf, nameOf, residenceCode } from './seller-account.ts'

export type TrackingGuid = typeof trackingGuid.$inferSelect

/** What a seller account is known by and how it is reached. */
export interface AccountSettings {
  accountId: string
  tenantId: string
  accountType: AccountRow['accountType']
  /** shown with what the account does; the legal name where none was chosen */
  displayName: string
  legalName: string
  country: string
  /** the country's name in the table of residences */
  countryName: string | null
  address: AccountRow['address']
  sellerContact: Contact
  companyApprover: Contact
  supportProfile: SupportProfile
  sellerId: string | null
  symantecId: string | null
  symantecRequestedAt: AccountRow['symantecRequestedAt']
  programs: { program: ProgramName; registeredAt: AccountRow['createdAt'] }[]
  mpnIds: MpnId[]
}

/** What the Developer tab lets people change: texts of a form. */
export interface DeveloperInfoInput {
  displayName: string
  contactName: string
  contactEmail: string
  contactPhone: string
  line1: string
  line2: string
  postalCode: string
  city: string
  region: string
  approverName: string
  approverEmail: string
  approverPhone: string
}

const developerInfo = postalAddress.extend({
  displayName: neededLine('The display name', 50, 'Give the name that is shown with your offers.'),
  contactName: neededLine('The name', 120, 'Name the person to ask.'),
  contactEmail: mailAddress,
  contactPhone: phoneNumber,
  approverName: neededLine('The name', 120, 'Name the person who may approve for the company.'),
  approverEmail: mailAddress,
  approverPhone: phoneNumber,
})

const partnerInfo = postalAddress.extend({
  contactName: neededLine('The name', 120, 'Name the primary contact.'),
  contactPhone: phoneNumber,
})

const supportShape = z.object({
  email: mailAddress,
  phone: z.union([z.literal(''), phoneNumber]),
  website: z.union([z.literal(''), z.url({ protocol: /^https$/, error: 'Give an address that begins with https://.' }).max(300)]),
})

const guidShape = z.object({
  guid: z
    .string()
    .trim()
    .toLowerCase()
    .regex(/^(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/, 'A tracking GUID has 32 hexadecimal digits.')
    .transform((text) => text.replaceAll('-', '')),
  name: neededLine('The name', 80, 'Give the GUID a name that you will know it by.'),
  product: neededLine('The product', 120, 'Name the offer or product.'),
  channel: neededLine('The channel', 80, 'Name the way to the customer, such as a store or a repository.'),
  /** under which it reports; absent: the account's first */
  mpnId: z.string().optional(),
})

/** Tracking GUIDs that one account may have; they are few by nature. */
const mostGuids = 500

/** Use cases of what an account says of itself and the ids it is known by (spec/01 §4). */
export function createAccountSettings(kernel: Kernel, contactChanged: (ctx: Ctx, accountId: string, email: string) => Promise<void>) {
  const { audit, config, mail } = kernel

  async function write(ctx: Ctx, account: AccountRow, set: Partial<AccountRow>): Promise<void> {
    await ctx.tx.update(sellerAccount).set(set).where(eq(sellerAccount.accountId, account.accountId))
    const before = Object.fromEntries(Object.keys(set).map((key) => [key, account[key as keyof AccountRow]]))
    await audit.record(ctx, { action: 'account.change', target: `account:${account.accountId}`, before, after: set })
  }

  async function insertGuid(
    ctx: Ctx,
    accountId: string,
    given: Pick<TrackingGuid, 'guid' | 'name' | 'product' | 'channel'> & { mpnId?: string | undefined },
  ): Promise<TrackingGuid> {
    const known = await ctx.tx.select({ guid: trackingGuid.guid }).from(trackingGuid).where(eq(trackingGuid.accountId, accountId))
    if (known.length >= mostGuids) throw invalid('TooManyGuids', `An account has at most ${mostGuids} tracking GUIDs.`)
    const mpnIds = (await mpnIdsOf(ctx, accountId)).map((one) => one.mpnId)
    const mpnId = given.mpnId === undefined || given.mpnId === '' ? (mpnIds[0] ?? null) : given.mpnId
    if (mpnId !== null && !mpnIds.includes(mpnId)) {
      throw invalid('MpnIdUnknown', 'Choose one of the account’s partner IDs.', { target: 'mpnId' })
    }
    const row: TrackingGuid = { ...given, mpnId, accountId, createdAt: ctx.now, createdBy: nameOf(ctx), retiredAt: null }
    try {
      await ctx.tx.insert(trackingGuid).values(row)
    } catch (error) {
      if (violatedConstraint(error) === 'tracking_guid_pkey') {
        throw conflict('GuidTaken', 'This GUID is registered already.', { target: 'guid' })
      }
      throw error
    }
    await audit.record(ctx, { action: 'tracking-guid.register', target: `account:${accountId}`, after: given })
    return row
  }

  return {
    /** Everything that the settings show of an account. @throws forbidden, not-found `UnknownAccount` */
    async accountSettings(ctx: Ctx, accountId: string): Promise<AccountSettings> {
      const row = await accountFor(ctx, accountId, 'seller-account.read')
      const programs = await ctx.tx
        .select({ program: program.program, registeredAt: program.registeredAt })
        .from(program)
        .where(eq(program.accountId, accountId))
        .orderBy(asc(program.registeredAt), asc(program.program))
      return {
        ...row,
        displayName: row.displayName ?? row.legalName,
        programs,
        mpnIds: await mpnIdsOf(ctx, accountId),
      }
    },

    /**
     * Changes what the Developer tab shows. Another contact address has to be confirmed anew.
     * @throws invalid `ContactInvalid` naming each field, forbidden, not-found `UnknownAccount`
     */
    async setDeveloperInfo(ctx: Ctx, accountId: string, input: DeveloperInfoInput): Promise<void> {
      const account = await accountFor(ctx, accountId, 'seller-account.manage', { lock: true })
      const given = checkedForm(developerInfo, input, 'ContactInvalid')
      const { line1, line2, postalCode, city, region } = given
      const address = withoutEmpty({ line1, line2, postalCode, city, region })
      await write(ctx, account, {
        displayName: given.displayName,
        sellerContact: { name: given.contactName, email: given.contactEmail, phone: given.contactPhone, address },
        companyApprover: { name: given.approverName, email: given.approverEmail, phone: given.approverPhone },
      })
      if (given.contactEmail !== account.sellerContact.email) await contactChanged(ctx, accountId, given.contactEmail)
    },

    /**
     * Changes the registered address and the primary contact of the Partner tab; the legal name stays as it was verified.
     * @throws invalid `AddressInvalid` naming each field, forbidden, not-found `UnknownAccount`
     */
    async setPartnerInfo(
      ctx: Ctx,
      accountId: string,
      input: Pick<DeveloperInfoInput, 'line1' | 'line2' | 'postalCode' | 'city' | 'region' | 'contactName' | 'contactPhone'>,
    ): Promise<void> {
      const account = await accountFor(ctx, accountId, 'seller-account.manage', { lock: true })
      const { contactName, contactPhone, ...lines } = checkedForm(partnerInfo, input, 'AddressInvalid')
      await write(ctx, account, {
        address: withoutEmpty(lines),
        sellerContact: { ...account.sellerContact, name: contactName, phone: contactPhone },
      })
    },

    /** Where customers of a reseller find help. @throws invalid `SupportInvalid` naming each field, forbidden, not-found */
    async setSupportProfile(ctx: Ctx, accountId: string, input: { email: string; phone: string; website: string }): Promise<void> {
      const account = await accountFor(ctx, accountId, 'seller-account.manage', { lock: true })
      await write(ctx, account, { supportProfile: withoutEmpty(checkedForm(supportShape, input, 'SupportInvalid')) })
    },

    /**
     * Another place of business in the partner network; it gets a partner id.
     * @param input.country a name of the table of residences (RF-11)
     * @throws invalid `LocationInvalid` naming each field, forbidden, not-found `UnknownAccount`
     */
    async addLocation(ctx: Ctx, accountId: string, input: { location: string; country: string; isCsp: boolean }): Promise<string> {
      await accountFor(ctx, accountId, 'seller-account.manage', { lock: true })
      const shape = z.object({
        location: neededLine('The name', 80, 'Name the place of business.'),
        country: z.string().refine((name) => residenceCode(name) !== null, 'Choose the country or region from the list.'),
      })
      const { location, country } = checkedForm(shape, input, 'LocationInvalid')
      const given = await giveMpnId(ctx, { accountId, location, country: residenceCode(country) as string, isCsp: input.isCsp })
      await audit.record(ctx, { action: 'account.location', target: `account:${accountId}`, after: { location, country, mpnId: given } })
      return given
    },

    /** Asks the marketplace for a Symantec ID. @throws conflict `AlreadyAsked`, forbidden, not-found `UnknownAccount` */
    async requestSymantecId(ctx: Ctx, accountId: string): Promise<void> {
      const account = await accountFor(ctx, accountId, 'seller-account.manage', { lock: true })
      if (account.symantecId ?? account.symantecRequestedAt)
        throw conflict('AlreadyAsked', 'The ID is there, or has been asked for already.')
      await write(ctx, account, { symantecRequestedAt: ctx.now })
    },

    /** The operator enters the Symantec ID that a certificate authority has given. @throws invalid, forbidden, not-found */
    async setSymantecId(ctx: Ctx, accountId: string, symantecId: string): Promise<void> {
      authorize(ctx.principal, 'operator.console')
      const [account] = isUuid(accountId)
        ? await ctx.tx.select().from(sellerAccount).where(eq(sellerAccount.accountId, accountId)).for('update')
        : []
      if (!account) throw notFound('UnknownAccount', 'There is no such account.', { target: 'account' })
      const shape = z.object({ symantecId: neededLine('The ID', 40, 'Enter the ID.').pipe(line('The ID', 40)) })
      await write(ctx, account, checkedForm(shape, { symantecId }, 'SymantecIdInvalid'))
    },

    /** Tracking GUIDs in use, the newest last. @throws forbidden, not-found `UnknownAccount` */
    async trackingGuids(ctx: Ctx, accountId: string): Promise<TrackingGuid[]> {
      await accountFor(ctx, accountId, 'seller-account.read')
      return ctx.tx
        .select()
        .from(trackingGuid)
        .where(and(eq(trackingGuid.accountId, accountId), isNull(trackingGuid.retiredAt)))
        .orderBy(asc(trackingGuid.createdAt), asc(trackingGuid.guid))
    },

    /**
     * Registers a GUID that is in use already. A product may have several.
     * @throws invalid `GuidInvalid` naming each field, conflict `GuidTaken`, forbidden, not-found `UnknownAccount`
     */
    async registerTrackingGuid(
      ctx: Ctx,
      accountId: string,
      input: { guid: string; name: string; product: string; channel: string; mpnId?: string },
    ): Promise<TrackingGuid> {
      await accountFor(ctx, accountId, 'seller-account.manage', { lock: true })
      return insertGuid(ctx, accountId, checkedForm(guidShape, input, 'GuidInvalid'))
    },

    /**
     * Makes and registers a GUID, and mails it where an address is given.
     * @throws invalid `GuidInvalid` naming each field, forbidden, not-found `UnknownAccount`
     */
    async generateTrackingGuid(
      ctx: Ctx,
      accountId: string,
      input: { name: string; product: string; channel: string; mpnId?: string; mailTo: string },
    ): Promise<TrackingGuid> {
      await accountFor(ctx, accountId, 'seller-account.manage', { lock: true })
      const shape = guidShape.omit({ guid: true }).extend({ mailTo: z.union([z.literal(''), mailAddress]) })
      const { mailTo, ...given } = checkedForm(shape, input, 'GuidInvalid')
      const row = await insertGuid(ctx, accountId, { ...given, guid: randomBytes(16).toString('hex') })
      if (mailTo !== '') {
        await mail.send(ctx, {
          to: mailTo,
          subject: `Your tracking GUID for ${row.product}`,
          text: [
            `The tracking GUID ${row.name} was registered for ${row.product} (${row.channel}) by ${row.createdBy}:`,
            '',
            withHyphens(row.guid),
            '',
            config.brand.name,
          ].join('\n'),
          template: 'tracking-guid',
        })
      }
      return row
    },

    /** A GUID that is used no more leaves the list; it stays the account's and is never registered again. @throws not-found, forbidden */
    async retireTrackingGuid(ctx: Ctx, accountId: string, guid: string): Promise<void> {
      await accountFor(ctx, accountId, 'seller-account.manage', { lock: true })
      const [row] = await ctx.tx
        .update(trackingGuid)
        .set({ retiredAt: ctx.now })
        .where(and(eq(trackingGuid.accountId, accountId), eq(trackingGuid.guid, guid), isNull(trackingGuid.retiredAt)))
        .returning()
      if (!row) throw notFound('UnknownGuid', 'There is no such tracking GUID.', { target: 'guid' })
      await audit.record(ctx, { action: 'tracking-guid.retire', target: `account:${accountId}`, before: { guid } })
    },

    /** The publishers of an account, by id. @throws forbidden, not-found `UnknownAccount` */
    async publishersOfAccount(ctx: Ctx, accountId: string) {
      await accountFor(ctx, accountId, 'seller-account.read')
      return ctx.tx.select().from(publisher).where(eq(publisher.accountId, accountId)).orderBy(asc(publisher.publisherId))
    },
  }
}

/** A GUID as people write it. */
function withHyphens(guid: string): string {
  return guid.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
