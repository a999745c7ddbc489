import { z } from 'zod'

/** An OpenID Connect issuer that says who people are, for the directories that trust it. Stoa's own tokens stay Stoa's. */
export interface OutsideIssuerConfig {
  /** as in the issuer's discovery document, without a trailing slash */
  issuer: string
  clientId: string
  clientSecret: string
  /** what the button of the sign-in page calls it */
  name: string
  /** claim that names the person's organisation there */
  tenantClaim: string
  /** organisation there (`*`: any) → directory here, by id or domain */
  tenants: readonly { theirs: string; ours: string }[]
  /** claim that names the person for good; a UUID becomes the object id here */
  objectClaim: string
  /** people who are not known yet get an account at their first sign-in */
  createUsers: boolean
}

const issuerUrl = z
  .string()
  .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && !new URL(text).search && !new URL(text).hash, {
    message: 'must be an address like https://login.microsoftonline.com/<tenant>/v2.0',
  })
  .transform((text) => text.replace(/\/+$/, ''))

const tenantMap = z.string().transform((text, context) =>
  text
    .split(',')
    .map((pair) => pair.trim())
    .filter((pair) => pair !== '')
    .map((pair) => {
      const [theirs = '', ours = '', ...rest] = pair.split('=').map((part) => part.trim().toLowerCase())
      if (theirs === '' || ours === '' || rest.length > 0) {
        context.addIssue({ code: 'custom', message: `"${pair}" is not a pair like <their tenant>=contoso.example or *=contoso.example` })
      }
      return { theirs, ours }
    }),
)

/** The variables, for the schema of the environment. */
export const outsideIssuerVariables = {
  STOA_OIDC_ISSUER: issuerUrl.optional(),
  STOA_OIDC_CLIENT_ID: z.string().optional(),
  STOA_OIDC_CLIENT_SECRET: z.string().optional(),
  STOA_OIDC_NAME: z.string().max(40, 'must have at most 40 characters').default('your organisation'),
  STOA_OIDC_TENANT_CLAIM: z.string().default('tid'),
  STOA_OIDC_TENANTS: tenantMap.optional(),
  STOA_OIDC_OBJECT_CLAIM: z.string().default('oid'),
  STOA_OIDC_CREATE_USERS: z.enum(['on', 'off'], { message: 'must be on or off' }).default('off'),
}

type Values = z.infer<z.ZodObject<typeof outsideIssuerVariables>>

/** What is wrong with the variables together: one sentence each, with its variable. */
export function outsideIssuerProblems(values: Values & { STOA_MODE: 'sandbox' | 'production' }): { path: string; message: string }[] {
  const together = ['STOA_OIDC_CLIENT_ID', 'STOA_OIDC_CLIENT_SECRET', 'STOA_OIDC_TENANTS'] as const
  if (!values.STOA_OIDC_ISSUER) {
    return together.filter((name) => values[name]).map((name) => ({ path: name, message: 'means nothing without STOA_OIDC_ISSUER' }))
  }
  const problems: { path: string; message: string }[] = together
    .filter((name) => !values[name])
    .map((name) => ({ path: name, message: 'is required with STOA_OIDC_ISSUER' }))
  const { protocol, hostname } = new URL(values.STOA_OIDC_ISSUER)
  if (protocol === 'http:' && (values.STOA_MODE === 'production' || !['localhost', '127.0.0.1'].includes(hostname))) {
    problems.push({ path: 'STOA_OIDC_ISSUER', message: 'must be an https address (http only for localhost, in sandbox mode)' })
  }
  return problems
}

/** The issuer that the variables name, or undefined. */
export function outsideIssuerOf(values: Values): OutsideIssuerConfig | undefined {
  const {
    STOA_OIDC_ISSUER: issuer,
    STOA_OIDC_CLIENT_ID: clientId,
    STOA_OIDC_CLIENT_SECRET: clientSecret,
    STOA_OIDC_TENANTS: tenants,
  } = values
  if (!issuer || !clientId || !clientSecret || !tenants) return undefined
  return {
    issuer,
    clientId,
    clientSecret,
    name: values.STOA_OIDC_NAME,
    tenantClaim: values.STOA_OIDC_TENANT_CLAIM,
    tenants,
    objectClaim: values.STOA_OIDC_OBJECT_CLAIM,
    createUsers: values.STOA_OIDC_CREATE_USERS === 'on',
  }
}
