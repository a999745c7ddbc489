/**
 * Drawings of the demo offers, as SVG of our own: flat, few colours, no text (the soft rules of spec/05 §1.4, and no machine's fonts
 * are needed). Rendered to PNG when the demo data is loaded.
 */

interface Palette {
  ground: string
  ink: string
  accent: string
  pale: string
}

interface Artwork {
  palette: Palette
  /** on a square of 216, within a rounded ground */
  logo: (palette: Palette) => string
  /** what fills the window of a screenshot, 1180 × 600 */
  screens: ((palette: Palette) => string)[]
}

const grey = { line: '#e3e6ec', text: '#c3c9d4', strong: '#8f98a8', paper: '#ffffff', desk: '#f4f5f8' }

const rect = (x: number, y: number, width: number, height: number, fill: string, radius = 6) =>
  `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${radius}" fill="${fill}"/>`
const circle = (x: number, y: number, radius: number, fill: string) => `<circle cx="${x}" cy="${y}" r="${radius}" fill="${fill}"/>`
const line = (x: number, y: number, width: number, fill = grey.text, height = 10) => rect(x, y, width, height, fill, height / 2)
const range = (n: number) => Array.from({ length: n }, (_, index) => index)

function card(x: number, y: number, width: number, height: number, content = ''): string {
  return `<g>${rect(x, y + 3, width, height, grey.line, 10)}${rect(x, y, width, height, grey.paper, 10)}${content}</g>`
}

/** Columns of deals, some of them waiting. */
function pipeline({ ground, accent, pale }: Palette): string {
  const widths = [150, 110, 170, 130, 160, 120]
  return range(4)
    .map((column) => {
      const x = 40 + column * 285
      const cards = range([4, 3, 4, 2][column] ?? 0).map((row) => {
        const y = 96 + row * 122
        const late = (column + row) % 4 === 3
        return card(
          x,
          y,
          260,
          104,
          line(x + 20, y + 22, widths[(column + row) % 6] ?? 120, grey.strong, 12) +
            line(x + 20, y + 48, 190) +
            circle(x + 32, y + 78, 12, pale) +
            line(x + 52, y + 73, 70) +
            rect(x + 186, y + 66, 54, 24, late ? '#ffd9a0' : pale, 12) +
            line(x + 198, y + 74, 30, late ? '#b76e00' : accent, 8),
        )
      })
      return line(x, 52, 120, ground, 14) + circle(x + 240, 59, 14, pale) + cards.join('')
    })
    .join('')
}

/** One customer: people and promises left, a timeline right. */
function customer({ ground, accent, pale }: Palette): string {
  const left =
    card(
      40,
      40,
      330,
      190,
      circle(100, 110, 36, pale) +
        circle(100, 100, 13, ground) +
        rect(76, 116, 48, 24, ground, 12) +
        line(160, 88, 160, grey.strong, 14) +
        line(160, 116, 120) +
        line(72, 176, 250),
    ) +
    card(
      40,
      256,
      330,
      310,
      line(64, 284, 110, ground, 12) +
        range(4)
          .map(
            (row) =>
              rect(64, 324 + row * 58, 22, 22, row < 2 ? accent : grey.line, 6) +
              line(102, 322 + row * 58, 180 - row * 20, grey.strong) +
              line(102, 340 + row * 58, 120),
          )
          .join(''),
    )
  const events = range(5)
    .map((row) => {
      const y = 78 + row * 98
      return (
        circle(430, y + 20, 11, row === 0 ? accent : pale) +
        card(464, y - 10, 660, 78, line(490, y + 14, 300 - row * 24, grey.strong, 12) + line(490, y + 40, 520 - row * 40))
      )
    })
    .join('')
  return `${left}${rect(429, 90, 2, 420, grey.line, 1)}${events}`
}

