/** One thing that the integration check looks at. The report, the documentation and Partner Center's page are made of this table. */
export interface Point {
  id: string
  area: 'landing page' | 'webhook' | 'marketplace API'
  title: string
  /** what the marketplace's documentation asks for */
  says: string
  /** what to change in an application that fails */
  mend: string
}

/** In the order of the report. docs/integration-check.md has a section for each. */
export const points = [
  {
    id: 'landing-page',
    area: 'landing page',
    title: 'The landing page opens and signs the customer in',
    says: 'The landing page is open day and night and signs the customer in with the directory before it shows the purchase.',
    mend: 'Open the landing page with a token yourself. Look for its first answer that is not a page or a redirect, and at the redirect address of its registration in the directory.',
  },
  {
    id: 'resolve',
    area: 'landing page',
    title: 'The token is exchanged by Resolve',
    says: 'The landing page calls Resolve with the token to learn which subscription, plan and seats were bought.',
    mend: 'Call POST /api/saas/subscriptions/resolve with the header x-ms-marketplace-token when the page opens; take nothing about the purchase from elsewhere.',
  },
  {
    id: 'token-encoded',
    area: 'landing page',
    title: 'The token is URL-decoded once',
    says: 'The token in the landing page’s address is URL-encoded. Resolve wants it decoded.',
    mend: 'Take the token from the parsed query (most frameworks decode it) and pass it on as it is: neither encoded again nor decoded twice, which turns + into a space.',
  },
  {
    id: 'activate',
    area: 'landing page',
    title: 'The subscription is activated',
    says: 'After the customer has configured the account, the publisher calls Activate; billing begins with it.',
    mend: 'Call POST /api/saas/subscriptions/{id}/activate when the account is provided. When it takes longer, say so with --activate-within; when the check pressed the wrong button, name the right one with --submit.',
  },
  {
    id: 'activate-values',
    area: 'landing page',
    title: 'Activate carries the plan and the seats of the purchase',
    says: 'Activate is refused unless planId and quantity are those that Resolve answered.',
    mend: 'Send planId and quantity as Resolve has given them; leave quantity out only where the plan is not sold by user.',
  },
  {
    id: 'token-again',
    area: 'landing page',
    title: 'The landing page serves Manage account',
    says: 'The same landing page is opened for subscriptions that are active already, with the same token or a new one.',
    mend: 'Look at saasSubscriptionStatus in Resolve’s answer: for a subscription that is Subscribed show the account instead of activating again.',
  },
  {
    id: 'token-missing',
    area: 'landing page',
    title: 'The landing page without a token is no accident',
    says: 'People open the landing page from bookmarks, without a token.',
    mend: 'Answer with a page that leads to the marketplace instead of an error of the server.',
  },
  {
    id: 'token-tampered',
    area: 'landing page',
    title: 'A tampered token is refused',
    says: 'Resolve answers 400 for a token that is malformed or tampered with.',
    mend: 'Catch the 400 of Resolve and tell the customer to open the subscription from the marketplace again.',
  },
  {
    id: 'token-expired',
    area: 'landing page',
    title: 'An expired token is refused',
    says: 'A token is valid for 24 hours; Resolve answers 400 afterwards.',
    mend: 'Ask Resolve every time, keep no answers by token, and treat its 400 as the customer’s to mend: open the subscription from the marketplace again.',
  },
  {
    id: 'change-quantity',
    area: 'webhook',
    title: 'ChangeQuantity is handled',
    says: 'When the customer changes the number of seats, the webhook is called with action ChangeQuantity.',
    mend: 'Answer the webhook with 200 and let the operation succeed by PATCH.',
  },
  {
    id: 'change-plan',
    area: 'webhook',
    title: 'ChangePlan is handled',
    says: 'When the customer changes the plan, the webhook is called with action ChangePlan.',
    mend: 'Answer the webhook with 200 and let the operation succeed by PATCH.',
  },
  {
    id: 'suspend',
    area: 'webhook',
    title: 'Suspend is handled',
    says: 'When a payment is missing, the webhook is called with action Suspend. No PATCH is expected.',
    mend: 'Answer the webhook with 200, keep the customer’s data, and let nobody in until Reinstate.',
  },
  {
    id: 'reinstate',
    area: 'webhook',
    title: 'Reinstate is handled',
    says: 'When the payment has come after all, the webhook is called with action Reinstate.',
    mend: 'Answer the webhook with 200, give access back, and let the operation succeed by PATCH.',
  },
  {
    id: 'renew',
    area: 'webhook',
    title: 'Renew is handled',
    says: 'When a term begins anew, the webhook is called with action Renew. No PATCH is expected.',
    mend: 'Answer the webhook with 200; unknown or merely informing actions are no error.',
  },
  {
    id: 'unsubscribe',
    area: 'webhook',
    title: 'Unsubscribe is handled',
    says: 'When a subscription ends, the webhook is called with action Unsubscribe. No PATCH is expected.',
    mend: 'Answer the webhook with 200 and close the account.',
  },
  {
    id: 'webhook-in-time',
    area: 'webhook',
    title: 'The webhook answers in time',
    says: 'The webhook answers promptly; work that takes longer goes on after the answer.',
    mend: 'Write the notification down, answer 200, and do the work afterwards.',
  },
  {
    id: 'get-operation',
    area: 'webhook',
    title: 'Get operation is called before acting',
    says: 'The publisher verifies a notification by asking the marketplace for its operation before it acts.',
    mend: 'Call GET /api/saas/subscriptions/{id}/operations/{operationId} first and act on its answer, not on the body of the call.',
  },
  {
    id: 'patch',
    area: 'webhook',
    title: 'PATCH is sent for changes',
    says: 'The publisher reports the outcome of ChangePlan, ChangeQuantity and Reinstate by PATCH within 10 seconds; without it the marketplace decides alone.',
    mend: 'Call PATCH /api/saas/subscriptions/{id}/operations/{operationId} with {"status": "Success"} or "Failure".',
  },
  {
    id: 'webhook-duplicate',
    area: 'webhook',
    title: 'A repeated webhook is survived',
    says: 'A webhook may be delivered more than once.',
    mend: 'When the operation is not InProgress any more, answer 200 and do nothing.',
  },
  {
    id: 'webhook-out-of-order',
    area: 'webhook',
    title: 'A webhook that comes after a newer one is survived',
    says: 'Webhooks may overtake each other on the way.',
    mend: 'After any notification take the state of the account from Get subscription, not from the notification.',
  },
  {
    id: 'webhook-unknown',
    area: 'webhook',
    title: 'A webhook about an unknown subscription is survived',
    says: 'Notifications may be about subscriptions the application does not have.',
    mend: 'Treat the 404 of Get operation or Get subscription as an answer: 200 or 404, but no error of the server.',
  },
  {
    id: 'webhook-no-token',
    area: 'webhook',
    title: 'A webhook without a token is refused',
    says: 'Every webhook carries a bearer token of the directory. Others are not from the marketplace.',
    mend: 'Answer 401 when there is no Authorization header.',
  },
  {
    id: 'webhook-forged',
    area: 'webhook',
    title: 'A forged token is refused',
    says: 'The token’s signature is checked with the directory’s published keys.',
    mend: 'Verify the signature with a JWT library and the keys of {authority}/{tenant}/discovery/v2.0/keys; decoding alone proves nothing.',
  },
  {
    id: 'webhook-expired',
    area: 'webhook',
    title: 'An expired token is refused',
    says: 'The token’s exp claim is checked.',
    mend: 'Let the JWT library check exp and nbf, with a tolerance of minutes at most.',
  },
  {
    id: 'webhook-audience',
    area: 'webhook',
    title: 'A token for another application or tenant is refused',
    says: 'The token’s aud is the application in the offer’s technical configuration, its tid the publisher’s tenant.',
    mend: 'Let the JWT library check aud and the issuer, and compare tid with your tenant.',
  },
  {
    id: 'activate-retried',
    area: 'marketplace API',
    title: 'A failing Activate is repeated',
    says: 'Calls that are answered 429 or 5xx are repeated, with growing pauses.',
    mend: 'Repeat Activate a few times before telling the customer; a repeated Activate does no harm.',
  },
  {
    id: 'api-failing',
    area: 'marketplace API',
    title: 'A failing marketplace is survived',
    says: 'Calls that are answered 429 or 5xx are repeated, with growing pauses.',
    mend: 'Repeat Get operation and PATCH, or answer the webhook with 500 so that it is delivered again; never 200 for what was not done.',
  },
  {
    id: 'api-slow',
    area: 'marketplace API',
    title: 'A slow marketplace is survived',
    says: 'The marketplace’s calls usually answer at once, and sometimes take seconds.',
    mend: 'Give calls of the marketplace 10 seconds or more before giving up.',
  },
] as const satisfies readonly Point[]

export type PointId = (typeof points)[number]['id']
