import { type Html, html } from './page.ts'

/**
 * A form whose button asks the device for a passkey. It is shown by the pages' script: without one a passkey cannot be asked for.
 * @param input.options what the browser is asked, as the server made it
 * @param input.hidden fields that go with the answer
 */
export function passkeyForm(input: {
  action: string
  kind: 'create' | 'get'
  options: object
  hidden: Html
  button: Html
  fields?: Html
  /** also offered in the address field of the page, before the button is pressed */
  offer?: boolean
}): Html {
  return html`<form method="post" action="${input.action}" data-passkey="${input.kind}" data-options="${JSON.stringify(input.options)}"${input.offer ? html` data-offer` : null} hidden>
${input.hidden}
<input type="hidden" name="response" value="">
${input.fields ?? null}
${input.button}
<p class="muted" role="status"></p>
</form>`
}

/** What a passkey will be called, where its owner does not say otherwise. */
export const passkeyNameField = html`<label for="passkey-name">Name, so that you can tell it from others</label>
<input id="passkey-name" name="name" required maxlength="60" value="Passkey" autocomplete="off">`
