import type { Content, Problem, SavedSection, SaveAnswer } from './form.ts'
import { type Clash, mergeSections, sameValue } from './merge.ts'

/** How the text in the browser relates to what is stored. */
export type SavePhase = 'saved' | 'unsaved' | 'saving' | 'refused' | 'conflict' | 'failed'

export interface SaveState {
  phase: SavePhase
  /** When this page was last saved from here, ISO. */
  savedAt: string | undefined
  /** Why it is not saved. */
  message: string | undefined
  /** Values that the server refused. */
  problems: Problem[]
  /** What the stored section lacks before its page is complete. */
  missing: Problem[]
  /** Fields that somebody else changed differently in the meantime. */
  clashes: Clash[]
  /** Who the other one is, where it is known. */
  by: string | null
  /** Fields that were taken over from somebody else without a clash. */
  taken: string[]
  canUndo: boolean
  canRedo: boolean
}

interface Options {
  saved: SavedSection
  missing: Problem[]
  send: (section: SavedSection) => Promise<SaveAnswer>
  /** Waits of the autosave in milliseconds: after typing, after a choice, after a failed attempt. */
  waits?: { typing: number; choice: number; retry: number }
}

const usualWaits = { typing: 1200, choice: 80, retry: 5000 }
/** Changes of one field within this time are one step of undo. */
const stepMs = 1000
const mostSteps = 100

/**
 * The text of one section while somebody edits it: saves it by itself, one save at a time, and never throws text away. When somebody else
 * saved first, both versions are merged field by field; fields that both changed wait for a decision.
 */
export class SectionDraft {
  values: Content
  revision: number
  state: SaveState
  /** as stored at `revision` */
  #base: Content
  /** what this editor held when it was stored */
  #opened: Content
  #theirs: SavedSection | undefined
  readonly #send: Options['send']
  #onSaved: (() => void) | undefined
  readonly #held = new Set<string>()
  readonly #waits: NonNullable<Options['waits']>
  readonly #listeners = new Set<() => void>()
  #timer: ReturnType<typeof setTimeout> | undefined
  #running: Promise<void> | undefined
  #undo: Content[] = []
  #redo: Content[] = []
  #lastStep: { name: string; until: number } | undefined

