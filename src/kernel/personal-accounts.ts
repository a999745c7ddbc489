/**
 * The directory of people who belong to no organisation: its id is the same everywhere, so that an application can tell them by `tid` (seed 001
 * L15673). They share nothing but this number: being of one directory gives none of them a right to what is another's.
 */
export const personalTenantId = '9188040d-6c67-4c5b-b112-36a304b66dad'
