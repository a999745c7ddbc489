import type { Act, LeadState } from '../../../domain/leads/index.ts'
import type { Tone } from '../../ui/portal-status.tsx'

/** What a customer did, in the words of the pages. */
export const actTexts: Record<Act, string> = {
  'contact-me': 'Contact me',
  'free-trial': 'Free trial',
  'get-it-now': 'Get it now (free)',
  purchase: 'Purchase',
}

export const leadStates: Record<LeadState, { label: string; tone: Tone }> = {
  kept: { label: 'In the list', tone: 'neutral' },
  waiting: { label: 'Being sent', tone: 'info' },
  delivered: { label: 'Delivered', tone: 'good' },
  failed: { label: 'Not delivered', tone: 'bad' },
}
