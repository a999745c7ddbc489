import { bigint, boolean, integer, jsonb, pgSchema, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { instant } from '../../kernel/columns.ts'

/** Tables of migrations/0010_directory.sql. */
const directory = pgSchema('directory')

export const tenant = directory.table('tenant', {
  tenantId: uuid('tenant_id').primaryKey(),
  name: text('name').notNull(),
  country: text('country').notNull(),
  createdAt: instant('created_at').notNull(),
  synchronised: boolean('synchronised').notNull().default(false),
  contactEmail: text('contact_email'),
})

export const domain = directory.table('domain', {
  name: text('name').primaryKey(),
  tenantId: uuid('tenant_id').notNull(),
  isPrimary: boolean('is_primary').notNull(),
  createdAt: instant('created_at').notNull(),
})

export const userAccount = directory.table('user_account', {
  objectId: uuid('object_id').primaryKey(),
  tenantId: uuid('tenant_id').notNull(),
  email: text('email').notNull(),
  emailKey: text('email_key').notNull(),
  displayName: text('display_name').notNull(),
  roles: text('roles').array().notNull(),
  passwordHash: text('password_hash'),
  status: text('status').$type<'active' | 'disabled'>().notNull(),
  createdAt: instant('created_at').notNull(),
  kind: text('kind').$type<'member' | 'guest'>().notNull().default('member'),
  recoveryEmail: text('recovery_email'),
  passwordTemporary: boolean('password_temporary').notNull().default(false),
  givenName: text('given_name'),
  surname: text('surname'),
  jobTitle: text('job_title'),
  mobilePhone: text('mobile_phone'),
  preferredLanguage: text('preferred_language'),
  externalId: text('external_id'),
  contactEmail: text('contact_email'),
  changedAt: instant('changed_at'),
  removedAt: instant('removed_at'),
})

/** Tables of migrations/0156_directory_people.sql. */
export const userGroup = directory.table('user_group', {
  groupId: uuid('group_id').primaryKey(),
  tenantId: uuid('tenant_id').notNull(),
  displayName: text('display_name').notNull(),
  nameKey: text('name_key').notNull(),
  createdAt: instant('created_at').notNull(),
  externalId: text('external_id'),
  changedAt: instant('changed_at'),
})

export const groupMember = directory.table(
  'group_member',
  {
    groupId: uuid('group_id').notNull(),
    objectId: uuid('object_id').notNull(),
  },
  (table) => [primaryKey({ columns: [table.groupId, table.objectId] })],
)

export const guest = directory.table(
  'guest',
  {
    tenantId: uuid('tenant_id').notNull(),
    emailKey: text('email_key').notNull(),
    email: text('email').notNull(),
    objectId: uuid('object_id'),
    invitedAt: instant('invited_at').notNull(),
    acceptedAt: instant('accepted_at'),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.emailKey] })],
)

export const application = directory.table('application', {
  clientId: uuid('client_id').primaryKey(),
  tenantId: uuid('tenant_id').notNull(),
  name: text('name').notNull(),
  purpose: text('purpose').notNull(),
  multiTenant: boolean('multi_tenant').notNull(),
  redirectUris: text('redirect_uris').array().notNull(),
  roles: text('roles').array().notNull(),
  status: text('status').$type<'active' | 'disabled'>().notNull(),
  createdAt: instant('created_at').notNull(),
  appIdUri: text('app_id_uri'),
})

export const applicationKey = directory.table('application_key', {
  keyId: uuid('key_id').primaryKey(),
  clientId: uuid('client_id').notNull(),
  hint: text('hint').notNull(),
  hash: text('hash').notNull(),
  createdAt: instant('created_at').notNull(),
  expiresAt: instant('expires_at'),
  removedAt: instant('removed_at'),
})

export const servicePrincipal = directory.table('service_principal', {
  objectId: uuid('object_id').primaryKey(),
  tenantId: uuid('tenant_id').notNull(),
  clientId: uuid('client_id').notNull(),
  createdAt: instant('created_at').notNull(),
})

export const session = directory.table('session', {
  idHash: text('id_hash').primaryKey(),
  objectId: uuid('object_id').notNull(),
  tenantId: uuid('tenant_id').notNull(),
  authenticatedAt: instant('authenticated_at').notNull(),
  expiresAt: instant('expires_at').notNull(),
  address: text('address').notNull(),
  userAgent: text('user_agent').notNull(),
})

export const attempt = directory.table('attempt', {
  key: text('key').primaryKey(),
  failures: integer('failures').notNull(),
  windowEndsAt: instant('window_ends_at').notNull(),
})

