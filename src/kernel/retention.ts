import { z } from 'zod'

/** For how many days of the machine's clock records are kept that nobody needs for ever (docs/privacy.md). */
export interface Retention {
  /** calls of the wire contracts, with bodies */
  calls: number
  /** webhooks that are over, with every attempt */
  webhooks: number
  /** mails that are over */
  mail: number
  /** what stands in people's notifications */
  news: number
}

const days = (usual: string) =>
  z
    .string()
    .refine((text) => /^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= 3660, 'must be a number of days from 1 to 3660')
    .transform(Number)
    .prefault(usual)

/** The environment's variables. */
export const retentionVariables = {
  STOA_KEEP_CALLS_DAYS: days('30'),
  STOA_KEEP_WEBHOOKS_DAYS: days('30'),
  STOA_KEEP_MAIL_DAYS: days('365'),
  STOA_KEEP_NEWS_DAYS: days('365'),
}

export function retentionOf(values: Record<keyof typeof retentionVariables, number>): Retention {
  return {
    calls: values.STOA_KEEP_CALLS_DAYS,
    webhooks: values.STOA_KEEP_WEBHOOKS_DAYS,
    mail: values.STOA_KEEP_MAIL_DAYS,
    news: values.STOA_KEEP_NEWS_DAYS,
  }
}
