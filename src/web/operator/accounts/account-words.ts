export const stepWords = { email: 'E-mail', employment: 'Employment', business: 'Business' } as const
export const verificationWords = {
  pending: { label: 'Waits', tone: 'attention' },
  accepted: { label: 'Accepted', tone: 'good' },
  refused: { label: 'Refused', tone: 'bad' },
} as const
export const publisherWords = {
  active: { label: 'Active', tone: 'good' },
  suspended: { label: 'Suspended', tone: 'attention' },
  closed: { label: 'Closed', tone: 'neutral' },
} as const
