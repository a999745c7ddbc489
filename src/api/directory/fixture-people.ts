/** People and applications of the tests. */
export const contoso = { tenantId: '7c9e2d40-11aa-4a7e-8b6d-5e2f90c10002', domain: 'contoso.example' }
export const fabrikam = { tenantId: '5d3f8b16-90c4-4f0b-a2c7-7b8e61d20003', domain: 'fabrikam.example' }
export const password = 'a password of the tests'
export const owner = { objectId: '7c9e2d40-11aa-4a7e-8b6d-5e2f90c1a001', email: 'owner@contoso.example' }
export const buyer = { objectId: '5d3f8b16-90c4-4f0b-a2c7-7b8e61d2a001', email: 'buyer@fabrikam.example' }
export const automation = { clientId: '7c9e2d40-11aa-4a7e-8b6d-5e2f90c1c001', secret: 'contoso-secret-of-the-tests' }
export const landing = {
  clientId: '7c9e2d40-11aa-4a7e-8b6d-5e2f90c1c003',
  secret: 'landing-secret-of-the-tests',
  redirectUri: 'http://localhost:3980/auth/callback',
}
export const ownApp = { clientId: '7c9e2d40-11aa-4a7e-8b6d-5e2f90c1c009', redirectUri: 'https://localhost:5001/signin-oidc' }
