import type { RequestView, Support } from '../../domain/support/index.ts'
import type { Letter } from './correspondence.tsx'
import { downloadHeaders } from './file-stream.ts'

const sizeOf = (bytes: number) =>
  bytes < 1024 * 1024 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`

/** What pages of both sides show of a request. `base` is the address of its page. */
export function shownRequest({ words }: Support, view: RequestView, base: string, side: 'party' | 'marketplace') {
  const { label: kindLabel, fields } = words.kinds[view.kind]
  return {
    id: view.id,
    tracking: view.tracking,
    kind: view.kind,
    kindLabel,
    state: view.state,
    queue: view.queue,
    urgent: view.urgent,
    summary: view.summary,
    partyName: view.partyName,
    publisherId: view.publisherId,
    topic: view.topicPath.join(' > '),
    offerType: words.offerTypes[view.offerType],
    startOn: view.startOn.toString(),
    openedAt: view.openedAt.toString(),
    closedAt: view.closedAt?.toString() ?? null,
    contact: view.contact,
    assignee: view.assignee,
    facts: fields.flatMap(({ name, label }) => (view.facts[name] === undefined ? [] : [{ name, label, value: view.facts[name] }])),
    letters: view.messages.map(
      (message): Letter => ({
        id: message.id,
        at: message.at.toString(),
        author: message.side === 'marketplace' ? `${message.authorName}, the marketplace` : message.authorName,
        own: message.side === side,
        internal: message.internal,
        text: message.text,
        files: message.attachments.map((file) => ({
          id: file.id,
          name: file.name,
          size: sizeOf(file.size),
          removed: file.removed,
          restricted: file.restricted,
          to: file.readable ? `${base}/files/${file.id}` : null,
        })),
      }),
    ),
  }
}

/** An attached file to download: whatever it holds, no page of ours. */
export function attachedFile({ name, bytes }: { name: string; bytes: Buffer }): Response {
  const plain = name.replaceAll(/[^\w .-]/g, '_')
  return new Response(new Uint8Array(bytes), {
    headers: {
      ...downloadHeaders(plain, 'application/octet-stream'),
      'content-disposition': `attachment; filename="${plain}"; filename*=UTF-8''${encodeURIComponent(name)}`,
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
    },
  })
}
