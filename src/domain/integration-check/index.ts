export type { CheckReport, CheckRun, RunState } from './schema.ts'
export { createIntegrationChecks, integrationCheckJob, type IntegrationChecks, type NewCheckRun } from './service.ts'
