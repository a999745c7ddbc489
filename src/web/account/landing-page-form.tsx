import { Button } from '@fluentui/react-components'
import { OpenRegular } from '@fluentui/react-icons/svg/open'

interface LandingPageFormProps {
  subscription: string
  kind: 'configure' | 'manage'
  /** of the subscription: tells equal buttons apart for screen readers */
  name: string
}

/**
 * Opens the publisher's landing page in a new tab with a token made for this click. A plain form: the answer is a redirect
 * to another site, which the client router must not follow.
 */
export function LandingPageForm({ subscription, kind, name }: LandingPageFormProps) {
  const label = kind === 'configure' ? 'Configure account' : 'Manage account'
  return (
    <form method="post" action={`/account/subscriptions/${subscription}/open`} target="_blank" rel="noopener">
      <Button
        type="submit"
        appearance={kind === 'configure' ? 'primary' : 'secondary'}
        icon={<OpenRegular />}
        iconPosition="after"
        style={{ whiteSpace: 'nowrap' }}
        aria-label={`${label}: ${name} (opens a new tab)`}
      >
        {label}
      </Button>
    </form>
  )
}
