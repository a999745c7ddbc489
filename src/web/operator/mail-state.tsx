import { Status, type Tone } from '../ui/portal-status.tsx'

const tones: Record<string, Tone> = { captured: 'info', queued: 'neutral', sent: 'good', failed: 'bad' }
const words: Record<string, string> = { captured: 'Captured', queued: 'Queued', sent: 'Sent', failed: 'Failed' }

/** What became of a mail. */
export function MailState({ state }: { state: string }) {
  return <Status tone={tones[state] ?? 'neutral'}>{words[state] ?? state}</Status>
}