/** Figures above, a chart of bars below. */
function traffic({ ground, accent, pale }: Palette): string {
  const heights = [90, 130, 110, 180, 160, 210, 150, 230, 260, 220, 280, 240, 300, 270, 250, 290, 310, 280]
  const figures = range(4)
    .map((n) =>
      card(40 + n * 280, 36, 256, 110, line(64 + n * 280, 64, 90) + line(64 + n * 280, 94, 140 - n * 16, n === 3 ? accent : ground, 24)),
    )
    .join('')
  const bars = heights
    .map(
      (height, n) =>
        rect(76 + n * 59, 530 - height, 34, height, pale, 6) +
        rect(76 + n * 59, 530 - height * 0.62, 34, height * 0.62, n % 7 === 6 ? accent : ground, 6),
    )
    .join('')
  return `${figures}${card(40, 172, 1096, 394)}${range(4)
    .map((n) => rect(64, 240 + n * 80, 1048, 1, grey.line, 0))
    .join('')}${bars}`
}

/** Stations of one message, from left to right, with its log. */
function trail({ ground, accent, pale }: Palette): string {
  const stations = range(5)
    .map((n) => {
      const x = 130 + n * 230
      return `${n < 4 ? rect(x, 128, 230, 6, n < 3 ? ground : grey.line, 3) : ''}${circle(x, 131, 30, n < 4 ? ground : grey.line)}${
        n < 4
          ? `<path d="M${x - 12} 131 l8 9 l17 -18" fill="none" stroke="#fff" stroke-width="6" stroke-linecap="round" stroke-linejoin="round"/>`
          : ''
      }${line(x - 44, 182, 88, grey.strong)}`
    })
    .join('')
  const rows = range(6)
    .map(
      (n) =>
        rect(64, 288 + n * 44, 74, 22, n === 4 ? '#ffd9a0' : pale, 11) +
        line(160, 294 + n * 44, 110) +
        line(300, 294 + n * 44, 620 - ((n * 137) % 260), grey.strong) +
        line(1010, 294 + n * 44, 90, accent),
    )
    .join('')
  return `${card(40, 60, 1096, 170)}${card(40, 256, 1096, 310)}${stations}${rows}`
}

/** A list of questions with the clock of each promise. */
function queue({ ground, accent, pale }: Palette): string {
  const rows = range(8)
    .map((n) => {
      const y = 58 + n * 64
      const turn = [0.2, 0.45, 0.3, 0.75, 0.5, 0.9, 0.6, 0.35][n] ?? 0.5
      const length = 2 * Math.PI * 14
      return (
        (n === 2 ? rect(250, y - 12, 886, 60, pale, 10) : '') +
        circle(290, y + 18, 20, n % 3 === 0 ? accent : n % 3 === 1 ? ground : grey.text) +
        line(330, y + 4, 280 - ((n * 61) % 130), grey.strong, 12) +
        line(330, y + 26, 460 - ((n * 83) % 200)) +
        rect(900, y + 8, 90, 24, n === 2 ? '#fff' : pale, 12) +
        line(918, y + 16, 54, ground, 8) +
        `<circle cx="1080" cy="${y + 20}" r="14" fill="none" stroke="${grey.line}" stroke-width="7"/><circle cx="1080" cy="${y + 20}" r="14" fill="none" stroke="${turn > 0.7 ? '#d1495b' : accent}" stroke-width="7" stroke-dasharray="${length * turn} ${length}" transform="rotate(-90 1080 ${y + 20})"/>` +
        (n < 7 ? rect(270, y + 52, 846, 1, grey.line, 0) : '')
      )
    })
    .join('')
  const folders = range(6)
    .map(
      (n) =>
        rect(40, 52 + n * 50, 176, 36, n === 0 ? pale : grey.desk, 8) +
        line(60, 65 + n * 50, 100 - ((n * 29) % 40), n === 0 ? ground : grey.strong),
    )
    .join('')
  return `${card(250, 36, 886, 530)}${folders}${rows}`
}

