import type { FastifyReply, FastifyRequest } from 'fastify'
import { jwtVerify } from 'jose'
import type { Domain } from '../../domain/domain.ts'
import { anonymous } from '../../kernel/context.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { clearSessionCookie, readSessionCookie } from './session-cookie.ts'

/**
 * Sign-out asked for by an application. With the id_token of the signed-in user it happens at once; without that proof a person is asked
 * first, so that no other site can sign people out. The way back is followed only to an address that the application registered.
 */
export function createLogoutEndpoint(kernel: Kernel, domain: Domain) {
  const { directory } = domain

  async function readHint(hint: string): Promise<{ clientId: string; objectId: string } | null> {
    for (const key of await directory.keys.published()) {
      try {
        // The hint may have expired: it is proof of a sign-in, not of permission.
        const { payload } = await jwtVerify(hint, key.publicKey, { algorithms: ['RS256'], clockTolerance: '365 days' })
        if (typeof payload.aud === 'string' && typeof payload.oid === 'string') return { clientId: payload.aud, objectId: payload.oid }
      } catch {
        // signed by another key, or by nobody
      }
    }
    return null
  }

  return async function logout(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const fields = new URLSearchParams(typeof request.body === 'string' ? request.body : (request.query as Record<string, string>))
    const hint = await readHint(fields.get('id_token_hint') ?? '')
    const cookie = readSessionCookie(request)
    const { session, app } = await kernel.read(anonymous, async (ctx) => ({
      session: await directory.findSession(ctx, cookie),
      app: await directory.findApplication(ctx, hint?.clientId ?? fields.get('client_id') ?? ''),
    }))
    if (session && session.user.objectId !== hint?.objectId) return reply.redirect('/signout', 303)
    if (session && cookie) await kernel.run(anonymous, (ctx) => directory.endSession(ctx, cookie))
    clearSessionCookie(reply, kernel.config)
    const back = fields.get('post_logout_redirect_uri')
    if (!back || !app?.redirectUris.includes(back)) return reply.redirect('/signout', 303)
    const target = new URL(back)
    const state = fields.get('state')
    if (state) target.searchParams.set('state', state)
    return reply.redirect(target.href, 303)
  }
}
