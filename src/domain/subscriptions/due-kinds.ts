/** Kinds of due work of this room; the key is the subscription's id. */
export const dueKinds = {
  termEnd: 'subscriptions.term-end',
  graceEnd: 'subscriptions.grace-end',
  neverConfigured: 'subscriptions.never-configured',
  answerWindow: 'subscriptions.answer-window',
  webhook: 'subscriptions.webhook',
  webhookGivenUp: 'subscriptions.webhook-given-up',
} as const
