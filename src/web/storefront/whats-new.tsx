import { anonymous } from '../../kernel/context.ts'
import { useBrand } from '../root.tsx'
import { requestContext, servicesContext } from '../services.ts'
import { announcedTo } from '../ui/announcements.server.ts'
import type { Route } from './+types/whats-new.ts'

export async function loader({ context }: Route.LoaderArgs) {
  const services = context.get(servicesContext)
  const { origin, requestId } = context.get(requestContext)
  const groups = await services.kernel.read(anonymous, (ctx) => announcedTo(services, ctx, 'everybody'), { requestId })
  return { groups, canonical: `${origin}/whats-new` }
}

export default function WhatsNew({ loaderData: { groups, canonical } }: Route.ComponentProps) {
  const brand = useBrand()
  return (
    <div className="bar purchase">
      <title>{`What’s new · ${brand.name}`}</title>
      <meta name="description" content={`News of ${brand.name}: features, taxes, documentation.`} />
      <link rel="canonical" href={canonical} />
      <h1>What’s new</h1>
      {groups.length === 0 ? <p className="section-lead">There is no news yet.</p> : null}
      {groups.map(({ group, title, news }) => (
        <section key={group} aria-labelledby={group}>
          <h2 id={group}>{title}</h2>
          <ul className="news">
            {news.map((one) => (
              <li key={one.id}>
                <p className="news-head">
                  <time dateTime={one.day}>{one.day}</time> · {one.category}
                </p>
                <p>
                  {one.text} {one.address === null ? null : <a href={one.address}>Read more</a>}
                </p>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  )
}
