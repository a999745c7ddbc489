import { z } from 'zod'

/** Marks that turn the direction of what follows: a name with one can make the line it stands in read as something else (Unicode TR 36). */
const turnsDirection = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/
/** Line breaks and other controls; unpaired halves of characters. */
const unprintable = /[\p{Cc}\p{Cs}\u2028\u2029]/u

/** A name that people and groups are shown by: one line of at most `most` characters in any script. Markup in it is text like any other. */
export function personName(whose: string, most: number) {
  return z
    .string()
    .trim()
    .min(1, `${whose} needs a name.`)
    .max(most, `${whose} has a name of at most ${most} characters.`)
    .refine((text) => !unprintable.test(text), `${whose} has a name on one line, without control characters.`)
    .refine((text) => !turnsDirection.test(text), `${whose} has a name without marks that turn the direction of writing.`)
}
