import { sql } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import type { Audit } from './audit.ts'
import { authorize } from './authorization.ts'
import { rowsOf } from './clock.ts'
import { toInstant } from './columns.ts'
import type { Ctx } from './context.ts'
import { conflict, invalid, notFound } from './errors.ts'

/** Parts of the marketplace that can be switched off while it runs. All are on until somebody switches them. */
const flags = {
  purchases: {
    label: 'Purchases',
    meaning: 'Customers buy. Off: nobody can buy anything; what was bought goes on.',
    refusal: 'Nothing can be bought at the moment.',
  },
  publishing: {
    label: 'Publishing',
    meaning: 'Publishers submit offers. Off: drafts can be written, and what is under way goes on.',
    refusal: 'Offers cannot be submitted at the moment.',
  },
  enrollment: {
    label: 'Enrolment',
    meaning: 'Companies and developers enrol as sellers. Off: those who are enrolled go on selling.',
    refusal: 'Nobody can enrol as a seller at the moment.',
  },
  registration: {
    label: 'Registration',
    meaning: 'Companies without a directory register one by themselves. Off: directories are made by invitation or by the operator.',
    refusal: 'Companies cannot register at the moment.',
  },
} as const

export type Flag = keyof typeof flags

export interface FlagState {
  name: Flag
  label: string
  meaning: string
  isOn: boolean
  /** of the last change; null where nobody has switched it */
  reason: string | null
  changedBy: string | null
  changedAt: Temporal.Instant | null
}

export interface Flags {
  isOn(ctx: Ctx, flag: Flag): Promise<boolean>
  /** @throws conflict `SwitchedOff` with what does not work, and why */
  require(ctx: Ctx, flag: Flag): Promise<void>
  /** @throws forbidden */
  list(ctx: Ctx): Promise<FlagState[]>
  /** It holds for every process at once. @throws forbidden, not-found `UnknownFlag`, invalid `ReasonMissing` */
  set(ctx: Ctx, flag: string, isOn: boolean, reason: string): Promise<void>
}

interface Row {
  name: string
  is_on: boolean
  reason: string
  changed_by: string
  wall_at: unknown
}

const isFlag = (name: string): name is Flag => Object.hasOwn(flags, name)

/** Switches of the whole marketplace. They are read when they are asked for: another process may have turned them. */
export function createFlags(audit: Audit): Flags {
  const rowOf = async (ctx: Ctx, flag: Flag) =>
    rowsOf<Row>(await ctx.tx.execute(sql`select name, is_on, reason, changed_by, wall_at from kernel.flag where name = ${flag}`))[0]
  return {
    async isOn(ctx, flag) {
      return (await rowOf(ctx, flag))?.is_on ?? true
    },
    async require(ctx, flag) {
      const row = await rowOf(ctx, flag)
      if (row?.is_on === false) throw conflict('SwitchedOff', `${flags[flag].refusal} ${row.reason}`)
    },
    async list(ctx) {
      authorize(ctx.principal, 'flag.manage')
      const rows = rowsOf<Row>(await ctx.tx.execute(sql`select name, is_on, reason, changed_by, wall_at from kernel.flag`))
      return (Object.keys(flags) as Flag[]).map((name) => {
        const row = rows.find((one) => one.name === name)
        const { label, meaning } = flags[name]
        return {
          name,
          label,
          meaning,
          isOn: row?.is_on ?? true,
          reason: row?.reason ?? null,
          changedBy: row?.changed_by ?? null,
          changedAt: row ? toInstant(row.wall_at) : null,
        }
      })
    },
    async set(ctx, flag, isOn, reason) {
      authorize(ctx.principal, 'flag.manage')
      if (!isFlag(flag)) throw notFound('UnknownFlag', 'There is no such switch.', { target: 'flag' })
      const why = reason.replaceAll(/\s+/g, ' ').trim()
      if (why.length < 5 || why.length > 300)
        throw invalid('ReasonMissing', 'The reason has 5 to 300 characters; those who are refused read it.', { target: 'reason' })
      const before = (await rowOf(ctx, flag))?.is_on ?? true
      const by = ctx.principal.kind === 'user' ? ctx.principal.email : ctx.principal.kind
      await ctx.tx.execute(sql`
        insert into kernel.flag (name, is_on, reason, changed_by, wall_at) values (${flag}, ${isOn}, ${why}, ${by}, ${ctx.wall.toString()}::timestamptz)
        on conflict (name) do update set is_on = excluded.is_on, reason = excluded.reason, changed_by = excluded.changed_by, wall_at = excluded.wall_at`)
      await audit.record(ctx, { action: 'flag.set', target: `flag:${flag}`, before, after: isOn, reason: why })
    },
  }
}
