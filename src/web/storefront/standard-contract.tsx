import { useBrand } from '../root.tsx'
import { requestContext } from '../services.ts'
import type { Route } from './+types/standard-contract.ts'
import { StandardContractText } from './standard-contract-text.tsx'

export function loader({ context }: Route.LoaderArgs) {
  return { canonical: `${context.get(requestContext).origin}/legal/standard-contract` }
}

export default function StandardContract({ loaderData }: Route.ComponentProps) {
  const brand = useBrand()
  return (
    <div className="bar purchase">
      <title>{`Standard contract · ${brand.name}`}</title>
      <meta
        name="description"
        content={`The contract between publisher and customer that offers on ${brand.name} use unless the publisher has terms of its own.`}
      />
      <link rel="canonical" href={loaderData.canonical} />
      <h1>Standard contract</h1>
      <p className="section-lead">
        It applies between the publisher and your organisation where an offer says so. Publishers may add an amendment, which is shown
        before you buy.
      </p>
      <StandardContractText />
    </div>
  )
}
