import { createContext, useCallback, useContext, useSyncExternalStore } from 'react'
import type { FormField, FormPage } from './form.ts'
import type { SaveState, SectionDraft } from './section-draft.ts'

/** What every editor of a page can reach besides its own value. */
export interface SectionTools {
  draft: SectionDraft
  page: FormPage
  readOnly: boolean
  /** The language whose texts are edited; empty on pages that have none. */
  variant: string
  /** Where files are sent. */
  uploadUrl: string
  /** Address of the offer's pages. */
  base: string
  /** What is stored about money: the frozen prices of the section, market → item. */
  prices: Record<string, Record<string, FrozenPrice>>
}

/** A price as it is frozen in the stored price list. */
export interface FrozenPrice {
  amount: string
  currency: string
  /** entered by the publisher for this market, not converted */
  own: boolean
}

const SectionContext = createContext<SectionTools | null>(null)
export const SectionProvider = SectionContext.Provider

export function useSection(): SectionTools {
  const tools = useContext(SectionContext)
  if (!tools) throw new Error('An editor needs its section around it.')
  return tools
}

/** A field's value; only its own changes redraw the caller. */
export function useFieldValue(name: string): unknown {
  const { draft } = useSection()
  const read = useCallback(() => draft.values[name], [draft, name])
  return useSyncExternalStore(draft.subscribe, read, read)
}

/** A part of the save state; only its own changes redraw the caller. */
export function useSaveState<T>(select: (state: SaveState) => T): T {
  const { draft } = useSection()
  const read = () => select(draft.state)
  return useSyncExternalStore(draft.subscribe, read, read)
}

/** The first field of a kind on this page, with its value: prices need to know the markets and the terms beside them. */
export function useSibling(kind: string): { field: FormField; value: unknown } | undefined {
  const { page } = useSection()
  const field = page.fields.find((one) => one.kind === kind && !one.hidden)
  const value = useFieldValue(field?.name ?? '')
  return field && { field, value }
}
