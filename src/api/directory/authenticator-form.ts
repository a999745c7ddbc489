import { renderSVG } from 'uqr'
import { Html, html } from './page.ts'

/** How an authenticator app gets its secret: a picture to scan and the same as letters. */
export function authenticatorSecret({ secret, uri }: { secret: string; uri: string }): Html {
  const spaced = secret.replaceAll(/(.{4})(?=.)/g, '$1 ')
  return html`<p>Scan this with an authenticator app, such as the one of your password manager.</p>
<p class="code-picture" role="img" aria-label="QR code with the secret that is written below">${new Html(renderSVG(uri, { border: 2 }))}</p>
<p class="muted">Or type this secret into the app:<br><code class="secret">${spaced}</code></p>`
}

/** The field for a code. */
export function codeField(label: string, notice: string | undefined, options: { recovery?: boolean } = {}): Html {
  return html`<label for="code">${label}</label>
<input id="code" name="code" autocomplete="one-time-code" ${options.recovery ? html`` : html`inputmode="numeric" `}required maxlength="40" autofocus spellcheck="false"${notice ? html` aria-describedby="notice" aria-invalid="true"` : null}>`
}

/** Recovery codes, shown this once. */
export function recoveryCodes(codes: readonly string[]): Html {
  return html`<p>Keep these recovery codes where your phone is not. Each opens your account once when the app is lost. <strong>They are not shown again.</strong></p>
<ul class="codes">${codes.map((code) => html`<li><code>${code}</code></li>`)}</ul>`
}

export const noticeOf = (notice: string | undefined): Html | null =>
  notice ? html`<p class="notice" role="alert" id="notice">${notice}</p>` : null
