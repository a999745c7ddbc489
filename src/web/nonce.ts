import { createContext } from 'react'

/** The nonce of this answer on the server; empty in the browser, where React must not compare it. */
export const NonceContext = createContext<string | undefined>(undefined)

/** The same in the browser, where it is kept out of attributes: for style elements that libraries add. */
export function nonceOfPage(): string {
  return document.querySelector<HTMLScriptElement>('script[nonce]')?.nonce ?? ''
}
