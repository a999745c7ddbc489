export const audienceWords = { publisher: 'Publishers', customer: 'Customers', everybody: 'Everybody' } as const
