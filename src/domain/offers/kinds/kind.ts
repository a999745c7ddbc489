import type { z } from 'zod'
import type { FileRule } from '../file-check.ts'

/** An uploaded file that a value names, and what it has to be. */
export interface FileUse {
  path: (string | number)[]
  hash: string
  rule: FileRule
}

/** What the engine knows about a kind besides the schema of its values. */
export interface KindFacts<O> {
  /** The rules of a value in words, one sentence each: for editors and for the reference. */
  rules: (options: O) => string[]
  /** The value as a reader sees it in Compare; several values on lines of their own. Left out: the value as text. */
  readable?: (value: never, options: O) => string
  /** Uploaded files that a value names. */
  files?: (value: never, options: O) => FileUse[]
  /** Texts of a value that are encrypted before they are stored and never shown again. */
  secret?: { purpose: string; path: string[] }
  /** The address in a value that may lack TLS, on this machine in the sandbox only. */
  plainAddress?: (value: never, options: O) => string | undefined
  /** Two editors of different members do not disturb each other. */
  mergedByMember?: true
  /** The value is kept elsewhere than in the section: it is neither saved nor read with it. */
  apart?: true
}

/** A kind of field: called with its options it gives the schema of a value that is filled in. */
export type Kind<O, S extends z.ZodType> = ((options: O) => S) & KindFacts<O>

export function kind<O, S extends z.ZodType>(schema: (options: O) => S, facts: KindFacts<O>): Kind<O, S> {
  return Object.assign((options: O) => schema(options), facts)
}
