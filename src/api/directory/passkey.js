// Runs in the browser on the sign-in pages: asks the device for a passkey and sends its answer with the form that is shown.
// A form says what it wants: data-passkey="create" or "get", data-options with the server's JSON, a hidden field `response`.
const forms = [...document.querySelectorAll('form[data-passkey]')]
const able = typeof window.PublicKeyCredential?.parseRequestOptionsFromJSON === 'function'
let waiting = new AbortController()

function say(form, sentence) {
  const place = form.querySelector('[role="status"]')
  if (place) place.textContent = sentence
}

async function ask(form, extra = {}) {
  const options = JSON.parse(form.dataset.options)
  const create = form.dataset.passkey === 'create'
  const credential = create
    ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
    : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options), ...extra })
  if (!credential) return
  form.elements.namedItem('response').value = JSON.stringify(credential.toJSON())
  form.submit()
}

function reason(error) {
  if (error.name === 'InvalidStateError') return 'This device already keeps a passkey for you here.'
  if (error.name === 'SecurityError') return `Passkeys do not work at this address (${location.host}).`
  return 'The device has not answered. Try again, or use another way.'
}

for (const form of forms) {
  if (!able) {
    form.querySelector('button')?.setAttribute('disabled', '')
    say(form, 'This browser cannot use passkeys.')
  }
  form.hidden = false
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    // The offer in the address field gives way to the question that was asked for.
    waiting.abort()
    say(form, 'Waiting for your device …')
    ask(form).catch((error) => say(form, reason(error)))
  })
}

// Browsers offer passkeys in the field for the e-mail address where a form asks for it.
const offered = forms.find((form) => form.dataset.offer !== undefined)
if (able && offered && (await window.PublicKeyCredential.isConditionalMediationAvailable?.())) {
  waiting = new AbortController()
  ask(offered, { mediation: 'conditional', signal: waiting.signal }).catch(() => {})
}