export const signingKey = directory.table('signing_key', {
  kid: text('kid').primaryKey(),
  publicJwk: jsonb('public_jwk').$type<{ kty: string; n: string; e: string }>().notNull(),
  certificate: text('certificate').notNull(),
  privatePem: text('private_pem').notNull(),
  createdAt: instant('created_at').notNull(),
  signsFrom: instant('signs_from').notNull(),
  endsAt: instant('ends_at'),
})

export const oidcPayload = directory.table(
  'oidc_payload',
  {
    tenantId: uuid('tenant_id').notNull(),
    model: text('model').notNull(),
    id: text('id').notNull(),
    payload: jsonb('payload').$type<Record<string, unknown>>().notNull(),
    grantId: text('grant_id'),
    expiresAt: instant('expires_at'),
    consumedAt: instant('consumed_at'),
  },
  (table) => [primaryKey({ columns: [table.model, table.id] })],
)

/** Tables of migrations/0140_directory_second_factor.sql. */
export const authenticator = directory.table('authenticator', {
  objectId: uuid('object_id').primaryKey(),
  secret: text('secret').notNull(),
  confirmedAt: instant('confirmed_at'),
  lastStep: bigint('last_step', { mode: 'number' }),
  createdAt: instant('created_at').notNull(),
})

export const recoveryCode = directory.table(
  'recovery_code',
  {
    objectId: uuid('object_id').notNull(),
    hash: text('hash').notNull(),
    usedAt: instant('used_at'),
  },
  (table) => [primaryKey({ columns: [table.objectId, table.hash] })],
)

export const halfSignIn = directory.table('half_sign_in', {
  idHash: text('id_hash').primaryKey(),
  objectId: uuid('object_id').notNull(),
  expiresAt: instant('expires_at').notNull(),
})

export const passwordReset = directory.table('password_reset', {
  tokenHash: text('token_hash').primaryKey(),
  objectId: uuid('object_id').notNull(),
  expiresAt: instant('expires_at').notNull(),
})

/** Tables of migrations/0160_directory_passkeys.sql. */
export const passkey = directory.table('passkey', {
  credentialId: text('credential_id').primaryKey(),
  objectId: uuid('object_id').notNull(),
  name: text('name').notNull(),
  publicKey: text('public_key').notNull(),
  uses: bigint('uses', { mode: 'number' }).notNull(),
  transports: text('transports').array().notNull(),
  synced: boolean('synced').notNull(),
  createdAt: instant('created_at').notNull(),
  lastUsedAt: instant('last_used_at'),
})

export const spentTicket = directory.table('spent_ticket', {
  ticketHash: text('ticket_hash').primaryKey(),
  expiresAt: instant('expires_at').notNull(),
})

/** Tables of migrations/0161_directory_identity.sql. */
export const provisioningToken = directory.table('provisioning_token', {
  tokenId: uuid('token_id').primaryKey(),
  tenantId: uuid('tenant_id').notNull(),
  name: text('name').notNull(),
  hint: text('hint').notNull(),
  tokenHash: text('token_hash').notNull(),
  createdBy: uuid('created_by').notNull(),
  createdAt: instant('created_at').notNull(),
  expiresAt: instant('expires_at').notNull(),
  lastUsedAt: instant('last_used_at'),
  revokedAt: instant('revoked_at'),
})

export const consent = directory.table(
  'consent',
  {
    objectId: uuid('object_id').notNull(),
    clientId: uuid('client_id').notNull(),
    scopes: text('scopes').array().notNull(),
    grantedAt: instant('granted_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.objectId, table.clientId] })],
)

export const outsideIdentity = directory.table(
  'outside_identity',
  {
    issuer: text('issuer').notNull(),
    subject: text('subject').notNull(),
    objectId: uuid('object_id').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.issuer, table.subject] })],
)

export const domainClaim = directory.table(
  'domain_claim',
  {
    tenantId: uuid('tenant_id').notNull(),
    name: text('name').notNull(),
    proof: text('proof').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.name] })],
)

export const impersonation = directory.table('impersonation', {
  id: uuid('id').primaryKey(),
  sessionHash: text('session_hash').notNull(),
  operator: uuid('operator').notNull(),
  objectId: uuid('object_id').notNull(),
  reason: text('reason').notNull(),
  startedAt: instant('started_at').notNull(),
  endsAt: instant('ends_at').notNull(),
  endedAt: instant('ended_at'),
})
