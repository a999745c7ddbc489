import sanitizeHtml from 'sanitize-html'
import { allowedHtmlTags } from '../../kernel/reference-data.ts'

const allowed: sanitizeHtml.IOptions = {
  allowedTags: [...allowedHtmlTags],
  allowedAttributes: {},
  disallowedTagsMode: 'discard',
  // Their text is no text for a reader.
  nonTextTags: ['script', 'style', 'textarea', 'option', 'noscript', 'title'],
  enforceHtmlBoundary: false,
}

/**
 * Rich text as it may be stored: the documented elements without attributes, everything else unwrapped to its text,
 * scripts and styles gone with their content, unclosed elements closed (spec/09 §5, seed 001 L27507-27524).
 */
export function sanitiseRichText(html: string): string {
  return sanitizeHtml(html, allowed).trim()
}

/** The words of rich text, for search and for counting. Blocks are kept apart by a space. */
export function plainText(html: string): string {
  return sanitizeHtml(html.replace(/<(\/?(?:p|li|ul|ol|h[1-6])|br)\b/gi, ' <$1'), { allowedTags: [], allowedAttributes: {} })
    .replace(/&amp;/g, '&')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/\s+/g, ' ')
    .trim()
}
