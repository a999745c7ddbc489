/** The pages of all sites with the permissions that their code names: read from the sources, so that a page cannot forget to say. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RouteConfigEntry } from '@react-router/dev/routes'
import { type Node, parseSync, Visitor } from 'oxc-parser'
import { type Action, actions } from '../src/kernel/authorization.ts'
import routes from '../src/web/routes.ts'

/** What a loader or an action asks for; an empty list: it lets everybody in, or there is none. */
export interface Doors {
  /** it exists */
  exists: boolean
  permissions: Action[]
  /** it wants somebody who is signed in, whoever it is */
  signedIn: boolean
}

export interface PageRoute {
  /** `/account/invoices/:invoice` */
  path: string
  /** below src/web */
  file: string
  /** files of the layouts around it, outermost first */
  layouts: string[]
  /** a resource route answers by itself: no page is rendered */
  isPage: boolean
  loader: Doors
  action: Doors
}

/** Support pages are shared by two sites; `enterSupport` asks for the permission of the site. */
const support = 'support.use'
const supportAt = (path: string): Action => (path.startsWith('/account') ? 'support.ask' : 'support.use')

const web = join(import.meta.dirname, '..', 'src', 'web')

/** Every address that is a page or a resource of its own. */
export function pageRoutes(): PageRoute[] {
  return routes.flatMap((entry) => leaves(entry, '', []))
}

function leaves(entry: RouteConfigEntry, base: string, layouts: string[]): PageRoute[] {
  const path = entry.path === undefined ? base : `${base}/${entry.path}`.replaceAll('//', '/')
  if (entry.children) return entry.children.flatMap((child) => leaves(child, path, [...layouts, entry.file]))
  const { isPage, ...found } = doorsOf(entry.file)
  const at = (doors: Doors) => ({ ...doors, permissions: doors.permissions.map((one) => (one === support ? supportAt(path) : one)) })
  const [loader, action] = [at(found.loader), at(found.action)]
  return [{ path: path === '' ? '/' : path, file: entry.file, layouts, isPage, loader, action }]
}

const read = new Map<string, ReturnType<typeof readDoors>>()

/** What a route module asks of its visitors. */
export function doorsOf(file: string): ReturnType<typeof readDoors> {
  let doors = read.get(file)
  if (!doors) read.set(file, (doors = readDoors(file)))
  return doors
}

type Found = Pick<Doors, 'permissions' | 'signedIn'>

function readDoors(file: string): { loader: Doors; action: Doors; isPage: boolean } {
  const path = join(web, file)
  const text = readFileSync(path, 'utf8')
  const { program } = parseSync(path, text)
  const functions = new Map<string, Node>()
  const exported = new Set<string>()
  let isPage = false
  const note = (node: Node) => {
    if (node.type === 'FunctionDeclaration' && node.id) functions.set(node.id.name, node)
    if (node.type === 'VariableDeclaration') {
      for (const { id, init } of node.declarations) if (id.type === 'Identifier' && init) functions.set(id.name, init)
    }
  }
  for (const node of program.body) {
    note(node)
    if (node.type === 'ExportDefaultDeclaration') isPage = true
    if (node.type !== 'ExportNamedDeclaration') continue
    if (node.declaration) {
      note(node.declaration)
      if (node.declaration.type === 'FunctionDeclaration' && node.declaration.id) exported.add(node.declaration.id.name)
      if (node.declaration.type === 'VariableDeclaration') {
        for (const { id } of node.declaration.declarations) if (id.type === 'Identifier') exported.add(id.name)
      }
    }
    for (const { exported: name } of node.specifiers) if (name.type === 'Identifier') exported.add(name.name)
  }
  const doors = (name: string): Doors => {
    const found = functions.get(name)
    const { permissions, signedIn } = found ? asked(found, functions, new Set([name])) : { permissions: [], signedIn: false }
    return { exists: exported.has(name), permissions: [...new Set(permissions)], signedIn: signedIn || permissions.length > 0 }
  }
  return { loader: doors('loader'), action: doors('action'), isPage }
}

/** The `enter…(args, 'offer.read')` of a function, and of the functions of its file that it calls. */
function asked(node: Node, functions: ReadonlyMap<string, Node>, seen: Set<string>): Found {
  const found: Found = { permissions: [], signedIn: false }
  new Visitor({
    CallExpression(call) {
      if (call.callee.type !== 'Identifier') return
      const { name } = call.callee
      if (name === 'requireUser') found.signedIn = true
      if (name === 'enterSandbox') found.permissions.push('sandbox.play')
      if (name === 'enterSupport') found.permissions.push(support)
      if (/^enter[A-Z]?/.test(name)) for (const argument of call.arguments) found.permissions.push(...literals(argument))
      const own = functions.get(name)
      if (!own || seen.has(name)) return
      seen.add(name)
      const inner = asked(own, functions, seen)
      found.permissions.push(...inner.permissions)
      found.signedIn ||= inner.signedIn
    },
  }).visit({ type: 'Program', body: [asStatement(node)], sourceType: 'module', hashbang: null, start: 0, end: 0 } as never)
  return found
}

const asStatement = (node: Node) => (node.type === 'FunctionDeclaration' ? node : { type: 'ExpressionStatement', expression: node })

/** The permissions that an argument may be: a text, or one of two. */
function literals(node: Node): Action[] {
  if (node.type === 'Literal') return typeof node.value === 'string' && node.value in actions ? [node.value as Action] : []
  if (node.type === 'ConditionalExpression') return [...literals(node.consequent), ...literals(node.alternate)]
  return []
}
