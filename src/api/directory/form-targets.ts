/** The site to which an application's sign-in goes on after our form: the address was checked before the form was shown, and is again. */
export function formTargets(back: string): string[] {
  const redirectUri = new URL(back, 'http://stoa.invalid').searchParams.get('redirect_uri')
  if (!redirectUri || !URL.canParse(redirectUri)) return []
  const { origin, protocol } = new URL(redirectUri)
  return protocol === 'http:' || protocol === 'https:' ? [origin] : []
}
