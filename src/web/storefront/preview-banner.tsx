/** Says on the page of a preview that it is one, and who may buy it. */
export function PreviewBanner({ preview }: { preview: { mayBuy: boolean } }) {
  return (
    <p className="notice" role="note">
      <strong>This is a preview.</strong> The offer is not live in this version; it has not been fully tested or validated.{' '}
      {preview.mayBuy
        ? 'You are one of its preview audience: what you buy here is marked as a preview purchase.'
        : 'You can look at it, but only people of its preview audience can buy it.'}
    </p>
  )
}
