import { groupSchema } from './group-resource.ts'
import { userSchema } from './user-resource.ts'

const schemaSchema = 'urn:ietf:params:scim:schemas:core:2.0:Schema'
const typeSchema = 'urn:ietf:params:scim:schemas:core:2.0:ResourceType'

/** Most resources of one answer. */
export const longestPage = 200

/** What this service provider can do (RFC 7643 §5). */
export function serviceProviderConfig(base: string) {
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
    documentationUri: new URL('/docs/identity', base).href,
    patch: { supported: true },
    bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
    filter: { supported: true, maxResults: longestPage },
    changePassword: { supported: false },
    sort: { supported: false },
    etag: { supported: false },
    authenticationSchemes: [
      {
        type: 'oauthbearertoken',
        name: 'Bearer token',
        description: 'A provisioning token that an administrator of the directory has made in the portal.',
        specUri: 'https://www.rfc-editor.org/info/rfc6750',
        primary: true,
      },
    ],
    meta: { resourceType: 'ServiceProviderConfig', location: `${base}/ServiceProviderConfig` },
  }
}

/** The kinds of resources (RFC 7643 §6). */
export function resourceTypes(base: string) {
  const type = (id: string, endpoint: string, schema: string, description: string) => ({
    schemas: [typeSchema],
    id,
    name: id,
    description,
    endpoint,
    schema,
    meta: { resourceType: 'ResourceType', location: `${base}/ResourceTypes/${id}` },
  })
  return [
    type('User', '/Users', userSchema, 'A person of the directory'),
    type('Group', '/Groups', groupSchema, 'People of the directory under one name'),
  ]
}

type Kind = 'string' | 'boolean' | 'complex' | 'reference'

interface AttributeOptions {
  description: string
  type?: Kind
  multiValued?: boolean
  required?: boolean
  caseExact?: boolean
  mutability?: 'readOnly' | 'readWrite' | 'immutable'
  uniqueness?: 'none' | 'server'
  canonicalValues?: string[]
  referenceTypes?: string[]
  subAttributes?: unknown[]
}

/** An attribute with every characteristic that RFC 7643 §7 asks for. */
function attribute(name: string, options: AttributeOptions) {
  const { type = 'string', description, canonicalValues, referenceTypes, subAttributes } = options
  return {
    name,
    type,
    multiValued: options.multiValued ?? false,
    description,
    required: options.required ?? false,
    ...(type === 'string' || type === 'reference' ? { caseExact: options.caseExact ?? false } : {}),
    mutability: options.mutability ?? 'readWrite',
    returned: 'default',
    ...(type === 'string' || type === 'reference' ? { uniqueness: options.uniqueness ?? 'none' } : {}),
    ...(canonicalValues ? { canonicalValues } : {}),
    ...(referenceTypes ? { referenceTypes } : {}),
    ...(subAttributes ? { subAttributes } : {}),
  }
}

const userAttributes = [
  attribute('userName', {
    description: 'The e-mail address with which the person signs in, of a verified domain of the directory.',
    required: true,
    uniqueness: 'server',
  }),
  attribute('name', {
    type: 'complex',
    description: 'The parts of the name.',
    subAttributes: [
      attribute('formatted', { description: 'The name as it is shown, made from its parts.' }),
      attribute('familyName', { description: 'Family name.' }),
      attribute('givenName', { description: 'Given name.' }),
    ],
  }),
  attribute('displayName', { description: 'The name that people see. Without one it is made from the name, else the address.' }),
  attribute('title', { description: 'Job title.' }),
  attribute('preferredLanguage', { description: 'Language, such as de or de-CH.' }),
  attribute('active', { type: 'boolean', description: 'Whether the person can sign in.' }),
  attribute('emails', {
    type: 'complex',
    multiValued: true,
    description: 'One address where the person reads mail; without one it is the user name.',
    subAttributes: [
      attribute('value', { description: 'The address.' }),
      attribute('type', { description: 'What it is for.', canonicalValues: ['work'] }),
      attribute('primary', { type: 'boolean', description: 'Always true: there is one.' }),
    ],
  }),
  attribute('phoneNumbers', {
    type: 'complex',
    multiValued: true,
    description: 'One mobile phone number.',
    subAttributes: [
      attribute('value', { description: 'The number.' }),
      attribute('type', { description: 'What it is.', canonicalValues: ['mobile'] }),
    ],
  }),
  attribute('groups', {
    type: 'complex',
    multiValued: true,
    mutability: 'readOnly',
    description: 'Groups that the person belongs to; changed in the groups.',
    subAttributes: [
      attribute('value', { description: 'Id of the group.', mutability: 'readOnly', caseExact: true }),
      attribute('$ref', {
        type: 'reference',
        description: 'Address of the group.',
        mutability: 'readOnly',
        referenceTypes: ['Group'],
        caseExact: true,
      }),
      attribute('display', { description: 'Name of the group.', mutability: 'readOnly' }),
      attribute('type', { description: 'Always direct.', mutability: 'readOnly', canonicalValues: ['direct'] }),
    ],
  }),
]

const groupAttributes = [
  attribute('displayName', { description: 'The name of the group, once in the directory.', required: true, uniqueness: 'server' }),
  attribute('members', {
    type: 'complex',
    multiValued: true,
    description: 'The people of the group, who belong to the same directory.',
    subAttributes: [
      attribute('value', { description: 'Id of the user.', mutability: 'immutable', caseExact: true }),
      attribute('$ref', {
        type: 'reference',
        description: 'Address of the user.',
        mutability: 'immutable',
        referenceTypes: ['User'],
        caseExact: true,
      }),
      attribute('display', { description: 'Name of the user.', mutability: 'readOnly' }),
      attribute('type', { description: 'Always User.', mutability: 'immutable', canonicalValues: ['User'] }),
    ],
  }),
]

/** The attributes of each kind of resource (RFC 7643 §7). */
export function schemas(base: string) {
  const schema = (id: string, name: string, description: string, attributes: unknown[]) => ({
    schemas: [schemaSchema],
    id,
    name,
    description,
    attributes,
    meta: { resourceType: 'Schema', location: `${base}/Schemas/${id}` },
  })
  return [
    schema(userSchema, 'User', 'A person of the directory', userAttributes),
    schema(groupSchema, 'Group', 'People of the directory under one name', groupAttributes),
  ]
}
