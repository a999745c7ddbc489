import type { Doctor } from '../../kernel/doctor.ts'
import type { Directory } from '../directory/index.ts'
import * as tables from './schema.ts'

/** Everybody that this room names exists in the directory. */
export function registerChecks(doctor: Doctor, directory: Directory): void {
  doctor.register('accounts: tenants exist', async (tx) => {
    const sellers = await tx.select({ tenantId: tables.sellerAccount.tenantId }).from(tables.sellerAccount)
    const customers = await tx.select({ tenantId: tables.billingAccount.tenantId }).from(tables.billingAccount)
    const named = [...sellers, ...customers].map((row) => row.tenantId)
    const existing = new Set((await directory.getTenants({ tx }, named)).map((tenant): string => tenant.tenantId))
    return [...new Set(named)]
      .filter((tenantId) => !existing.has(tenantId))
      .map((tenantId) => `Tenant ${tenantId} is not in the directory.`)
  })

  doctor.register('accounts: members exist', async (tx) => {
    const members = await tx.select({ kind: tables.member.memberKind, id: tables.member.memberId }).from(tables.member)
    const idsOf = (kind: tables.MemberKind) => members.filter((member) => member.kind === kind).map((member) => member.id)
    const users = await directory.getUsers({ tx }, idsOf('user'))
    const applications = await directory.getApplications({ tx }, idsOf('application'))
    const groups = await directory.getGroups({ tx }, idsOf('group'))
    const existing = new Set<string>([
      ...users.map((user) => user.objectId),
      ...groups.map((group) => group.groupId),
      ...applications.map((app) => app.clientId),
    ])
    return members.filter(({ id }) => !existing.has(id)).map(({ kind, id }) => `Member ${kind} ${id} is not in the directory.`)
  })
}
