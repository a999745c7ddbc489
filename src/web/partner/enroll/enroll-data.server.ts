import type { Visit } from '../../ui/portal-access.server.ts'

/** The texts that an enrolment shows. */
export async function agreementsShown({ domain, read }: Visit) {
  const { publisher, 'partner-network': network } = await read((ctx) => domain.accounts.agreementsInForce(ctx))
  const shown = ({ title, version, body }: typeof publisher) => ({ title, version, body })
  return { publisher: shown(publisher), network: shown(network) }
}

/** A publisher ID made of a name: "Wingtip Toys & Co" → wingtip-toys-co. Empty where nothing of it may be used. */
export function suggestedId(name: string): string {
  const id = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 50)
  return id.length >= 2 ? id : ''
}
