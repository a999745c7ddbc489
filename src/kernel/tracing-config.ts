import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

/** Where traces go, and which. */
export interface TracingConfig {
  /** OTLP/HTTP, with `/v1/traces` */
  url: string
  version: string
  sampler: 'always_on' | 'always_off' | 'traceidratio'
  /** of `traceidratio`, from 0 to 1 */
  ratio: number
  /** a caller that has decided is followed */
  parentBased: boolean
  /** milliseconds between two exports */
  everyMs: number
}

const url = z.string().refine((text) => URL.canParse(text) && /^https?:/.test(text), {
  message: 'must be an http(s) address such as http://localhost:4318',
})
const samplers = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const

/**
 * OpenTelemetry's own variables (its specification, "Environment Variable Specification"), those that decide something here; the headers, time limit
 * and compression of the exporter, and the resource's name and attributes, are read by its library.
 */
export const tracingVariables = {
  OTEL_SDK_DISABLED: z.string().optional(),
  OTEL_TRACES_EXPORTER: z.enum(['otlp', 'none'], { message: 'must be otlp or none' }).default('otlp'),
  OTEL_EXPORTER_OTLP_ENDPOINT: url.optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: url.optional(),
  OTEL_EXPORTER_OTLP_PROTOCOL: z.literal('http/json', { message: 'must be http/json, the one that is spoken' }).optional(),
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: z.literal('http/json', { message: 'must be http/json, the one that is spoken' }).optional(),
  OTEL_TRACES_SAMPLER: z.enum(samplers, { message: `must be one of ${samplers.join(', ')}` }).default('parentbased_always_on'),
  OTEL_TRACES_SAMPLER_ARG: z
    .string()
    .refine((text) => /^(?:0(?:\.\d+)?|1(?:\.0+)?)$/.test(text), { message: 'must be a number from 0 to 1' })
    .default('1'),
  OTEL_BSP_SCHEDULE_DELAY: z
    .string()
    .regex(/^\d{1,6}$/, 'must be a number of milliseconds')
    .default('5000'),
}

/** Tracing as these variables want it; undefined without an endpoint, or where it is switched off. */
export function tracingOf(values: z.output<z.ZodObject<typeof tracingVariables>>): TracingConfig | undefined {
  const base = values.OTEL_EXPORTER_OTLP_ENDPOINT
  const address = values.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? (base && `${base.replace(/\/+$/, '')}/v1/traces`)
  if (!address || values.OTEL_TRACES_EXPORTER === 'none' || values.OTEL_SDK_DISABLED?.toLowerCase() === 'true') return undefined
  const sampler = values.OTEL_TRACES_SAMPLER
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8')) as { version: string }
  return {
    url: address,
    version,
    sampler: sampler.replace('parentbased_', '') as TracingConfig['sampler'],
    ratio: Number(values.OTEL_TRACES_SAMPLER_ARG),
    parentBased: sampler.startsWith('parentbased_'),
    everyMs: Number(values.OTEL_BSP_SCHEDULE_DELAY),
  }
}
