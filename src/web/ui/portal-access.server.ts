import { data, type RouterContextProvider } from 'react-router'
import { type Action, allows, type Resource } from '../../kernel/authorization.ts'
import type { Ctx } from '../../kernel/context.ts'
import { type DomainError, httpStatus, isDomainError } from '../../kernel/errors.ts'
import { requestContext, type Services, servicesContext } from '../services.ts'
import { requireUser, type User } from '../session.ts'
import type { FormErrors } from './portal-form.tsx'

/** The signed-in person and the way to the domain, for one loader or action. */
export interface Visit extends Services {
  user: User
  /** `http://localhost:3978` */
  origin: string
  /** A use case that reads. A domain error becomes the page's status. */
  read<T>(use: (ctx: Ctx) => Promise<T>): Promise<T>
  /** A use case that changes something, in one transaction. A domain error is thrown as it is, for {@link refused}. */
  run<T>(use: (ctx: Ctx) => Promise<T>): Promise<T>
}

interface LoaderArgs {
  request: Request
  context: Readonly<RouterContextProvider>
}

/** The error page with this status and sentence. */
export function refuse(status: number, sentence: string) {
  return data(sentence, { status })
}

/** Who visits. Signs in first when nobody is; 403 when `action` is not allowed for `resource`. */
export async function enter({ request, context }: LoaderArgs, action: Action, resource?: (user: User) => Resource): Promise<Visit> {
  const user = await requireUser(request, context)
  if (!allows(user, action, resource ? resource(user) : { tenantId: user.tenantId })) {
    throw refuse(403, 'Your role does not include this page. Ask an administrator of your organisation for access.')
  }
  if (user.impersonator && request.method !== 'GET')
    throw refuse(403, 'You only look at what somebody else sees. End that before you change anything.')
  const services = context.get(servicesContext)
  const { requestId, origin } = context.get(requestContext)
  return {
    ...services,
    user,
    origin,
    async read(use) {
      try {
        return await services.kernel.read(user, use, { requestId })
      } catch (error) {
        if (isDomainError(error)) throw refuse(httpStatus[error.kind], error.message)
        throw error
      }
    },
    run: (use) => services.kernel.run(user, use, { requestId }),
  }
}

/** Answers a form whose use case refused: the same page with the reason, at the field where one is named. Anything unexpected is thrown on. */
export function refused(error: unknown) {
  if (!isDomainError(error)) throw error
  return data({ errors: formErrors(error) }, { status: httpStatus[error.kind] })
}

function formErrors(error: DomainError): FormErrors {
  const fields: Record<string, string> = {}
  for (const detail of error.details) if (detail.target) fields[detail.target] ??= detail.message
  if (error.target) fields[error.target] ??= error.message
  return { message: error.message, fields }
}

/** The form's field as trimmed text; empty when it is missing or a file. */
export function field(form: FormData, name: string): string {
  const value = form.get(name)
  return typeof value === 'string' ? value.trim() : ''
}

/** The sites this person may open, for the site switch. */
export function sitesOf(user: User, { kernel }: Services, sellsHere: boolean): { href: string; label: string }[] {
  return [
    { href: '/store/business', label: kernel.config.brand.businessStore },
    { href: '/store/cloud', label: kernel.config.brand.cloudStore },
    { href: '/account', label: 'My account' },
    ...(sellsHere ? [{ href: '/partner', label: 'Partner Center' }] : []),
    ...(allows(user, 'operator.console') ? [{ href: '/operator', label: 'Operator console' }] : []),
    { href: '/docs', label: 'Documentation' },
  ]
}
