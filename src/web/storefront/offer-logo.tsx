/** An offer's logo, or a plate with its first letter. Its place is reserved, so that nothing moves when the picture arrives. */
export function OfferLogo({ file, name, size, eager = false }: { file: string | null; name: string; size: number; eager?: boolean }) {
  if (!file) {
    return (
      <span className="offer-logo offer-logo-letter" data-size={size} aria-hidden="true">
        {name.slice(0, 1)}
      </span>
    )
  }
  return (
    <img
      className="offer-logo"
      data-size={size}
      src={`/media/${file}`}
      alt=""
      width={size}
      height={size}
      decoding="async"
      loading={eager ? undefined : 'lazy'}
    />
  )
}
