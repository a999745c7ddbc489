import { installWebhookFormat } from './api/saas-fulfillment/routes.ts'
import { createDomain, type Domain } from './domain/domain.ts'
import { workOffIntegrationChecks } from './integration-check.ts'
import type { Kernel } from './kernel/kernel.ts'

/** The business with what the wire contracts lend it; every process needs both, also one that serves no requests. */
export function wire(kernel: Kernel): Domain {
  const domain = createDomain(kernel)
  installWebhookFormat(domain)
  if (kernel.config.mode === 'sandbox') workOffIntegrationChecks(kernel, domain)
  return domain
}
