import type { DraftView } from './draft.ts'

/** One step of a phase. Its name is one of publishing's step registry. */
export interface PhaseStep {
  step: string
  label: string
  /** How long it usually takes, as publishers read it. An estimate, never a time-out (spec/06 PL-12). */
  duration: string
  /** Whether an error found here keeps the submission from going on. */
  blocking: boolean
  /** Without it always. A step whose feature the offer lacks is neither shown nor run (spec/06 A4). */
  when?: { when: string; holds: (draft: DraftView) => boolean }
}

/** One phase of publishing and its steps, in order (spec/06 A3, A4). */
export interface Phase {
  key: string
  label: string
  steps: PhaseStep[]
  /** The phase ends when the publisher says so (sign-off). */
  waitsForPublisher?: boolean
}

/** Levels of certification, in the order in which a reviewer works (spec/06 A5). */
export type CertificationLevel = 'eligibility' | 'content' | 'technical'

/** A point that certification looks at, and its policy at the same time: a finding names it. */
export interface CertificationCheck {
  /** Number of the policy, e.g. `C1`. */
  id: string
  level: CertificationLevel
  title: string
  /** What the reviewer asks. */
  ask: string
  /**
   * How the marketplace decides it by itself: `validation` from findings of automated validation whose code is listed, `files` from a scan of
   * the files, `publisher` from the state of the seller, `none` where there is nothing to look at.
   */
  automatic: { by: 'validation'; codes: readonly string[] } | { by: 'files' | 'publisher' | 'none' }
}

/** How offers of a type are certified. When it happens is said by the place of the `certification` step in the phases. */
export interface Certification {
  checks: readonly CertificationCheck[]
  /** Offers of the type are tried out, so that the publisher has to say how (spec/06 A2, Notes for certification). */
  isTested: boolean
}