  constructor({ saved, missing, send, waits = usualWaits }: Options) {
    this.values = saved.content
    this.revision = saved.revision
    this.#base = saved.content
    this.#opened = saved.content
    this.#send = send
    this.#waits = waits
    this.state = {
      phase: 'saved',
      savedAt: undefined,
      message: undefined,
      problems: [],
      missing,
      clashes: [],
      by: null,
      taken: [],
      canUndo: false,
      canRedo: false,
    }
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Calls `listener` after each save that went through: statuses and conditions of the page may have changed. */
  whenSaved(listener: () => void): void {
    this.#onSaved = listener
  }

  /** What is edited on the page but saved on its own, with a button of its own: it holds readers back as unsaved text does. */
  hold(name: string, unsaved: boolean): void {
    if (unsaved) this.#held.add(name)
    else this.#held.delete(name)
  }

  /** Something on the page would be lost if it were left now. */
  get unsaved(): boolean {
    return this.dirty || this.#held.size > 0
  }

  get dirty(): boolean {
    return !sameValue(this.values, this.#opened)
  }

  /** Changes one field. `soon` saves at once: for choices, on which other fields may depend. */
  set(name: string, value: unknown, soon = false): void {
    if (Object.is(this.values[name], value)) return
    this.#remember(name)
    this.values = { ...this.values, [name]: value }
    this.#changed(soon)
  }

  undo(): void {
    const before = this.#undo.pop()
    if (!before) return
    this.#redo.push(this.values)
    this.values = before
    this.#lastStep = undefined
    this.#changed(true)
  }

  redo(): void {
    const after = this.#redo.pop()
    if (!after) return
    this.#undo.push(this.values)
    this.values = after
    this.#changed(true)
  }

  /** Saves now what is not saved yet. True when everything is stored afterwards. */
  async save(): Promise<boolean> {
    clearTimeout(this.#timer)
    while (this.#running) await this.#running
    if (this.dirty || this.revision === 0) {
      this.#running = this.#attempt().finally(() => (this.#running = undefined))
      await this.#running
    }
    return !this.dirty && this.state.phase === 'saved'
  }

  /** Takes over a section that the server changed on request (a revert, an import): nothing of it is unsaved. */
  replace(saved: SavedSection, missing: Problem[], savedAt = this.state.savedAt): void {
    this.#remember('')
    this.values = saved.content
    this.#adopt(saved, saved.content)
    this.#update({ phase: 'saved', savedAt, problems: [], message: undefined, missing, clashes: [], taken: [] })
    this.#onSaved?.()
  }

  /** What the server says about the stored section, read anew with the page. */
  refresh(saved: SavedSection, missing: Problem[]): void {
    if (saved.revision === this.revision) return this.#update({ missing })
    if (saved.revision > this.revision && !this.dirty && !this.#running) this.replace(saved, missing)
  }

  /** Decides the clashes: per field the own text or theirs; then saves. */
  async decide(choices: Record<string, 'mine' | 'theirs'>): Promise<boolean> {
    const theirs = this.#theirs
    if (!theirs) return this.save()
    this.#remember('')
    const values = { ...this.values }
    for (const { name } of this.state.clashes) if (choices[name] === 'theirs') values[name] = theirs.content[name]
    this.values = values
    this.#adopt(theirs, theirs.content)
    this.#theirs = undefined
    this.#update({ phase: this.dirty ? 'unsaved' : 'saved', clashes: [], by: null, message: undefined })
    this.#onSaved?.()
    return this.save()
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  #adopt(saved: SavedSection, opened: Content): void {
    this.revision = saved.revision
    this.#base = saved.content
    this.#opened = opened
  }

  #remember(name: string): void {
    const now = performance.now()
    if (this.#lastStep?.name !== name || now > this.#lastStep.until) {
      this.#undo.push(this.values)
      if (this.#undo.length > mostSteps) this.#undo.shift()
    }
    this.#redo = []
    this.#lastStep = { name, until: now + stepMs }
  }

  #changed(soon: boolean): void {
    clearTimeout(this.#timer)
    if (this.state.phase === 'conflict') return this.#update({})
    if (!this.dirty && !this.#running) {
      return this.#update({ phase: 'saved', problems: [], message: undefined })
    }
    this.#update({ phase: this.#running ? 'saving' : 'unsaved' })
    this.#later(soon ? this.#waits.choice : this.#waits.typing)
  }

  #later(wait: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.save(), wait)
  }

  async #attempt(): Promise<void> {
    if (this.state.phase === 'conflict') return
    const sent = this.values
    this.#update({ phase: 'saving' })
    const answer = await this.#send({ revision: this.revision, content: sent })
    if (answer.kind === 'saved') {
      const merged = answer.merged ? this.#takeOver(sent, answer.content) : []
      this.#adopt({ revision: answer.revision, content: answer.content }, { ...sent, ...pick(answer.content, merged) })
      const behind = this.dirty
      this.#update({
        phase: behind ? 'unsaved' : 'saved',
        savedAt: answer.at,
        problems: [],
        message: undefined,
        missing: answer.missing,
        ...(merged.length > 0 ? { taken: merged } : {}),
      })
      if (behind) this.#later(this.#waits.typing)
      this.#onSaved?.()
    } else if (answer.kind === 'conflict') {
      await this.#meet({ revision: answer.revision, content: answer.content }, answer.by)
    } else if (answer.kind === 'refused') {
      this.#update({ phase: 'refused', problems: answer.problems, message: answer.message })
    } else {
      this.#update({ phase: 'failed', message: answer.message })
      if (!answer.final) this.#later(this.#waits.retry)
    }
  }

  /** Puts what somebody else wrote into the fields that were not touched here. */
  #takeOver(sent: Content, stored: Content): string[] {
    const taken = Object.keys({ ...sent, ...stored }).filter(
      (name) =>
        sameValue(this.#opened[name], sent[name]) && sameValue(sent[name], this.values[name]) && !sameValue(this.#base[name], stored[name]),
    )
    if (taken.length > 0) this.values = { ...this.values, ...pick(stored, taken) }
    return taken
  }

  async #meet(theirs: SavedSection, by: string | null): Promise<void> {
    const { content, taken, clashes } = mergeSections({
      base: this.#base,
      opened: this.#opened,
      mine: this.values,
      theirs: theirs.content,
    })
    this.#remember('')
    this.values = content
    if (clashes.length > 0) {
      this.#theirs = theirs
      this.#update({ phase: 'conflict', clashes, by, taken, message: undefined, problems: [] })
      return
    }
    this.#adopt(theirs, theirs.content)
    this.#update({ phase: 'unsaved', taken, by })
    if (this.dirty) await this.#attempt()
    else {
      this.#update({ phase: 'saved', problems: [], message: undefined })
      this.#onSaved?.()
    }
  }

  #update(change: Partial<SaveState>): void {
    this.state = { ...this.state, ...change, canUndo: this.#undo.length > 0, canRedo: this.#redo.length > 0 }
    for (const listener of this.#listeners) listener()
  }
}

function pick(content: Content, names: string[]): Content {
  return Object.fromEntries(names.map((name) => [name, content[name]]))
}
