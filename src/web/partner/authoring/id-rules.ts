/** Rules of an id as they are shown while somebody types; the server has the last word. */
export interface IdRule {
  text: string
  kept: (id: string) => boolean
}

export const idRules: IdRule[] = [
  { text: '1 to 50 characters', kept: (id) => id.length >= 1 && id.length <= 50 },
  { text: 'only lowercase letters, digits, hyphens and underscores', kept: (id) => /^[a-z0-9_-]*$/.test(id) },
]

export const offerIdRules: IdRule[] = [...idRules, { text: 'does not end in -preview', kept: (id) => !id.endsWith('-preview') }]
