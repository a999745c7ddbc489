import { z } from 'zod'

/** What looks at uploaded files before they are kept: a program that is given the bytes, or a service. */
export interface ScannerConfig {
  /** the program and its arguments; the bytes come on its standard input */
  command: readonly string[] | undefined
  /** takes the bytes by POST */
  url: string | undefined
  /** after which a scanner counts as silent */
  seconds: number
}

export const scannerVariables = {
  STOA_SCAN_COMMAND: z
    .string()
    .transform((text) => text.trim().split(/\s+/))
    .optional(),
  STOA_SCAN_URL: z
    .string()
    .refine((text) => URL.canParse(text) && /^https?:/.test(text), {
      message: 'must be an http(s) address such as http://localhost:3310/scan',
    })
    .optional(),
  STOA_SCAN_SECONDS: z
    .string()
    .refine((text) => /^\d{1,3}$/.test(text) && Number(text) >= 1 && Number(text) <= 300, {
      message: 'must be a number of seconds from 1 to 300',
    })
    .transform(Number)
    .default(30),
}

/** @returns undefined without a scanner */
export function scannerOf(values: z.output<z.ZodObject<typeof scannerVariables>>): ScannerConfig | undefined {
  const { STOA_SCAN_COMMAND: command, STOA_SCAN_URL: url, STOA_SCAN_SECONDS: seconds } = values
  return command || url ? { command, url, seconds } : undefined
}
