import { useEffect, useState } from 'react'

const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' })
const minute = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })
const second = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium', timeZone: 'UTC' })

const unbroken = { whiteSpace: 'nowrap' } as const

/** A calendar date of the business calendar (UTC): `20 Nov 2026`. `value` is an ISO date or instant. */
export function DateText({ value }: { value: string }) {
  return (
    <time dateTime={value} style={unbroken}>
      {day.format(Date.parse(value))}
    </time>
  )
}

/** A moment in UTC, with the reader's local time on hover. The local text appears after hydration only: the server does not know the reader's zone. */
export function MomentText({ value, seconds = false }: { value: string; seconds?: boolean }) {
  const [local, setLocal] = useState<string>()
  const at = Date.parse(value)
  useEffect(() => {
    setLocal(`${new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' }).format(at)} (your local time)`)
  }, [at])
  return (
    <time dateTime={value} title={local} style={unbroken}>
      {(seconds ? second : minute).format(at)} UTC
    </time>
  )
}
