/** What is kept of an erased person, by reason: records of the same reason in one line. */
export function keptWords(kept: Readonly<Record<string, string>>): { reason: string; records: string }[] {
  const byReason = Map.groupBy(Object.entries(kept), ([, reason]) => reason)
  return [...byReason].map(([reason, tables]) => ({ reason, records: tables.map(([table]) => recordWords(table)).join(', ') }))
}

/** `checkout.purchase` as people call it: purchase. */
export function recordWords(table: string): string {
  return (table.split('.')[1] ?? table).replaceAll('_', ' ')
}
