import { type Browser, type Page, PageFailed, shown } from './browser.ts'
import type { Button, Field, HtmlForm } from './html.ts'

export interface Customer {
  user: string
  password: string
}

export interface LandingOptions extends Customer {
  /** the marketplace's origins: what is signed in to */
  marketplace: readonly string[]
  /** text of the button that configures and activates, where it cannot be guessed */
  submit?: string | undefined
}

/** What opening the landing page has shown. */
export interface Visit {
  page: Page | undefined
  /** why a person would not get any further */
  problem: string | undefined
}

/** An address, a password, a permission; and once more for a page that asks anew. */
const mostSignIns = 6

/** Opens a landing page as the customer does, signing in where that is asked for. */
export async function visit(browser: Browser, address: string, options: LandingOptions): Promise<Visit> {
  try {
    let page = await browser.open(address)
    for (let count = 0; ; count++) {
      const problem = problemOf(page, options)
      if (problem) return { page, problem }
      const next = await signInFrom(browser, page, options)
      if (!next) return { page, problem: undefined }
      if (count === mostSignIns) return { page, problem: `${shown(page.url)} asks to sign in again and again.` }
      page = next
    }
  } catch (error) {
    if (error instanceof PageFailed) return { page: undefined, problem: error.message }
    throw error
  }
}

function problemOf(page: Page, { marketplace, user }: LandingOptions): string | undefined {
  const broken = page.trail.find((step) => step.status >= 500)
  if (broken) return `${broken.method} ${broken.url} answered ${broken.status}.`
  if (marketplace.includes(page.url.origin) && page.status >= 400) {
    return page.status === 401
      ? `The sign-in refused ${user}. Name another customer with --user and --password.`
      : `The marketplace's sign-in refused the application's request with ${page.status} (${page.html.title.trim()}): see client id and redirect address.`
  }
  return undefined
}

/** One step of a sign-in, or undefined when the page asks for none. */
async function signInFrom(browser: Browser, page: Page, { marketplace, user, password }: LandingOptions): Promise<Page | undefined> {
  if (marketplace.includes(page.url.origin)) {
    const form = page.html.forms.find((one) => one.fields.some((field) => field.type === 'password'))
    if (!form) return homeFrom(browser, page, user) ?? allowFrom(browser, page)
    const values = form.fields.map((field): [string, string] => [
      field.name,
      field.type === 'password' ? password : field.type === 'email' || /user|mail|login/i.test(field.name) ? user : field.value,
    ])
    return browser.submit(page, form, values, form.buttons[0])
  }
  if (usefulForm(page)) return undefined
  // Some landing pages show a "Sign in" first.
  const link = page.html.links.find(({ text }) => /^\s*(?:sign|log)[ -]?in\b/i.test(text))
  if (link) return browser.open(new URL(link.href, page.url))
  const form = page.html.forms.find((one) => one.buttons.some(({ text }) => /^\s*(?:sign|log)[ -]?in\b/i.test(text)))
  return form && browser.submit(page, form, filled(form, user), form.buttons[0])
}

/** Where the marketplace asks for the address first. */
function homeFrom(browser: Browser, page: Page, user: string): Promise<Page> | undefined {
  const form = page.html.forms.find((one) => new URL(one.action, page.url).pathname === '/signin/realm')
  const values = form?.fields.map((field): [string, string] => [field.name, field.type === 'email' ? user : field.value])
  return form && values && browser.submit(page, form, values, form.buttons[0])
}

/** Where the marketplace asks whether the application may know who it is: yes, as a customer would say. */
function allowFrom(browser: Browser, page: Page): Promise<Page> | undefined {
  const form = page.html.forms.find((one) => new URL(one.action, page.url).pathname === '/signin/consent')
  const button = form?.buttons.find(({ value }) => value === 'allow')
  const values = form?.fields.map((field): [string, string] => [field.name, field.value])
  return form && button && values && browser.submit(page, form, values, button)
}

const leads =
  /activat|subscri|confirm|complet|configur|set ?up|regist|sign ?up|creat|continu|finish|start|next|submit|save|proceed|accept|provision/i
const leadsAway = /(?:sign|log)[ -]?(?:out|off|in)|cancel|delete|unsubscribe|search|decline|reject/i

interface Choice {
  form: HtmlForm
  button: Button | undefined
}

/** The form that a customer would send to finish the configuration. */
function usefulForm(page: Page, submit?: string): Choice | undefined {
  const choices = page.html.forms
    .filter((form) => form.method === 'post')
    .flatMap((form): Choice[] =>
      form.buttons.length === 0 ? [{ form, button: undefined }] : form.buttons.map((button) => ({ form, button })),
    )
  const textOf = ({ form, button }: Choice) => `${button?.text ?? ''} ${button?.value ?? ''}`.trim() || form.action
  if (submit !== undefined) return choices.find((choice) => textOf(choice).toLowerCase().includes(submit.toLowerCase()))
  const score = (choice: Choice) => (leads.test(textOf(choice)) ? 2 : leads.test(choice.form.action) ? 1 : 0)
  return choices
    .filter((choice) => !leadsAway.test(textOf(choice)) && !leadsAway.test(choice.form.action))
    .sort((a, b) => score(b) - score(a))[0]
}

function filled(form: HtmlForm, user: string): [string, string][] {
  const radios = new Set<string>()
  return form.fields.flatMap((field): [string, string][] => {
    if (field.type === 'checkbox') return field.checked || field.required ? [[field.name, field.value || 'on']] : []
    if (field.type === 'radio') {
      const others = form.fields.filter((other) => other.type === 'radio' && other.name === field.name)
      const chosen = others.find((other) => other.checked) ?? others[0]
      if (chosen !== field || radios.has(field.name)) return []
      radios.add(field.name)
      return [[field.name, field.value]]
    }
    return [[field.name, field.value !== '' || !field.required ? field.value : invented(field, user)]]
  })
}

function invented({ type }: Field, user: string): string {
  if (type === 'email') return user
  if (type === 'number') return '1'
  if (type === 'url') return 'https://integration-check.example'
  if (type === 'tel') return '+1 555 0100'
  if (type === 'date') return '2030-01-01'
  return 'Integration check'
}

/** Sends the page's form. Undefined when there is none to send. */
export async function sendForm(browser: Browser, page: Page, { submit, user }: LandingOptions): Promise<Visit | undefined> {
  const choice = usefulForm(page, submit)
  if (!choice) return undefined
  try {
    const next = await browser.submit(page, choice.form, filled(choice.form, user), choice.button)
    const broken = next.trail.find((step) => step.status >= 500)
    return { page: next, problem: broken && `${broken.method} ${broken.url} answered ${broken.status}.` }
  } catch (error) {
    if (error instanceof PageFailed) return { page: undefined, problem: error.message }
    throw error
  }
}
