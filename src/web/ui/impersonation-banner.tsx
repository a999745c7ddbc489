/** Whose place an operator has taken, and until when (wall time). */
export interface Impersonation {
  person: string
  operator: string
  until: string
}

const time = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short', timeZone: 'UTC' })

/** On every page while an operator sees what somebody else sees. A plain form: it ends without any script. */
export function ImpersonationBanner({ person, operator, until }: Impersonation) {
  return (
    <aside className="impersonation" aria-label="Impersonation">
      <p>
        <strong>You see what {person} sees.</strong> {operator}, nothing can be changed; it ends by itself at{' '}
        {time.format(Date.parse(until))} UTC.
      </p>
      <form method="post" action="/impersonation/end">
        <button type="submit">End it now</button>
      </form>
    </aside>
  )
}
