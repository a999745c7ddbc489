import { readFileSync } from 'node:fs'
import type { Files } from '../../kernel/files.ts'
import { demoImages } from './demo-artwork.ts'
import { demoDocument } from './demo-document.ts'
import { plainText } from './rich-text.ts'

interface Contact {
  name: string
  email: string
  phone: string
}

/** reference-data/demo-listings.json */
interface DemoTexts {
  publishers: Record<
    string,
    { privacyPolicyUrl: string; supportUrl: string; supportContact: Contact; engineeringContact: Contact; previewAudience: string[] }
  >
  offers: Record<
    string,
    {
      summary: string
      shortDescription?: string
      description: string
      gettingStarted?: string
      keywords?: string[]
      appVersion?: string
      industries?: string[]
      links?: { title: string; url: string }[]
      screenshots?: string[]
      plans: Record<string, string>
    }
  >
}

/** What demo.json leaves open about an offer: the contents of its pages that are texts and pictures. */
export interface DemoListing {
  /** content of the section `listing` */
  listing: Record<string, unknown>
  /** members of the section `properties` besides categories and terms */
  properties: Record<string, unknown>
  previewAudience: string[]
  /** planId → description */
  planDescriptions: Record<string, string>
}

let texts: DemoTexts | undefined

function readTexts(): DemoTexts {
  texts ??= JSON.parse(readFileSync(new URL('../../../reference-data/demo-listings.json', import.meta.url), 'utf8')) as DemoTexts
  return texts
}

/** Texts of a demo offer, and its pictures drawn and stored. An offer without texts of its own gets its name only. */
export async function demoListing(files: Files, offer: { publisherId: string; offerId: string; name: string }): Promise<DemoListing> {
  const own = readTexts().offers[offer.offerId]
  const publisher = readTexts().publishers[offer.publisherId]
  if (!own || !publisher) return { listing: { name: offer.name }, properties: {}, previewAudience: [], planDescriptions: {} }
  const { plans, appVersion, industries, screenshots: captions = [], ...written } = own
  const { previewAudience, ...contacts } = publisher
  const images = await demoImages(offer.offerId)
  if (!images) return { listing: { name: offer.name, ...written }, properties: {}, previewAudience, planDescriptions: plans }
  const keep = async (bytes: Buffer) => (await files.put(bytes, 'image/png')).hash
  const { small, medium, large } = images.logos
  const sheet = await demoDocument({ name: offer.name, summary: own.summary, text: plainText(own.description) })
  return {
    listing: {
      name: offer.name,
      ...written,
      ...contacts,
      logos: { small: await keep(small), medium: await keep(medium), large: await keep(large) },
      screenshots: await Promise.all(
        images.screenshots.map(async (bytes, index) => ({ file: await keep(bytes), caption: captions[index] ?? offer.name })),
      ),
      documents: [{ name: `${offer.name} data sheet`, file: (await files.put(sheet, 'application/pdf')).hash }],
    },
    properties: { ...(appVersion ? { appVersion } : {}), ...(industries ? { industries } : {}) },
    previewAudience,
    planDescriptions: plans,
  }
}
