import escapeHtml from 'escape-html'
import type { Brand } from '../../kernel/config.ts'

export interface NavigationEntry {
  href: string
  title: string
}

export interface NavigationGroup {
  title: string
  entries: readonly NavigationEntry[]
}

interface Page {
  title: string
  /** HTML, trusted: rendered and sanitised by the caller. */
  content: string
  path: string
  brand: Brand
  navigation: readonly NavigationGroup[]
}

/** The frame of every documentation page: header, navigation, content. Plain HTML, no script. */
export function renderPage({ title, content, path, brand, navigation }: Page): string {
  const links = navigation
    .map(
      (group) =>
        `<section><h2>${escapeHtml(group.title)}</h2><ul>${group.entries
          .map((entry) => {
            const current = entry.href === path ? ' aria-current="page"' : ''
            return `<li><a href="${escapeHtml(entry.href)}"${current}>${escapeHtml(entry.title)}</a></li>`
          })
          .join('')}</ul></section>`,
    )
    .join('')
  const heading = title === brand.name ? `${brand.name} documentation` : `${title} · ${brand.name} documentation`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(heading)}</title>
<meta name="description" content="${escapeHtml(`${title}: documentation of the ${brand.name} marketplace for publishers and operators.`)}">
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<link rel="preload" href="/fonts/figtree-5.3.0-latin.woff2" as="font" type="font/woff2" crossorigin>
<link rel="stylesheet" href="/docs/style.css">
</head>
<body>
<a class="skip-link" href="#content">Skip to content</a>
<header class="docs-header"><div class="docs-bar">
<a class="docs-name" href="/"><img src="/favicon.svg" alt="" width="26" height="26">${escapeHtml(brand.name)}</a><a class="docs-section" href="/docs">Documentation</a>
<nav class="docs-sites" aria-label="Sites"><a href="/store/cloud">Store</a><a href="/partner">Partner Center</a></nav>
</div></header>
<div class="docs-columns">
<nav class="docs-navigation" aria-label="Documentation"><details><summary>Contents</summary>${links}</details><div class="docs-wide">${links}</div></nav>
<main id="content" class="docs-content" tabindex="-1">
${content}
</main>
</div>
</body>
</html>`
}
