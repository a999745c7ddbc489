import type { Config } from '../../kernel/config.ts'
import type { Ctx } from '../../kernel/context.ts'
import type { Notifications } from '../notifications/index.ts'
import type { Offer } from '../offers/index.ts'
import { reportText } from './certification.ts'
import type { Finding } from './steps.ts'

/** What publishing tells the publisher's people, by mail and in Partner Center (spec/06 A12). */
export interface Announcements {
  /** The preview is there and waits for Go live. */
  previewReady(ctx: Ctx, about: About & { isUpdate: boolean }): Promise<void>
  /** A step found what has to be changed. */
  stepFailed(ctx: Ctx, about: About & { step: string; findings: readonly Finding[] }): Promise<void>
  /** The certification report: each policy that is not met, with the review notes. */
  certificationRejected(ctx: Ctx, about: About & { findings: readonly Finding[] }): Promise<void>
  wentLive(ctx: Ctx, about: About & { isUpdate: boolean }): Promise<void>
  cancelledByOperator(ctx: Ctx, about: About & { reason: string }): Promise<void>
}

interface About {
  offer: Offer
  mailTo: readonly string[]
}

export function createAnnouncements(config: Config, notifications: Pick<Notifications, 'tell'>): Announcements {
  // Nobody is told of offers that are loaded rather than submitted.
  const tell = async (ctx: Ctx, { offer, mailTo }: About, kind: string, title: string, text: string) =>
    mailTo.length === 0
      ? undefined
      : notifications.tell(ctx, {
          publisherId: offer.publisherId,
          kind,
          title: `${offer.alias}: ${title}`,
          text,
          mailTo,
          path: pathOf(offer),
        })
  const name = ({ publisherId, offerId }: Offer) => `${publisherId}.${offerId}`

  return {
    async previewReady(ctx, about) {
      if (about.isUpdate) {
        const text = `The preview of the update of ${name(about.offer)} is ready. Customers see the live version until you select Go live.`
        return tell(ctx, about, 'offer-update-preview', 'the preview of the update is ready', text)
      }
      const text = `The preview of ${name(about.offer)} is ready. Look at it, buy it as one of its audience, then select Go live.`
      return tell(ctx, about, 'offer-sign-off', 'the preview is ready', text)
    },
    async stepFailed(ctx, about) {
      const found = about.findings.map((finding) => `- ${finding.message}`).join('\n')
      const text = `${about.step} found what has to be changed before ${name(about.offer)} can be published:\n\n${found}`
      return tell(ctx, about, 'offer-attention', 'publishing needs your attention', text)
    },
    async certificationRejected(ctx, about) {
      const text = [
        `${name(about.offer)} was not certified by ${config.brand.name}. These policies are not met:`,
        reportText(about.findings),
        'Change the offer and publish it again. You may do so as often as it takes.',
      ].join('\n\n')
      return tell(ctx, about, 'offer-certification-report', 'certification report', text)
    },
    async wentLive(ctx, about) {
      const text = about.isUpdate
        ? `The update of ${name(about.offer)} is live. New customers buy this version.`
        : `${name(about.offer)} is live: customers can find it in the stores.`
      return tell(ctx, about, 'offer-live', about.isUpdate ? 'the update is live' : 'the offer is live', text)
    },
    async cancelledByOperator(ctx, about) {
      const text = `${config.brand.name} has cancelled the publishing of ${name(about.offer)}. ${about.reason}`
      return tell(ctx, about, 'offer-publishing-cancelled', 'publishing was cancelled', text)
    },
  }
}

/** The page of an offer that shows how its publishing goes. */
function pathOf({ publisherId, offerId }: Offer): string {
  return `/partner/publishers/${publisherId}/offers/${offerId}/overview`
}
