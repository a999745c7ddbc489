import type { FastifyInstance } from 'fastify'

const formType = 'application/x-www-form-urlencoded'

/** Reads forms as an object of strings (a field that appears twice counts once, the last), on this scope only. */
export function acceptForms(scope: FastifyInstance): void {
  readForms(scope, (text) => Object.fromEntries(new URLSearchParams(text)))
}

/** Hands forms on as their text; every other body is empty text, so that the handler can say what it wants in its own words. */
export function acceptFormText(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers()
  readForms(scope, (text) => text)
  scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, _body, done) => done(null, ''))
}

/** Larger than any token request: MSAL's longest, with an assertion, has 4 KB. */
const longestForm = 64 * 1024

function readForms(scope: FastifyInstance, read: (text: string) => unknown): void {
  if (scope.hasContentTypeParser(formType)) scope.removeContentTypeParser(formType)
  scope.addContentTypeParser(formType, { parseAs: 'string', bodyLimit: longestForm }, (_request, body, done) =>
    done(null, read(String(body))),
  )
}