/** A conversation left, articles that may answer it right. */
function conversation({ ground, accent, pale }: Palette): string {
  const bubbles = [
    [70, 76, 430, 96, grey.desk],
    [260, 196, 430, 76, pale],
    [70, 296, 360, 76, grey.desk],
    [260, 396, 430, 116, pale],
  ]
    .map(([x, y, width, height, fill]) => {
      const lines = range(Math.floor((Number(height) - 30) / 22))
      return (
        rect(Number(x), Number(y), Number(width), Number(height), String(fill), 16) +
        lines
          .map((n) => line(Number(x) + 24, Number(y) + 24 + n * 22, Number(width) - 60 - n * 70, fill === pale ? ground : grey.strong, 9))
          .join('')
      )
    })
    .join('')
  const articles = range(4)
    .map((n) =>
      card(
        770,
        96 + n * 118,
        340,
        100,
        circle(806, 136 + n * 118, 14, n === 0 ? accent : pale) +
          line(834, 124 + n * 118, 200 - n * 18, grey.strong, 12) +
          line(834, 148 + n * 118, 230 - n * 24),
      ),
    )
    .join('')
  return `${card(40, 40, 690, 526)}${line(770, 58, 160, ground, 14)}${bubbles}${articles}`
}

/** Tiles of one night's restores, nearly all proven. */
function morning({ ground, accent, pale }: Palette): string {
  const tiles = range(48)
    .map((n) => rect(72 + (n % 12) * 58, 216 + Math.floor(n / 12) * 80, 44, 58, n === 29 ? '#ffd9a0' : n % 5 === 0 ? accent : ground, 8))
    .join('')
  const length = 2 * Math.PI * 92
  const ring = `<circle cx="966" cy="330" r="92" fill="none" stroke="${pale}" stroke-width="30"/><circle cx="966" cy="330" r="92" fill="none" stroke="${accent}" stroke-width="30" stroke-linecap="round" stroke-dasharray="${length * 0.94} ${length}" transform="rotate(-90 966 330)"/><path d="M932 330 l24 26 l48 -52" fill="none" stroke="${ground}" stroke-width="14" stroke-linecap="round" stroke-linejoin="round"/>`
  return `${card(40, 40, 1096, 110)}${line(72, 72, 420, grey.strong, 16)}${line(72, 106, 620)}${card(40, 176, 740, 390)}${card(806, 176, 330, 390)}${tiles}${ring}${line(876, 490, 180, grey.strong)}`
}

/** Rules left, the machines that follow them right. */
function rules({ ground, accent, pale }: Palette): string {
  const machines = range(3)
    .flatMap((rule) =>
      range(4).map((n) => {
        const x = 560 + n * 148
        const y = 74 + rule * 176
        return card(
          x,
          y,
          124,
          116,
          rect(x + 30, y + 22, 64, 44, rule === 1 && n === 3 ? grey.text : ground, 6) +
            rect(x + 52, y + 66, 20, 10, grey.text, 2) +
            circle(x + 98, y + 24, 8, rule === 1 && n === 3 ? '#ffb547' : accent) +
            line(x + 26, y + 92, 72),
        )
      }),
    )
    .join('')
  const left = range(3)
    .map(
      (n) =>
        card(
          40,
          60 + n * 176,
          380,
          144,
          line(68, 90 + n * 176, 180, grey.strong, 14) +
            line(68, 122 + n * 176, 260) +
            rect(68, 150 + n * 176, 90, 28, pale, 14) +
            rect(170, 150 + n * 176, 120, 28, pale, 14),
        ) +
        rect(420, 131 + n * 176, 120, 3, pale, 1) +
        circle(540, 132 + n * 176, 8, accent),
    )
    .join('')
  return left + machines
}

