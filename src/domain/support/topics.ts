import { authorize } from '../../kernel/authorization.ts'
import type { Ctx } from '../../kernel/context.ts'
import { conflict, type ErrorDetail, invalid, notFound } from '../../kernel/errors.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { firstSupportTopics } from '../../kernel/reference-data.ts'
import { isRequestKind, type RequestKind } from './kinds.ts'
import { type Audience, type Solution, type TopicRow, topic } from './schema.ts'

/** A topic with its place in the tree. */
export interface Topic extends TopicRow {
  /** titles from the root to the topic */
  path: string[]
  /** a request may be about it: nothing stands below */
  isLeaf: boolean
}

export interface TopicInput {
  id: string
  parent: string
  title: string
  kind: string
  audience: string
  keywords: string
  position: string
  /** one a line: `Title | what it says | address` */
  solutions: string
}

/** Deepest level: category, topic, subtopic. */
const levels = 3
const mostSuggestions = 6

/** All topics that are not retired (with `retired` those too), in the order in which they are browsed. */
export async function topicTree(ctx: Ctx, options: { retired?: boolean } = {}): Promise<Topic[]> {
  const changed = new Map((await ctx.tx.select().from(topic)).map((row) => [row.id, row]))
  const given = firstTopics.filter((row) => !changed.has(row.id))
  const rows = [...given, ...changed.values()]
    .filter((row) => options.retired || !row.retired)
    .toSorted((a, b) => a.position - b.position || a.title.localeCompare(b.title, 'en'))
  const below = Map.groupBy(rows, (row) => row.parent)
  const ordered: Topic[] = []
  const add = (row: TopicRow, before: string[]) => {
    const path = [...before, row.title]
    const children = below.get(row.id) ?? []
    ordered.push({ ...row, path, isLeaf: children.length === 0 })
    for (const child of children) add(child, path)
  }
  for (const root of below.get(null) ?? []) add(root, [])
  return ordered
}

const firstTopics: readonly TopicRow[] = firstSupportTopics.map((row) => ({ ...row, kind: row.kind as RequestKind, retired: false }))

/** Whether topics of an audience are shown to a party. */
export const isFor = (audience: Audience, party: 'publisher' | 'customer') => audience === 'everybody' || audience === party

const wordsOf = (text: string) =>
  text
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word.length > 1)

/** The leaves that fit what somebody types, the best first: every word must begin a word of the title, the path or the keywords. */
export function suggest(topics: readonly Topic[], text: string): Topic[] {
  const asked = wordsOf(text)
  if (asked.length === 0) return []
  const found = topics
    .filter((one) => one.isLeaf)
    .map((one) => {
      const [title, rest] = [wordsOf(one.title), wordsOf(`${one.path.join(' ')} ${one.keywords}`)]
      const score = asked.reduce((sum, word) => {
        if (title.some((known) => known.startsWith(word))) return sum + 3
        return rest.some((known) => known.startsWith(word)) ? sum + 1 : sum
      }, 0)
      const hits = asked.filter((word) => [...title, ...rest].some((known) => known.startsWith(word))).length
      return { one, score, hits }
    })
    .filter(({ hits }) => hits > 0)
  const best = Math.max(0, ...found.map(({ hits }) => hits))
  return found
    .filter(({ hits }) => hits === best)
    .toSorted((a, b) => b.score - a.score)
    .slice(0, mostSuggestions)
    .map(({ one }) => one)
}

/** A leaf that a party may ask about. @throws not-found */
export async function askableTopic(ctx: Ctx, id: string, party: 'publisher' | 'customer'): Promise<Topic> {
  const found = (await topicTree(ctx)).find((one) => one.id === id)
  if (!found?.isLeaf || !isFor(found.audience, party)) throw notFound('TopicNotFound', 'There is no such topic.', { target: 'topic' })
  return found
}

const isAudience = (text: string): text is Audience => ['publisher', 'customer', 'everybody'].includes(text)

