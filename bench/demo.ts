import type { Domain } from '../src/domain/domain.ts'
import { system } from '../src/kernel/context.ts'
import type { Kernel } from '../src/kernel/kernel.ts'

/** Who buys for the demo data's customer in the United States. */
export const adatum = {
  email: 'buyer@adatum.example',
  objectId: '3a6c1e77-2d58-4e9a-9f31-c4d5e8f3a001',
  tenantId: '3a6c1e77-2d58-4e9a-9f31-c4d5e8f30004',
}

const contoso = { tenantId: '7c9e2d40-11aa-4a7e-8b6d-5e2f90c10002', clientId: '7c9e2d40-11aa-4a7e-8b6d-5e2f90c1c001' }

/** A bearer token of the demo publisher's application for the fulfillment and metering APIs. */
export function demoPublisherToken(kernel: Kernel, { directory }: Domain): Promise<string> {
  return kernel.run(system, async (ctx) => {
    const [tenant] = await directory.getTenants(ctx, [contoso.tenantId])
    const app = await directory.findApplication(ctx, contoso.clientId)
    if (!tenant || !app) throw new Error('The demo data has no contoso.')
    const resource = '20e940b3-4c77-4b0b-9a53-9e16a1b010a7'
    return (await directory.issueForApplication(ctx, { tenant, app, resource, version: 1 })).accessToken
  })
}
