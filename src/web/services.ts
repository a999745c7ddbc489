import type { RouterContext } from 'react-router'
import { createContext } from 'react-router'
import type { Domain } from '../domain/domain.ts'
import type { Kernel } from '../kernel/kernel.ts'

/** What loaders and actions call. Only the types of kernel and domain are imported: the code of both stays outside the web bundle. */
export interface Services {
  kernel: Kernel
  domain: Domain
}

/** What a loader or action may need to know of the request beyond the Web `Request`. */
export interface RequestFacts {
  requestId: string
  /** Address of the client as Fastify saw it. */
  ip: string
  /** For scripts and style elements of this answer's content security policy. */
  nonce: string
  /** `http://localhost:3978`: for absolute links. */
  origin: string
}

// The server bundle and the code outside it each have a copy of this module; both must find the same keys.
const shared = globalThis as unknown as Record<symbol, unknown>
const servicesKey = Symbol.for('stoa.services')
const requestKey = Symbol.for('stoa.request')
shared[servicesKey] ??= createContext<Services>()
shared[requestKey] ??= createContext<RequestFacts>()

export const servicesContext = shared[servicesKey] as RouterContext<Services>
export const requestContext = shared[requestKey] as RouterContext<RequestFacts>

/** Read by the root layout and the server entry from a route module's `handle`. */
export interface RouteHandle {
  /** Ship the React runtime and the router with this page. Portals do; storefront pages do not. */
  interactive?: boolean
  /** A form of this page may lead to another site (a publisher's landing page), so `form-action` must not be limited to ours. */
  leavesSite?: boolean
}