/** The operator's hand on the tree (RF-21). */
export function createTopicDesk({ audit }: Pick<Kernel, 'audit'>) {
  function checked(input: TopicInput, known: Topic[]) {
    const problems: ErrorDetail[] = []
    const say = (target: string, message: string) => void problems.push({ code: 'InvalidValue', target, message })
    const title = input.title.trim()
    if (title.length < 2 || title.length > 120) say('title', 'The title has 2 to 120 characters.')
    if (!isRequestKind(input.kind)) say('kind', 'Choose one of the kinds of request.')
    if (!isAudience(input.audience)) say('audience', 'Choose who finds the topic.')
    if (!/^\d{1,5}$/.test(input.position)) say('position', 'The position is a whole number up to 99999.')
    const parent = input.parent === '' ? null : input.parent
    const above = known.find((one) => one.id === parent)
    if (parent !== null && !above) say('parent', 'There is no such topic to stand below.')
    else if (above && above.path.length >= levels) say('parent', `Topics are at most ${levels} levels deep.`)
    const solutions = input.solutions
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '')
      .map((line): Solution => {
        const [title = '', text = '', address = ''] = line.split('|').map((part) => part.trim())
        if (title === '' || !(/^\/(?!\/)/.test(address) || address.startsWith('https://')))
          say('solutions', `“${line.slice(0, 60)}” is not “Title | text | address”; an address begins with / or https://.`)
        return { title, text, address }
      })
    if (problems.length > 0) throw invalid('InvalidTopic', problems[0]?.message ?? '', { details: problems })
    return {
      parent,
      title,
      kind: input.kind as RequestKind,
      audience: input.audience as Audience,
      keywords: input.keywords.trim().slice(0, 500),
      position: Number(input.position),
      solutions,
    }
  }

  return {
    /** Adds a topic. @throws invalid naming each field, conflict where the id is taken */
    async addTopic(ctx: Ctx, input: TopicInput): Promise<void> {
      authorize(ctx.principal, 'taxonomy.manage')
      const known = await topicTree(ctx, { retired: true })
      const values = checked(input, known)
      const id = input.id.trim()
      if (!/^[a-z0-9][a-z0-9-]{1,59}$/.test(id))
        throw invalid('InvalidTopic', 'The id has 2 to 60 small letters, digits and hyphens.', { target: 'id' })
      if (known.some((one) => one.id === id)) throw conflict('TopicExists', 'There is a topic with this id.', { target: 'id' })
      await ctx.tx.insert(topic).values({ id, ...values })
      await audit.record(ctx, { action: 'support-topic.add', target: `support-topic:${id}`, after: values })
    },

    /** Changes a topic. Requests keep the path that they were sent with. @throws not-found, invalid naming each field */
    async changeTopic(ctx: Ctx, input: TopicInput): Promise<void> {
      authorize(ctx.principal, 'taxonomy.manage')
      const known = await topicTree(ctx, { retired: true })
      const before = known.find((one) => one.id === input.id)
      if (!before) throw notFound('TopicNotFound', 'There is no such topic.', { target: 'id' })
      const values = checked(input, known)
      const inside = new Set([input.id])
      for (const one of known) if (one.parent !== null && inside.has(one.parent)) inside.add(one.id)
      if (values.parent !== null && inside.has(values.parent))
        throw invalid('InvalidTopic', 'A topic cannot stand below itself.', { target: 'parent' })
      const levelsBelow = Math.max(...known.filter((one) => inside.has(one.id)).map((one) => one.path.length)) - before.path.length
      const level = (known.find((one) => one.id === values.parent)?.path.length ?? 0) + 1
      if (level + levelsBelow > levels) throw invalid('InvalidTopic', `Topics are at most ${levels} levels deep.`, { target: 'parent' })
      await ctx.tx
        .insert(topic)
        .values({ id: input.id, ...values, retired: before.retired })
        .onConflictDoUpdate({ target: topic.id, set: values })
      const { path: _path, isLeaf: _leaf, id: _id, retired: _retired, ...was } = before
      await audit.record(ctx, { action: 'support-topic.change', target: `support-topic:${input.id}`, before: was, after: values })
    },

    /** Takes a topic and all below it out of the tree, or brings it back. @throws not-found */
    async retireTopic(ctx: Ctx, id: string, retired: boolean): Promise<void> {
      authorize(ctx.principal, 'taxonomy.manage')
      const known = await topicTree(ctx, { retired: true })
      if (!known.some((one) => one.id === id)) throw notFound('TopicNotFound', 'There is no such topic.', { target: 'id' })
      const inside = new Set([id])
      for (const one of known) if (one.parent !== null && inside.has(one.parent)) inside.add(one.id)
      for (const { path: _path, isLeaf: _leaf, ...row } of known) {
        if (!inside.has(row.id) || row.retired === retired) continue
        await ctx.tx
          .insert(topic)
          .values({ ...row, retired })
          .onConflictDoUpdate({ target: topic.id, set: { retired } })
      }
      await audit.record(ctx, { action: retired ? 'support-topic.retire' : 'support-topic.restore', target: `support-topic:${id}` })
    },
  }
}
