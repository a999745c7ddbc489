import type { DeploymentObstacle } from '../../domain/catalog/index.ts'
import type { Product } from './listing.ts'

/** Videos as pictures that lead to where they are shown: no page of ours loads anything from there. */
export function Videos({ videos }: Pick<Product, 'videos'>) {
  if (videos.length === 0) return null
  return (
    <>
      <h3>Videos</h3>
      <ul className="shots videos">
        {videos.map(({ title, url, thumbnail }) => (
          <li key={url}>
            <a href={url} rel="noopener nofollow">
              <img src={`/media/${thumbnail}`} alt="" width={1280} height={720} loading="lazy" decoding="async" />
              <span className="video-title">
                <span aria-hidden="true">▶ </span>
                {title} <span className="plan-note">on {siteOf(url)}</span>
              </span>
            </a>
          </li>
        ))}
      </ul>
    </>
  )
}

const siteOf = (url: string) => (/vimeo\.com/.test(url) ? 'Vimeo' : 'YouTube')

export function Screenshots({ name, screenshots }: Pick<Product, 'name' | 'screenshots'>) {
  if (screenshots.length === 0) return null
  return (
    <ul className="shots">
      {screenshots.map(({ file, caption }) => (
        <li key={file}>
          <figure>
            <a href={`/media/${file}`}>
              <img
                src={`/media/${file}`}
                alt={`Screenshot of ${name}: ${caption}`}
                width={1280}
                height={720}
                loading="lazy"
                decoding="async"
              />
            </a>
            <figcaption>{caption}</figcaption>
          </figure>
        </li>
      ))}
    </ul>
  )
}

export function Documents({ documents }: Pick<Product, 'documents'>) {
  if (documents.length === 0) return null
  return (
    <>
      <h3>Documents</h3>
      <ul className="plain-links">
        {documents.map(({ name, file }) => (
          <li key={file}>
            <a href={`/media/${file}`} type="application/pdf">
              {name} <span className="plan-note">PDF</span>
            </a>
          </li>
        ))}
      </ul>
    </>
  )
}

/** Useful links, in the publisher's order. */
export function ProductLinks({ links }: Pick<Product, 'links'>) {
  if (links.length === 0) return null
  return (
    <>
      <h3>Learn more</h3>
      <ul className="plain-links">
        {links.map((link) => (
          <li key={link.url}>
            <a href={link.url} rel="noopener nofollow">
              {link.title}
            </a>
          </li>
        ))}
      </ul>
    </>
  )
}

const obstacles: Record<DeploymentObstacle, string> = {
  'contact-me': 'the publisher sells the offer itself',
  'client-shared': 'another offer has one of these apps too',
  'no-application': 'the offer names no application for Microsoft Graph',
  'application-shared': 'another offer uses the same application',
}

/** The Microsoft 365 apps that belong to the offer, by rank, and whether administrators deploy all of it at once (spec/05 §5.2). */
export function LinkedClients({
  linkedProducts,
  deploymentObstacles,
  publisherName,
}: Pick<Product, 'linkedProducts' | 'deploymentObstacles' | 'publisherName'>) {
  if (linkedProducts.length === 0) return null
  return (
    <>
      <h3>Works in Microsoft 365</h3>
      <p className="section-lead">Apps of {publisherName} that belong to this offer:</p>
      <ol className="plain-links">
        {linkedProducts.map((url) => (
          <li key={url}>
            <a href={`/product/office/${clientName(url)}`}>{clientName(url)}</a>
          </li>
        ))}
      </ol>
      <p className="plan-note">
        {deploymentObstacles && deploymentObstacles.length > 0
          ? `Offer and apps are deployed one by one, because ${deploymentObstacles.map((obstacle) => obstacles[obstacle]).join(', and ')}.`
          : 'Administrators deploy the offer and these apps together in the Microsoft 365 admin center, after they have reviewed the permissions of its application.'}
      </p>
    </>
  )
}

/** The last part of an AppSource address, which is all that is known of the app: `WA104381063`. */
function clientName(url: string): string {
  return URL.canParse(url) ? (new URL(url).pathname.split('/').findLast((part) => part !== '') ?? url).toUpperCase() : url
}
