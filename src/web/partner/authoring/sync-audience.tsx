import { ConfirmForm } from '../../ui/portal-form.tsx'

/** Puts the stored audience of a live plan into force: on Plan overview, and on the plan's own page. */
export function SyncAudienceForm({
  planName,
  fields = {},
  small = false,
}: {
  planName: string
  fields?: Record<string, string>
  small?: boolean
}) {
  return (
    <ConfirmForm
      intent="sync"
      fields={fields}
      small={small}
      button="Sync private audience"
      title="Put the edited audience into force?"
      confirm="Sync"
      keep="Not now"
    >
      Only the audience of {planName} changes, at once. Nothing else of the draft is published.
    </ConfirmForm>
  )
}
