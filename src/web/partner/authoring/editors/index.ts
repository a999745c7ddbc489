import type { ComponentType } from 'react'
import { AudienceEditor, LiveAudienceEditor } from './audience-editors.tsx'
import { ChoiceEditor, FlagEditor, MultiChoiceEditor } from './choice-editors.tsx'
import type { FormField } from '../form.ts'
import type { EditorProps } from './editor.ts'
import { LeadDestinationEditor } from './lead-destination-editor.tsx'
import { ContactEditor, KeywordsEditor, LinksEditor, ProductsEditor, RegionsEditor, repeatedEditor } from './list-editors.tsx'
import { MarketsEditor } from './markets-editor.tsx'
import { DocumentsEditor, FileEditor, ImageEditor, LogosEditor, ScreenshotsEditor, VideosEditor } from './media-editors.tsx'
import { DimensionsEditor, PlanDimensionsEditor, SeatsEditor } from './meter-editors.tsx'
import { MarketPricesEditor, TermPricesEditor } from './price-editors.tsx'
import { RichTextEditor } from './rich-text-editor.tsx'
import { TermsEditor } from './terms-editor.tsx'
import {
  EmailEditor,
  GuidEditor,
  IntegerEditor,
  MoneyEditor,
  MultilineEditor,
  PhoneEditor,
  SecretEditor,
  TextEditor,
  UrlEditor,
} from './text-editors.tsx'
import { CategoriesEditor, IndustriesEditor } from './tree-editors.tsx'

/** The editor of each kind of field. A kind without one does not compile. */
const editors = {
  text: TextEditor,
  multiline: MultilineEditor,
  'rich-text': RichTextEditor,
  url: UrlEditor,
  email: EmailEditor,
  phone: PhoneEditor,
  guid: GuidEditor,
  integer: IntegerEditor,
  choice: ChoiceEditor,
  'multi-choice': MultiChoiceEditor,
  flag: FlagEditor,
  categories: CategoriesEditor,
  industries: IndustriesEditor,
  keywords: KeywordsEditor,
  contact: ContactEditor,
  links: LinksEditor,
  products: ProductsEditor,
  repeated: repeatedEditor(editorOf),
  file: FileEditor,
  documents: DocumentsEditor,
  image: ImageEditor,
  logos: LogosEditor,
  screenshots: ScreenshotsEditor,
  videos: VideosEditor,
  terms: TermsEditor,
  audience: AudienceEditor,
  'live-audience': LiveAudienceEditor,
  markets: MarketsEditor,
  money: MoneyEditor,
  'term-prices': TermPricesEditor,
  'market-prices': MarketPricesEditor,
  seats: SeatsEditor,
  dimensions: DimensionsEditor,
  'plan-dimensions': PlanDimensionsEditor,
  secret: SecretEditor,
  regions: RegionsEditor,
  'lead-destination': LeadDestinationEditor,
  // Each editor knows the value of its own kind; the definition guarantees that they meet.
  // oxlint-disable-next-line typescript/no-explicit-any
} satisfies Record<FormField['kind'], ComponentType<EditorProps<any>>>

export function editorOf(kind: string): ComponentType<EditorProps> | undefined {
  return Object.hasOwn(editors, kind) ? (editors[kind as keyof typeof editors] as ComponentType<EditorProps>) : undefined
}
