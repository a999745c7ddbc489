/**
 * What an editing page is drawn from and what travels between it and the server. All of it comes from the offer type's definition;
 * nothing here knows a field by its name.
 */
export type { FormField, FormPage, MarketOption } from '../../../domain/offers/index.ts'

export interface Problem {
  code: string
  /** Path of the value within the section: `supportContact.email`, `links.0.url`. */
  target?: string | undefined
  message: string
}

export type Content = Record<string, unknown>

/** One section of a draft as it was stored at a revision; 0 when it was never saved. */
export interface SavedSection {
  revision: number
  content: Content
}

/** What the server says to a save. */
export type SaveAnswer =
  | { kind: 'saved'; revision: number; content: Content; at: string; missing: Problem[]; merged: boolean }
  | { kind: 'refused'; message: string; problems: Problem[] }
  | { kind: 'conflict'; revision: number; content: Content; by: string | null }
  | { kind: 'failed'; message: string; final: boolean }
