import { and, asc, eq, inArray, isNull } from 'drizzle-orm'
import { z } from 'zod'
import type { Audit } from '../../kernel/audit.ts'
import { authorize } from '../../kernel/authorization.ts'
import type { Ctx } from '../../kernel/context.ts'
import { violatedConstraint } from '../../kernel/database.ts'
import { conflict, invalid, notFound } from '../../kernel/errors.ts'
import { isUuid, newId } from '../../kernel/ids.ts'
import { billingAddress, type PostalAddress } from './schema.ts'

/** A further address that purchases of a customer are billed to. */
export type BillingAddress = typeof billingAddress.$inferSelect

/** As a form sends it: texts. */
export interface BillingAddressInput {
  label: string
  /** empty: the account's legal name */
  legalName: string
  line1: string
  line2: string
  postalCode: string
  city: string
  region: string
  purchaseOrder: string
}

const text = (name: string, most: number) =>
  z
    .string()
    .trim()
    .max(most, `${name} has at most ${most} characters.`)
    .regex(/^\P{Cc}*$/u, `${name} has characters that cannot be printed.`)

const shape = z.object({
  label: text('The name of the address', 60).min(1, 'Give the address a name, such as a cost centre.'),
  legalName: text('The legal name', 120),
  line1: text('The street', 100).min(1, 'Give the street and number.'),
  line2: text('The second line', 100),
  postalCode: text('The postal code', 20),
  city: text('The city', 80).min(1, 'Give the city.'),
  region: text('The region', 80),
  purchaseOrder: text('The purchase order number', 40),
})

/** Addresses of one customer at most. */
const most = 100

/** Use cases of the further addresses of customers' billing accounts. */
export function createBillingAddresses(audit: Audit) {
  async function own(ctx: Ctx, tenantId: string, id: string): Promise<BillingAddress> {
    const [row] = isUuid(id)
      ? await ctx.tx
          .select()
          .from(billingAddress)
          .where(and(eq(billingAddress.addressId, id), eq(billingAddress.tenantId, tenantId), isNull(billingAddress.retiredAt)))
      : []
    if (!row) throw notFound('UnknownAddress', 'Your organisation has no such address.', { target: 'billAddress' })
    return row
  }

  return {
    /** The addresses in use, by name: everybody who may buy chooses among them. */
    async billingAddresses(ctx: Ctx, tenantId: string): Promise<BillingAddress[]> {
      authorize(ctx.principal, 'account.read', { tenantId })
      return ctx.tx
        .select()
        .from(billingAddress)
        .where(and(eq(billingAddress.tenantId, tenantId), isNull(billingAddress.retiredAt)))
        .orderBy(asc(billingAddress.label))
    },

    /** Those with these ids, retired ones too: for invoices. */
    async getBillingAddresses(ctx: Ctx, ids: readonly string[]): Promise<BillingAddress[]> {
      if (ids.length === 0) return []
      return ctx.tx
        .select()
        .from(billingAddress)
        .where(inArray(billingAddress.addressId, [...new Set(ids)]))
    },

    /** @throws not-found `UnknownAddress` */
    billingAddress: own,

    /**
     * Adds an address, or with `id` changes one; invoices say it from now on.
     * @throws invalid `BillingAddressInvalid` naming each field, conflict `LabelTaken`, `TooManyAddresses`, not-found `UnknownAddress`, forbidden
     */
    async saveBillingAddress(ctx: Ctx, tenantId: string, input: BillingAddressInput, id?: string): Promise<BillingAddress> {
      authorize(ctx.principal, 'billing.manage', { tenantId })
      const parsed = shape.safeParse(input)
      if (!parsed.success) {
        const details = parsed.error.issues.map(({ message, path }) => ({ code: 'InvalidValue', message, target: path.join('.') }))
        throw invalid('BillingAddressInvalid', 'The address cannot be saved. See the fields.', { details })
      }
      const { label, legalName, purchaseOrder, ...lines } = parsed.data
      const address = Object.fromEntries(Object.entries(lines).filter(([, line]) => line !== '')) as PostalAddress
      const facts = { label, legalName: legalName || null, address, purchaseOrder: purchaseOrder || null }
      const before = id === undefined ? null : await own(ctx, tenantId, id)
      const known = await ctx.tx.select({ id: billingAddress.addressId }).from(billingAddress).where(eq(billingAddress.tenantId, tenantId))
      if (!before && known.length >= most) throw conflict('TooManyAddresses', `An organisation has at most ${most} addresses.`)
      const row: BillingAddress = before
        ? { ...before, ...facts }
        : { addressId: newId<'billing-address'>(), tenantId, ...facts, createdAt: ctx.now, retiredAt: null }
      try {
        await ctx.tx.insert(billingAddress).values(row).onConflictDoUpdate({ target: billingAddress.addressId, set: facts })
      } catch (error) {
        if (violatedConstraint(error) !== 'billing_address_label') throw error
        throw conflict('LabelTaken', `Another address is called ${label}.`, { target: 'label' })
      }
      await audit.record(ctx, {
        action: before ? 'billing-address.change' : 'billing-address.add',
        target: `tenant:${tenantId}`,
        ...(before ? { before: { label: before.label, address: before.address } } : {}),
        after: { addressId: row.addressId, ...facts },
      })
      return row
    },

    /** Nothing new is billed there; what is goes on. @throws not-found `UnknownAddress`, forbidden */
    async retireBillingAddress(ctx: Ctx, tenantId: string, id: string): Promise<void> {
      authorize(ctx.principal, 'billing.manage', { tenantId })
      const { addressId, label } = await own(ctx, tenantId, id)
      await ctx.tx.update(billingAddress).set({ retiredAt: ctx.now }).where(eq(billingAddress.addressId, addressId))
      await audit.record(ctx, { action: 'billing-address.retire', target: `tenant:${tenantId}`, before: { addressId, label } })
    },
  }
}
