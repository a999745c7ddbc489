/** A text that only the marketplace itself reads: encrypted in drafts and snapshots, never shown to anybody. */
export interface SealedText {
  sealed: string
}
