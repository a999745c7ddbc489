import { createHash } from 'node:crypto'
import { and, eq, isNotNull } from 'drizzle-orm'
import type { Ctx } from '../../kernel/context.ts'
import * as tables from './schema.ts'

/** Whether a directory has let this user of another one in, and he has accepted. */
export async function isGuestOf(ctx: Pick<Ctx, 'tx'>, tenantId: string, objectId: string): Promise<boolean> {
  const { guest } = tables
  const [row] = await ctx.tx
    .select({ objectId: guest.objectId })
    .from(guest)
    .where(and(eq(guest.tenantId, tenantId), eq(guest.objectId, objectId), isNotNull(guest.acceptedAt)))
  return row !== undefined
}

/** What a host directory's tokens call a guest: the same for good, and another than at home, as everywhere object ids belong to one directory. */
export function guestObjectId(tenantId: string, objectId: string): string {
  const bytes = createHash('sha256').update(`guest\n${tenantId}\n${objectId}`).digest().subarray(0, 16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
