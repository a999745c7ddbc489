import { z } from 'zod'
import type { Profile, ProfileFields } from '../../domain/directory/index.ts'
import { ScimError } from './errors.ts'
import type { FilterPaths } from './filter.ts'
import type { PersonField } from '../../domain/directory/index.ts'

export const userSchema = 'urn:ietf:params:scim:schemas:core:2.0:User'

/** A user as SCIM writes it (RFC 7643 §4.1), with the attributes that a directory here keeps. */
export function userResource(profile: Profile, base: string, groups: readonly { id: string; name: string }[]) {
  const { givenName, surname, jobTitle, mobilePhone, preferredLanguage, externalId } = profile
  const formatted = [givenName, surname].filter(Boolean).join(' ')
  return {
    schemas: [userSchema],
    id: profile.objectId as string,
    ...(externalId ? { externalId } : {}),
    userName: profile.email,
    ...(formatted ? { name: { formatted, ...(surname ? { familyName: surname } : {}), ...(givenName ? { givenName } : {}) } } : {}),
    displayName: profile.displayName,
    ...(jobTitle ? { title: jobTitle } : {}),
    ...(preferredLanguage ? { preferredLanguage } : {}),
    active: profile.status === 'active',
    emails: [{ value: profile.contactEmail ?? profile.email, type: 'work', primary: true }],
    ...(mobilePhone ? { phoneNumbers: [{ value: mobilePhone, type: 'mobile' }] } : {}),
    ...(groups.length > 0
      ? { groups: groups.map(({ id, name }) => ({ value: id, $ref: `${base}/Groups/${id}`, display: name, type: 'direct' })) }
      : {}),
    meta: {
      resourceType: 'User',
      created: profile.createdAt.toString(),
      lastModified: profile.changedAt.toString(),
      location: `${base}/Users/${profile.objectId}`,
    },
  }
}

/** Entra ID writes booleans as texts in its older mode. */
const flag = z.union([z.boolean(), z.stringFormat('boolean', /^(?:true|false)$/i).transform((text) => text.toLowerCase() === 'true')], {
  error: 'must be true or false',
})
const text = z.string().nullish()
const many = (more: z.ZodRawShape = {}) =>
  z.array(z.looseObject({ value: z.string(), type: text, primary: flag.nullish(), ...more })).nullish()

const userBody = z.looseObject({
  userName: z.string({ error: 'is required and is a text' }),
  externalId: text,
  name: z.looseObject({ givenName: text, familyName: text, formatted: text }).nullish(),
  displayName: text,
  title: text,
  preferredLanguage: text,
  active: flag.nullish(),
  emails: many(),
  phoneNumbers: many(),
})

/** A user as a client wants it to be. */
export interface WantedUser {
  email: string
  displayName: string
  active: boolean
  profile: ProfileFields
}

/**
 * Reads a user resource; attributes that are not kept here, and those that only we set, are left out.
 * @throws ScimError 400 invalidValue naming the attribute
 */
export function readUser(body: unknown): WantedUser {
  const result = userBody.safeParse(body)
  if (!result.success) {
    const [issue] = result.error.issues
    throw new ScimError(400, `${issue?.path.join('.') || 'The body'}: ${issue?.message ?? 'not valid'}`, 'invalidValue')
  }
  const { userName, name, displayName, title, preferredLanguage, active, emails, phoneNumbers, externalId } = result.data
  const email = userName.trim()
  const kept = (value: string | null | undefined) => value?.trim() || null
  const full = kept(name?.formatted) ?? kept([name?.givenName, name?.familyName].filter(Boolean).join(' '))
  const contact = kept((emails?.find((one) => one.primary) ?? emails?.find((one) => one.type === 'work') ?? emails?.[0])?.value)
  const phone = (phoneNumbers?.find((one) => one.type === 'mobile') ?? phoneNumbers?.[0])?.value
  return {
    email,
    displayName: kept(displayName) ?? full ?? email,
    active: active ?? true,
    profile: {
      externalId: kept(externalId),
      givenName: kept(name?.givenName),
      surname: kept(name?.familyName),
      jobTitle: kept(title),
      preferredLanguage: kept(preferredLanguage),
      mobilePhone: kept(phone),
      contactEmail: contact && contact.toLowerCase() !== email.toLowerCase() ? contact : null,
    },
  }
}

export const userPaths: FilterPaths<PersonField> = {
  id: 'objectId',
  externalId: 'externalId',
  userName: 'email',
  displayName: 'displayName',
  'name.givenName': 'givenName',
  'name.familyName': 'surname',
  title: 'jobTitle',
  preferredLanguage: 'preferredLanguage',
  active: 'active',
  emails: 'contactEmail',
  'emails.value': 'contactEmail',
  phoneNumbers: 'mobilePhone',
  'phoneNumbers.value': 'mobilePhone',
  'meta.created': 'createdAt',
  'meta.lastModified': 'changedAt',
}
