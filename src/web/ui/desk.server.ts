import type { RouterContextProvider } from 'react-router'
import { type Action, allows } from '../../kernel/authorization.ts'
import { system } from '../../kernel/context.ts'
import type { Ctx } from '../../kernel/context.ts'
import { requestContext } from '../services.ts'
import { enter, refuse, type Visit } from './portal-access.server.ts'

/** A visit to a page that Partner Center and the operator console share. */
export interface Desk extends Visit {
  /** `/partner/publishers/contoso` or `/operator` */
  base: string
  /** Whose integration is looked at; null for the operator, who sees everybody's. */
  publisher: { publisherId: string; name: string; tenantId: string } | null
}

export interface DeskArgs {
  request: Request
  context: Readonly<RouterContextProvider>
  params: { publisher?: string | undefined }
}

/**
 * The publishers whose pages somebody may open: those one works for, and for the marketplace's staff the one that is asked for, of which they
 * may read what their permissions name.
 */
export async function publishersFor({ user, domain, read }: Pick<Visit, 'user' | 'domain' | 'read'>, asked: string | undefined) {
  return read(async (ctx) => {
    const own = await domain.accounts.publishersOf(ctx, user)
    if (asked === undefined || own.some((one) => one.publisherId === asked) || !allows(user, 'operator.console')) return own
    return [...own, await domain.accounts.publisher(ctx, asked)]
  })
}

/**
 * Who visits which desk. Below /partner the publisher in the address must be one of {@link publishersFor}, in a role that includes `action`;
 * one that does not exist and somebody else's answer alike. Elsewhere the visitor is the operator.
 */
export async function enterDesk(args: DeskArgs, action: Action): Promise<Desk> {
  const { publisher: publisherId } = args.params
  if (publisherId === undefined) return { ...(await enter(args, 'operator.console')), base: '/operator', publisher: null }
  const visit = await enter(args, 'session.use')
  const { user } = visit
  const publisher = (await publishersFor(visit, publisherId)).find((one) => one.publisherId === publisherId)
  if (!publisher) throw refuse(404, 'You work for no publisher with this id.')
  if (!allows(user, action, { tenantId: publisher.tenantId })) {
    throw refuse(403, 'Your role does not include this page. Ask an owner or manager of the publisher for access.')
  }
  return { ...visit, base: `/partner/publishers/${publisherId}`, publisher }
}

/** A desk in the sandbox, where the visitor also plays the customer and the marketplace. */
export interface SandboxDesk extends Desk {
  /** A use case as the marketplace itself. What it is done to must have been checked to be of this desk. */
  play<T>(use: (ctx: Ctx) => Promise<T>): Promise<T>
}

/** The same for pages of the sandbox. In production there are none. */
export async function enterSandbox(args: DeskArgs): Promise<SandboxDesk> {
  const desk = await enterDesk(args, 'sandbox.play')
  if (desk.kernel.config.mode !== 'sandbox') throw refuse(404, 'This marketplace does not run in sandbox mode.')
  const { requestId } = args.context.get(requestContext)
  return { ...desk, play: (use) => desk.kernel.run(system, use, { requestId }) }
}

/** Whether something of `publisherId` belongs on this desk. */
export function isOfDesk({ publisher }: Desk, publisherId: string): boolean {
  return publisher === null || publisher.publisherId === publisherId
}
