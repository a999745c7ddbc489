import { type BrandVariants, createDarkTheme, createLightTheme } from '@fluentui/react-components'

const mix = (percent: number, other: 'black' | 'white') => `color-mix(in oklab, var(--brand) ${percent}%, ${other})`

/** Fluent's ramp of 16 shades around the operator's accent colour, so that a brand is one variable and not a second theme. */
const ramp: BrandVariants = {
  10: mix(24, 'black'),
  20: mix(34, 'black'),
  30: mix(44, 'black'),
  40: mix(56, 'black'),
  50: mix(68, 'black'),
  60: mix(80, 'black'),
  70: mix(90, 'black'),
  80: 'var(--brand)',
  90: mix(82, 'white'),
  100: mix(56, 'white'),
  110: mix(48, 'white'),
  120: mix(40, 'white'),
  130: mix(32, 'white'),
  140: mix(24, 'white'),
  150: mix(16, 'white'),
  160: mix(8, 'white'),
}

const colour = /rgba?\([^)]*\)/g

/** One value for both colour schemes. Shadows are lengths with colours inside, so only the colours are paired. */
function pair(light: string | number, dark: string | number): string | number {
  if (light === dark || typeof light === 'number' || typeof dark === 'number') return light
  const darkColours = dark.match(colour) ?? []
  if (light.includes('px')) {
    let index = 0
    return light.replace(colour, (value) => `light-dark(${value}, ${darkColours[index++] ?? value})`)
  }
  return `light-dark(${light}, ${dark})`
}

/** Fluent's tokens that are tokens of ours. */
const ours: Record<string, string> = {
  fontFamilyBase: 'var(--font-sans)',
  fontFamilyMonospace: 'var(--font-mono)',
  colorNeutralBackground1: 'var(--color-surface)',
  colorNeutralBackground2: 'var(--color-page)',
  colorNeutralBackground3: 'var(--color-sunken)',
  colorNeutralForeground1: 'var(--color-text)',
  colorNeutralForeground2: 'var(--color-text-muted)',
  colorNeutralForeground3: 'var(--color-text-muted)',
  colorNeutralForeground4: 'var(--color-text-muted)',
  colorNeutralStroke2: 'var(--color-line)',
  colorNeutralStrokeAccessible: 'var(--color-line-strong)',
  colorBrandForegroundLink: 'var(--color-brand)',
  colorBrandForegroundLinkHover: 'var(--color-brand-strong)',
  colorBrandForeground1: 'var(--color-brand)',
}

/**
 * The style sheet of Fluent's tokens: its ramp from the brand colour, its neutrals from tokens.css. The browser chooses light or dark
 * through `color-scheme`, so a page is right from its first paint and without script. Kept as a file (portal-theme.css, checked by
 * portal-theme.test.ts) because Fluent's own theme rule refuses nested functions, and 20 KB need not travel with every page.
 */
export function portalThemeCss(): string {
  const dark: Record<string, string | number> = { ...createDarkTheme(ramp) }
  const lines = Object.entries(createLightTheme(ramp)).map(
    ([name, value]) => `  --${name}: ${ours[name] ?? pair(value, dark[name] ?? value)};`,
  )
  return `:root {\n${lines.join('\n')}\n}\n`
}
