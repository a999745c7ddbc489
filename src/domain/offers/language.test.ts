import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { hidesItsLanguage, isEnglish } from './language.ts'
import { sectionWarnings } from './offer-type.ts'
import { pageOf } from './offer-types.ts'
import { saas } from './saas.ts'

const german =
  'Contoso CRM bringt Kontakte, Angebote und Termine an einen Ort, damit ein Vertriebsteam jeder Größe weiß, was als Nächstes zu tun ist. Einrichtung und Umzug dauern einen Nachmittag.'
const japanese =
  'コントソＣＲＭは、見込み客、商談、フォローアップをひとつの場所にまとめ、営業チームが次に何をすべきかをすぐに理解できるようにします。'

test('SA-21 a description in another language that does not say so is flagged', () => {
  const listing = pageOf(saas, 'listing')
  const flagged = (description: string) =>
    sectionWarnings(listing, { description }, { find: () => undefined } as never, undefined).some(
      (warning) => warning.code === 'LanguageNotDisclosed',
    )
  for (const text of [german, japanese, german.toUpperCase()]) expect(flagged(`<p>${text}</p>`), text).toBe(true)
  expect(flagged(`<p>This application is available only in German.</p><p>${german}</p>`)).toBe(false)
  expect(flagged(`<p>${german}</p><p>This application is available only in German.</p>`)).toBe(true)
  expect(flagged('<p>Kurz und gut.</p>')).toBe(false)
})

test('the English texts of the demo offers are not flagged', () => {
  const { offers } = JSON.parse(readFileSync(new URL('../../../reference-data/demo-listings.json', import.meta.url), 'utf8')) as {
    offers: Record<string, { description: string }>
  }
  for (const [name, { description }] of Object.entries(offers)) expect(hidesItsLanguage(description), name).toBe(false)
  expect(isEnglish('Signs you in')).toBeUndefined()
})
