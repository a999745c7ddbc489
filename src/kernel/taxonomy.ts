import { sql } from 'drizzle-orm'
import type { Audit } from './audit.ts'
import { authorize } from './authorization.ts'
import { rowsOf } from './clock.ts'
import type { Ctx } from './context.ts'
import type { Tx } from './database.ts'
import { conflict, type ErrorDetail, invalid, notFound } from './errors.ts'
import { newId } from './ids.ts'
import { extendTaxonomy, type TaxonomyEntry, type TaxonomyTree, taxonomyOf, taxonomyVersion } from './reference-data.ts'

export interface TaxonomyInput {
  tree: string
  /** name of what it stands below; empty: beside the others */
  parent: string
  key: string
  name: string
}

export interface Taxonomy {
  /** The three trees as offers see them; what the operator has added is marked. @throws forbidden */
  trees(ctx: Ctx): Promise<{ tree: TaxonomyTree; entries: { parent: string; key: string; name: string; isAdded: boolean }[] }[]>
  /** Offers can choose it from the next moment on, in every process. @throws forbidden, invalid naming each field, conflict `KeyTaken`, `NameTaken` */
  add(ctx: Ctx, input: TaxonomyInput): Promise<void>
  /** Changes the name of what was added; what stands below stays below. @throws forbidden, not-found, invalid, conflict `NameTaken` */
  rename(ctx: Ctx, input: TaxonomyInput): Promise<void>
}

const isTree = (text: string): text is TaxonomyTree => ['business', 'cloud', 'industries'].includes(text)

/** Reads what was added, when the version in the database is not the one that this process has. */
export async function followTaxonomy(tx: Tx, version: string): Promise<void> {
  if (version === taxonomyVersion()) return
  extendTaxonomy(
    version,
    rowsOf<TaxonomyEntry>(await tx.execute(sql`select tree, parent, key, name from kernel.taxonomy order by parent, name`)),
  )
}

/** Categories and industries that the operator adds without a change of code (RF-21). */
export function createTaxonomy(audit: Audit): Taxonomy {
  const changed = (ctx: Ctx) => ctx.tx.execute(sql`update kernel.clock set taxonomy_version = ${newId<'taxonomy'>()}`)

  function nameOf(text: string, problems: ErrorDetail[]): string {
    const name = text.replaceAll(/\s+/g, ' ').trim()
    if (name.length < 2 || name.length > 80 || /[\p{Cc}\p{Cf}]/u.test(name))
      problems.push({ code: 'InvalidValue', target: 'name', message: 'The name has 2 to 80 characters.' })
    return name
  }

  function refuseTaken(tree: TaxonomyTree, parent: string, name: string): void {
    if (taxonomyOf(tree).some((one) => one.parent === parent && one.name.toLowerCase() === name.toLowerCase()))
      throw conflict('NameTaken', 'There is an entry with this name.', { target: 'name' })
  }

  return {
    async trees(ctx) {
      authorize(ctx.principal, 'taxonomy.manage')
      const rows = rowsOf<TaxonomyEntry>(await ctx.tx.execute(sql`select tree, parent, key, name from kernel.taxonomy`))
      return (['business', 'cloud', 'industries'] as const).map((tree) => ({
        tree,
        entries: taxonomyOf(tree).map((one) => ({
          ...one,
          isAdded: rows.some((row) => row.tree === tree && row.parent === one.parent && row.name === one.name),
        })),
      }))
    },
    async add(ctx, { tree, parent, key, name }) {
      authorize(ctx.principal, 'taxonomy.manage')
      const problems: ErrorDetail[] = []
      if (!isTree(tree)) throw invalid('InvalidValue', 'Choose what to add to.', { target: 'tree' })
      const given = { tree, parent: parent.trim(), key: key.trim(), name: nameOf(name, problems) }
      if (!/^[A-Za-z0-9][A-Za-z0-9-]{1,59}$/.test(given.key))
        problems.push({ code: 'InvalidValue', target: 'key', message: 'The key has 2 to 60 letters, digits and hyphens.' })
      const known = taxonomyOf(tree)
      if (given.parent !== '' && !known.some((one) => one.parent === '' && one.name === given.parent))
        problems.push({ code: 'InvalidValue', target: 'parent', message: 'There is no such entry to stand below.' })
      if (problems.length > 0) throw invalid('InvalidTaxonomy', problems[0]?.message ?? '', { details: problems })
      if (known.some((one) => one.parent === given.parent && one.key === given.key))
        throw conflict('KeyTaken', 'There is an entry with this key.', { target: 'key' })
      refuseTaken(tree, given.parent, given.name)
      const by = ctx.principal.kind === 'user' ? ctx.principal.email : ctx.principal.kind
      await ctx.tx.execute(sql`
        insert into kernel.taxonomy (tree, parent, key, name, added_by, wall_at)
        values (${tree}, ${given.parent}, ${given.key}, ${given.name}, ${by}, ${ctx.wall.toString()}::timestamptz)`)
      await changed(ctx)
      await audit.record(ctx, { action: 'taxonomy.add', target: `taxonomy:${tree}/${given.key}`, after: given })
    },
    async rename(ctx, { tree, parent, key, name }) {
      authorize(ctx.principal, 'taxonomy.manage')
      const problems: ErrorDetail[] = []
      const given = nameOf(name, problems)
      if (problems.length > 0) throw invalid('InvalidTaxonomy', problems[0]?.message ?? '', { details: problems })
      const where = sql`tree = ${tree} and parent = ${parent} and key = ${key}`
      const [before] = rowsOf<{ name: string }>(await ctx.tx.execute(sql`select name from kernel.taxonomy where ${where} for update`))
      if (!before || !isTree(tree)) throw notFound('EntryNotFound', 'Only what was added can be renamed.', { target: 'key' })
      if (before.name === given) return
      if (before.name.toLowerCase() !== given.toLowerCase()) refuseTaken(tree, parent, given)
      await ctx.tx.execute(sql`update kernel.taxonomy set name = ${given} where ${where}`)
      if (parent === '')
        await ctx.tx.execute(sql`update kernel.taxonomy set parent = ${given} where tree = ${tree} and parent = ${before.name}`)
      await changed(ctx)
      await audit.record(ctx, { action: 'taxonomy.rename', target: `taxonomy:${tree}/${key}`, before: before.name, after: given })
    },
  }
}
