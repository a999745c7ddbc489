// Everything that differs between a laptop and production. The defaults are those of Stoa's sandbox with its demo data; in production every
// value comes from the environment, and the two secrets from a vault.

const env = process.env

/** Identifier URI of the marketplace's APIs. It is the same everywhere, also in the Microsoft marketplace. */
export const MARKETPLACE_RESOURCE = '20e940b3-4c77-4b0b-9a53-9e16a1b010a7'

const port = Number(env.PORT ?? 3980)

export const config = {
  port,
  host: env.HOST ?? 'localhost',

  /** Where a browser reaches this application. */
  publicUrl: env.PUBLIC_URL ?? `http://localhost:${port}`,

  /** Fulfillment and metering API. In the Microsoft marketplace: https://marketplaceapi.microsoft.com/api */
  apiUrl: env.MARKETPLACE_API_URL ?? 'https://localhost:3979/api',

  /** Token service and sign-in. In the Microsoft marketplace: https://login.microsoftonline.com */
  authorityUrl: env.MARKETPLACE_AUTHORITY_URL ?? 'https://localhost:3979',

  /** Where people manage their subscriptions; shown as a link only. */
  portalUrl: env.MARKETPLACE_PORTAL_URL ?? 'http://localhost:3978/account',

  /** Development only, see signin.js: the origin at which a browser reaches the marketplace without a certificate warning. */
  browserUrl: env.MARKETPLACE_BROWSER_URL ?? (env.MARKETPLACE_AUTHORITY_URL ? '' : 'http://localhost:3978'),

  /** Development only, see trust.js: the certificate authority that a sandbox makes for itself. */
  developmentCa: env.MARKETPLACE_AUTHORITY_URL ? undefined : new URL('../../../data/ca.pem', import.meta.url),

  /** The publisher's own directory tenant, as in the offer's technical configuration. */
  tenantId: env.TENANT_ID ?? '7c9e2d40-11aa-4a7e-8b6d-5e2f90c10002',

  // Two registrations, on purpose. This one talks to the marketplace's APIs; single tenant, no users, and it is the application id in the
  // offer's technical configuration:
  fulfillment: {
    clientId: env.FULFILLMENT_CLIENT_ID ?? '7c9e2d40-11aa-4a7e-8b6d-5e2f90c1c001',
    clientSecret: env.FULFILLMENT_CLIENT_SECRET ?? 'contoso-demo-secret-fulfillment-0001',
  },

  // and this one signs customers in on the landing page; multi-tenant, because customers come from everywhere.
  landingPage: {
    clientId: env.LANDING_CLIENT_ID ?? '7c9e2d40-11aa-4a7e-8b6d-5e2f90c1c003',
    clientSecret: env.LANDING_CLIENT_SECRET ?? 'contoso-demo-secret-landing-0003',
  },

  /** Our customers' accounts are kept in this file. A real application has a database. */
  dataFile: env.DATA_FILE ?? new URL('../data/accounts.json', import.meta.url),
}
