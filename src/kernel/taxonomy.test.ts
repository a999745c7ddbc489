import { beforeAll, expect, test } from 'vitest'
import { type Marketplace, openMarketplace } from '../../test/subscriptions.ts'
import { type Ctx, system, type UserPrincipal } from './context.ts'
import { categoryTree, extendTaxonomy, findInTree, industryTree, storeCategories, storeIndustries } from './reference-data.ts'

let market: Marketplace
let operator: UserPrincipal
const as = <T>(use: (ctx: Ctx) => Promise<T>) => market.as(operator, use)
const add = (tree: string, parent: string, key: string, name: string) =>
  as((ctx) => market.kernel.taxonomy.add(ctx, { tree, parent, key, name }))
/** The next transaction of any process sees what was added before. */
const settled = () => as(async () => undefined)

beforeAll(async () => {
  market = await openMarketplace()
  operator = (await market.kernel.run(system, (ctx) =>
    market.domain.directory.principal(ctx, '0e0b5a2e-6a51-4c1c-9d5f-3f1a52b7a001'),
  )) as UserPrincipal
})

test('RF-21 the operator adds categories and industries without a change of code: offers choose them, stores list them, in every process', async () => {
  const [before] = [categoryTree('cloud', 'saas').length]
  await add('cloud', '', 'quantum', 'Quantum Computing')
  await settled()
  await add('cloud', 'Quantum Computing', 'simulators', 'Simulators')
  await add('cloud', 'Compute', 'grids', 'Grids')
  await add('industries', '', 'SpaceTravel', 'Space Travel')
  await settled()
  const cloud = categoryTree('cloud', 'saas')
  expect(cloud).toHaveLength(before === undefined ? -1 : before + 1)
  expect(findInTree(cloud, 'quantum/simulators')).toEqual({ name: 'Quantum Computing', child: 'Simulators' })
  expect(findInTree(categoryTree('cloud', 'azureApp'), 'quantum/simulators')).toBeDefined()
  expect(findInTree(categoryTree('business', 'saas'), 'quantum')).toBeUndefined()
  expect(storeCategories.cloud.some(({ name }) => name === 'Quantum Computing')).toBe(true)
  expect(findInTree(industryTree('saasDynamics365'), 'SpaceTravel')).toEqual({ name: 'Space Travel' })
  expect(storeIndustries.some(({ key }) => key === 'SpaceTravel')).toBe(true)

  // An offer may choose it: the section is accepted with it, and refused with what nobody has added.
  const { offers } = market.domain
  const save = (path: string) =>
    market.kernel.run(system, async (ctx) => {
      const offer = await offers.findOffer(ctx, 'contoso', 'contoso-crm')
      const address = { offer: offer?.id ?? '', module: 'properties' }
      const { content } = await offers.section(ctx, address)
      return offers.saveSection(ctx, { ...address, content: { ...content, categories: { business: [], cloud: [path] } } })
    })
  await expect(save('quantum/annealers')).rejects.toThrow('quantum/annealers is no category')
  expect((await save('quantum/simulators')).content.categories).toEqual({ business: [], cloud: ['quantum/simulators'] })

  // Another process, which has read nothing yet, reads it with its next transaction.
  extendTaxonomy('older', [])
  expect(findInTree(categoryTree('cloud', 'saas'), 'quantum')).toBeUndefined()
  await settled()
  expect(findInTree(categoryTree('cloud', 'saas'), 'quantum/simulators')).toBeDefined()

  await as((ctx) => market.kernel.taxonomy.rename(ctx, { tree: 'cloud', parent: '', key: 'quantum', name: 'Quantum' }))
  await settled()
  expect(findInTree(categoryTree('cloud', 'saas'), 'quantum/simulators')).toEqual({ name: 'Quantum', child: 'Simulators' })
  const trees = await as((ctx) => market.kernel.taxonomy.trees(ctx))
  expect(trees.flatMap(({ entries }) => entries.filter((one) => one.isAdded).map(({ name }) => name)).toSorted()).toEqual([
    'Grids',
    'Quantum',
    'Simulators',
    'Space Travel',
  ])
})

test('what is taken, unknown or not the operator’s is refused and changes nothing', async () => {
  const cases: [Parameters<typeof add>, object][] = [
    [['cloud', '', 'compute', 'Compute'], { target: 'name' }],
    [['cloud', '', 'quantum', 'Something else'], { code: 'KeyTaken' }],
    [['cloud', 'Nowhere', 'x-y', 'Name'], { kind: 'invalid' }],
    [['cloud', '', 'a b', 'Name'], { kind: 'invalid' }],
    [['cloud', '', 'fine', '\u202Eeman'], { kind: 'invalid' }],
    [['nonsense', '', 'fine', 'Name'], { target: 'tree' }],
  ]
  for (const [args, expected] of cases) {
    await expect(add(...args), args.join()).rejects.toMatchObject(expected)
  }
  await expect(
    as((ctx) => market.kernel.taxonomy.rename(ctx, { tree: 'cloud', parent: '', key: 'compute', name: 'X-Ray' })),
  ).rejects.toMatchObject({
    code: 'EntryNotFound',
  })
  const nobody = { ...operator, roles: [] }
  await expect(
    market.as(nobody, (ctx) => market.kernel.taxonomy.add(ctx, { tree: 'cloud', parent: '', key: 'mine', name: 'Mine' })),
  ).rejects.toMatchObject({ kind: 'forbidden' })
})
