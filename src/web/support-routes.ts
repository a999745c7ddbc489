import { route, type RouteConfigEntry } from '@react-router/dev/routes'

/** Support requests: the same pages for a publisher's people and for customers. */
export function supportRoutes(site: 'partner' | 'account'): RouteConfigEntry[] {
  const page = (path: string, file: string) => route(path, `support/${file}`, { id: `${site}/${path}` })
  return [
    page('support', 'requests.tsx'),
    page('support/new', 'new.tsx'),
    page('support/new/:topic', 'solutions.tsx'),
    page('support/new/:topic/details', 'details.tsx'),
    page('support/:request', 'request.tsx'),
  ]
}

/** What these pages give to download; `base` is the address of the site's pages. */
export function supportFiles(site: 'partner' | 'account', base: string): RouteConfigEntry[] {
  return [route(`${base}/support/:request/files/:file`, 'support/file.ts', { id: `${site}/support-file` })]
}
