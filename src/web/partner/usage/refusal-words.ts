/** Why an event was refused, as the metering API names it. */
const words: Record<string, string> = {
  malformed: 'BadArgument',
  'ahead-of-time': 'BadArgument',
  'invalid-plan': 'BadArgument',
  'invalid-quantity': 'InvalidQuantity',
  'invalid-dimension': 'InvalidDimension',
  expired: 'Expired',
  duplicate: 'Duplicate',
  'resource-not-found': 'ResourceNotFound',
  'not-authorized': 'ResourceNotAuthorized',
  'not-active': 'ResourceNotActive',
  failed: 'Error',
}

export const refusalWords = (status: string): string => words[status] ?? status
