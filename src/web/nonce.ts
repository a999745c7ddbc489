import { createContext } from 'react'

/** The nonce of this answer on the server; empty in the browser, where React must not compare it. */
export const NonceContext = createContext<string | undefined>(undefined)
