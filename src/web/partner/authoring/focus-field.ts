/** What of a field takes the focus: what is wrong with it, else where one writes, else its first button. */
const preferred = ['[aria-invalid="true"]', '[contenteditable="true"]', 'input:not([hidden]), textarea, select', 'button']

/** Moves the focus into a field. */
export function focusField(field: Element | null | undefined): void {
  if (!field) return
  field.scrollIntoView({ block: 'center' })
  for (const selector of preferred) {
    const control = field.querySelector<HTMLElement>(selector)
    if (control) return control.focus({ preventScroll: true })
  }
}
