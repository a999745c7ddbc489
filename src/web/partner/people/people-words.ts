/** The three kinds of members of an account, with the words of their pages. */
export const kinds = {
  users: {
    kind: 'user',
    title: 'Users',
    one: 'user',
    many: 'users',
    lead: 'People of your directory and guests who work for this account, with what each may do.',
    empty: 'Add people of your directory, or invite others by mail.',
  },
  groups: {
    kind: 'group',
    title: 'Groups',
    one: 'group',
    many: 'groups',
    lead: 'Everybody in a group has its rights, besides his own.',
    empty: 'Give a group rights instead of each person in it.',
  },
  applications: {
    kind: 'application',
    title: 'Applications',
    one: 'application',
    many: 'applications',
    lead: 'Programs that act for this account through the APIs, with the rights of their roles.',
    empty: 'Register an application for your automation; it gets keys when it needs them.',
  },
} as const

export type KindName = keyof typeof kinds

export function isKindName(text: string): text is KindName {
  return text in kinds
}

/** What the notices say after something was done. */
export const doneWords: Record<string, string> = {
  added: 'They are added.',
  created: 'It is created and added.',
  invited: 'The invitations are sent.',
  removed: 'They do not belong to the account any more.',
  withdrawn: 'The invitation is taken back. Its link opens nothing any more.',
  resent: 'A new invitation is sent. The link of the earlier mail opens nothing any more.',
  rights: 'The rights are saved. They hold from the next request on.',
  name: 'The name is changed, in the directory too.',
  members: 'The members are saved.',
  'key-removed': 'The key is removed. Nothing opens with it any more.',
}
