/** The mark of the marketplace: the front of a stoa. */
export function BrandMark({ size = 28 }: { size?: number }) {
  return (
    <svg className="brand-mark" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <path d="M4 12 16 5l12 7v2.5H4z" />
      <path d="M6.5 16.5h3.6v7H6.5zM14.2 16.5h3.6v7h-3.6zM21.9 16.5h3.6v7h-3.6z" />
      <path d="M4 25.5h24V28H4z" />
    </svg>
  )
}
