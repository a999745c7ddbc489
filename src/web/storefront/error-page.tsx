import type { PageBrand } from '../brand.ts'

const texts: Record<number, { title: string; text: string }> = {
  403: { title: 'This page is not open to you', text: 'Your account does not have the permission this page needs.' },
  404: { title: 'There is nothing at this address', text: 'The page may have moved, or the offer is no longer sold here.' },
  410: { title: 'This offer is no longer sold', text: 'The publisher has taken it off the marketplace.' },
}

/** A page for an error of any site: what happened and where to go on. */
export function ErrorPage({ status, reason, brand }: { status: number; reason?: string | undefined; brand: PageBrand }) {
  const known = texts[status] ?? {
    title: status < 500 ? 'This request cannot be answered' : 'Something went wrong on our side',
    text: status < 500 ? 'Please go back and try again.' : 'Nothing was bought or changed. Please try again in a moment.',
  }
  return (
    <main className="error-page">
      <title>{`${known.title} · ${brand.name}`}</title>
      <meta name="robots" content="noindex" />
      <p className="error-page-code">{status}</p>
      <h1>{known.title}</h1>
      <p>{reason ?? known.text}</p>
      <p>
        <a href="/">Go to {brand.name}</a>
      </p>
    </main>
  )
}
