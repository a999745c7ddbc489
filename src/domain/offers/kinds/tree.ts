import { z } from 'zod'
import { categoryTree, cosellCountries, findInTree, industryTree, type Store } from '../../../kernel/reference-data.ts'
import { kind } from './kind.ts'

type Paths = Record<Store, string[]>
const stores: readonly Store[] = ['business', 'cloud']

function nameOf(found: { name: string; child?: string } | undefined, path: string): string {
  if (!found) return path
  return found.child === undefined ? found.name : `${found.name} / ${found.child}`
}

/** Keys without their store, as the submission APIs name categories: each stands in every store that has it (spec/09 §4). */
function storesOfKeys(column: string, keys: readonly string[]): Paths {
  const [business, cloud] = stores.map((store) => {
    const nodes = categoryTree(store, column)
    return keys.filter((path) => findInTree(nodes, path) !== undefined)
  })
  const unknown = keys.filter((path) => !business?.includes(path) && !cloud?.includes(path))
  // What no store has is refused like a key of another type.
  return { business: [...(business ?? []), ...unknown], cloud: cloud ?? [] }
}

/** Category paths per store, or the bare keys. One or two categories over both stores, each with up to two subcategories (spec/09 §4.2). */
export const categories = kind(
  (options: { column: string; max: number; maxChildren: number }) => {
    const paths = z.array(z.string('Choose a category.')).default([])
    const shape = z.strictObject({ business: paths, cloud: paths })
    const checked = z.strictObject({ business: z.array(z.string()), cloud: z.array(z.string()) }).superRefine((value, check) => {
      for (const store of stores) {
        const nodes = categoryTree(store, options.column)
        for (const path of value[store]) {
          if (!findInTree(nodes, path)) {
            check.addIssue({ code: 'custom', path: [store], message: `${path} is no category of this store for this type of offer.` })
          }
        }
        if (new Set(value[store]).size < value[store].length)
          check.addIssue({ code: 'custom', path: [store], message: 'Choose each category once.' })
      }
      const parents = new Map<string, number>()
      // A key that both stores have is one choice.
      for (const path of new Set([...value.business, ...value.cloud])) {
        const parent = path.split('/')[0] ?? ''
        parents.set(parent, (parents.get(parent) ?? 0) + (path.includes('/') ? 1 : 0))
      }
      if (parents.size > options.max) check.addIssue({ code: 'custom', message: `Choose at most ${options.max} categories.` })
      if ([...parents.values()].some((children) => children > options.maxChildren)) {
        check.addIssue({ code: 'custom', message: `Choose at most ${options.maxChildren} subcategories of a category.` })
      }
    })
    const keys = paths.transform((list) => storesOfKeys(options.column, list))
    return z.union([shape, keys]).pipe(checked)
  },
  {
    rules: ({ max, maxChildren }) => [
      `At most ${max} categories over both stores, each with at most ${maxChildren} subcategories. Keys alone stand in every store that has them.`,
    ],
    readable: (value: Partial<Paths>, { column }) =>
      stores.flatMap((store) => (value[store] ?? []).map((path) => nameOf(findInTree(categoryTree(store, column), path), path))).join('\n'),
  },
)

/** Industry paths `industry/vertical`: up to `max` industries with one to `maxChildren` verticals each. */
export const industries = kind(
  (options: { column: string; max: number; maxChildren: number }) =>
    z.array(z.string('Choose an industry.')).superRefine((paths, check) => {
      const nodes = industryTree(options.column)
      const perParent = new Map<string, number>()
      for (const path of paths) {
        if (!findInTree(nodes, path)) check.addIssue({ code: 'custom', message: `${path} is no industry.` })
        const parent = path.split('/')[0] ?? ''
        perParent.set(parent, (perParent.get(parent) ?? 0) + 1)
      }
      if (new Set(paths).size < paths.length) check.addIssue({ code: 'custom', message: 'Choose each industry once.' })
      if (perParent.size > options.max) check.addIssue({ code: 'custom', message: `Choose at most ${options.max} industries.` })
      if ([...perParent.values()].some((count) => count > options.maxChildren)) {
        check.addIssue({ code: 'custom', message: `Choose at most ${options.maxChildren} sub-industries of an industry.` })
      }
    }),
  {
    rules: ({ max, maxChildren }) => [`At most ${max} industries with at most ${maxChildren} sub-industries each.`],
    readable: (value: string[], { column }) => value.map((path) => nameOf(findInTree(industryTree(column), path), path)).join('\n'),
  },
)

const everywhere = 'OOO'

/** Countries of a contact by their codes, as a list or separated by commas; each once, and `OOO` alone for a contact that covers everything. */
export const regions = kind(
  (options: { max: number }) => {
    const codes = z
      .array(z.string().refine((code) => cosellCountries.has(code), { error: (issue) => `${String(issue.input)} is no country code.` }))
      .max(options.max, `Choose at most ${options.max} countries.`)
      .refine((list) => list.length === 1 || !list.includes(everywhere), `${everywhere} covers everything: it stands alone.`)
      .transform((list) => [...new Set(list)].sort())
    const written = z.string().transform((text) => text.split(',').map((code) => code.trim()))
    return z.union([z.array(z.string()), written]).pipe(codes)
  },
  {
    rules: ({ max }) => [`At most ${max} countries by their two-letter code, or ${everywhere} alone for all of them.`],
    readable: (value: string[]) => value.map((code) => cosellCountries.get(code) ?? code).join('\n'),
  },
)
