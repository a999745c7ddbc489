import type { Product } from './listing.ts'

/** Contract, amendment for everybody, and privacy policy (SA-118: every customer sees the universal amendment). */
export function ProductLegal({ product }: { product: Product }) {
  const { publisherName, terms } = product
  const standard = terms.kind === 'standard'
  return (
    <section id="legal" aria-labelledby="legal-title">
      <h2 id="legal-title">Legal</h2>
      <dl className="facts">
        <dt>Contract</dt>
        <dd>
          {standard ? (
            <>
              <a href="/legal/standard-contract">Standard contract</a>
              {terms.html && (
                <>
                  {' | '}
                  <a href="#amendment">Amendment</a>
                </>
              )}
            </>
          ) : terms.url ? (
            <a href={terms.url} rel="noopener nofollow">
              Licence agreement of {publisherName}
            </a>
          ) : (
            `Licence agreement of ${publisherName}`
          )}
          {product.listingOption === 'transact' && ', shown in full before you buy'}
        </dd>
        <dt>Privacy</dt>
        <dd>
          <a href={product.privacyPolicyUrl} rel="noopener nofollow">
            Privacy policy of {publisherName}
          </a>
        </dd>
      </dl>
      {terms.html && (
        <details className="terms-text">
          <summary>{standard ? `Amendment of ${publisherName}` : 'Read the licence agreement'}</summary>
          <div className="prose" id="amendment" dangerouslySetInnerHTML={{ __html: terms.html }} />
        </details>
      )}
    </section>
  )
}
