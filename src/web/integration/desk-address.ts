import type { Crumb } from '../ui/portal-layout.tsx'

/** Where the pages of this desk begin, from the address's parameters. */
export function deskAddress(params: { publisher?: string | undefined }): string {
  return params.publisher === undefined ? '/operator' : `/partner/publishers/${params.publisher}`
}

/** Breadcrumb of a page of the sandbox. */
export function sandboxCrumbs(params: { publisher?: string | undefined }, text: string): Crumb[] {
  return [{ text: 'Sandbox', to: `${deskAddress(params)}/sandbox` }, { text }]
}