const artworks: Record<string, Artwork> = {
  'contoso-crm': {
    palette: { ground: '#3b4cca', ink: '#ffffff', accent: '#ffb454', pale: '#dfe3fb' },
    logo: ({ ink, accent, pale }) =>
      `<g fill="none" stroke="${pale}" stroke-width="9"><path d="M108 108 L52 66 M108 108 L166 60 M108 108 L160 164 M108 108 L54 158"/></g>${circle(52, 66, 17, pale)}${circle(166, 60, 21, accent)}${circle(160, 164, 17, pale)}${circle(54, 158, 21, accent)}${circle(108, 108, 40, ink)}${circle(108, 97, 13, '#3b4cca')}<path d="M84 130 a24 19 0 0 1 48 0 z" fill="#3b4cca"/>`,
    screens: [pipeline, customer],
  },
  'contoso-notify': {
    palette: { ground: '#0b7a75', ink: '#ffffff', accent: '#f2b632', pale: '#d3efec' },
    logo: ({ ink, accent, pale }) =>
      `<path d="M40 104 L178 48 L134 172 L104 126 Z" fill="${ink}"/><path d="M104 126 L178 48 L88 116 L94 158 Z" fill="${pale}"/>${circle(62, 56, 13, accent)}<path d="M42 160 h34 M56 182 h30" stroke="${accent}" stroke-width="11" stroke-linecap="round"/>`,
    screens: [traffic, trail],
  },
  'contoso-desk': {
    palette: { ground: '#c2410c', ink: '#ffffff', accent: '#2563a8', pale: '#fde4d3' },
    logo: ({ ink, pale }) =>
      `<path d="M60 46 h96 a24 24 0 0 1 24 24 v56 a24 24 0 0 1 -24 24 h-42 l-36 32 v-32 h-18 a24 24 0 0 1 -24 -24 v-56 a24 24 0 0 1 24 -24 z" fill="${ink}"/><path d="M78 106 a30 30 0 0 0 60 0" fill="none" stroke="#c2410c" stroke-width="12" stroke-linecap="round"/>${circle(82, 80, 9, '#c2410c')}${circle(134, 80, 9, '#c2410c')}${circle(178, 48, 17, pale)}`,
    screens: [queue, conversation],
  },
  'fabrikam-backup': {
    palette: { ground: '#1f3a5f', ink: '#ffffff', accent: '#35b37e', pale: '#d9e4f2' },
    logo: ({ ink, accent, pale }) =>
      `<path d="M48 66 a60 20 0 0 1 120 0 v84 a60 20 0 0 1 -120 0 z" fill="${pale}"/><ellipse cx="108" cy="66" rx="60" ry="20" fill="${ink}"/><path d="M48 96 a60 20 0 0 0 120 0 M48 124 a60 20 0 0 0 120 0" fill="none" stroke="#1f3a5f" stroke-width="7"/>${circle(152, 150, 35, '#1f3a5f')}${circle(152, 150, 28, accent)}<path d="M139 150 l9 11 l18 -21" fill="none" stroke="${ink}" stroke-width="8" stroke-linecap="round" stroke-linejoin="round"/>`,
    screens: [morning, rules],
  },
}

function logoSvg({ palette, logo }: Artwork): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 216 216">${rect(0, 0, 216, 216, palette.ground, 44)}${logo(palette)}</svg>`
}

function screenSvg({ palette }: Artwork, content: string): string {
  const bar = `${rect(50, 30, 1180, 660, grey.desk, 16)}<path d="M50 46 a16 16 0 0 1 16 -16 h1148 a16 16 0 0 1 16 16 v34 h-1180 z" fill="${palette.ground}"/>${circle(82, 55, 7, palette.pale)}${circle(106, 55, 7, palette.pale)}${circle(130, 55, 7, palette.pale)}${rect(420, 42, 440, 26, '#ffffff33', 13)}`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1280 720">${rect(0, 0, 1280, 720, palette.pale, 0)}${bar}<svg x="50" y="84" width="1180" height="600" viewBox="0 0 1180 600">${content}</svg></svg>`
}

/** The image library is loaded only when there is something to draw. */
const png = async (svg: string, width: number, height: number) =>
  (await import('sharp'))
    .default(Buffer.from(svg), { density: 144 })
    .resize(width, height)
    .png({ compressionLevel: 9, palette: true, colours: 128 })
    .toBuffer()

export interface DemoImages {
  logos: Record<'small' | 'medium' | 'large', Buffer>
  screenshots: Buffer[]
}

/** PNG files of a demo offer: logos of 48, 90 and 216 pixels, screenshots of 1280 × 720; undefined for an offer without drawings. */
export async function demoImages(offerId: string): Promise<DemoImages | undefined> {
  const artwork = artworks[offerId]
  if (!artwork) return undefined
  const logo = logoSvg(artwork)
  const [small, medium, large, ...screenshots] = await Promise.all([
    png(logo, 48, 48),
    png(logo, 90, 90),
    png(logo, 216, 216),
    ...artwork.screens.map((screen) => png(screenSvg(artwork, screen(artwork.palette)), 1280, 720)),
  ])
  if (!small || !medium || !large) return undefined
  return { logos: { small, medium, large }, screenshots }
}
