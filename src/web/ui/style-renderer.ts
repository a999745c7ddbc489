import { createContext } from 'react'

/**
 * The style renderer of this request, made by the server entry for interactive pages (a Griffel renderer, typed `unknown` so that
 * pages without Fluent load none of it). A portal layout gives it to Fluent's `RendererProvider`; in the browser it is undefined
 * and the layout makes its own with `createDOMRenderer(document)`.
 */
export const StyleRendererContext = createContext<unknown>(undefined)
