/**
 * Loader data of a page without scripts. React Router encodes the enumerable properties of loader data for the browser, on every request,
 * also when no script there will read them; it costs a fifth of the time of a list. The components of the page read the properties as usual.
 */
export function unsent<T extends object>(data: T): T {
  const hidden = Object.fromEntries(Object.entries(data).map(([name, value]) => [name, { value, enumerable: false }]))
  return Object.defineProperties({}, hidden) as T
}
