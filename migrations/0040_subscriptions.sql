create schema subscriptions;

-- What a live offer says about its publisher's integration; follows 'offer.published'. Authorises every call of the
-- fulfillment API and tells where the landing page and the webhook are.
create table subscriptions.offer_binding (
  offer uuid primary key,
  publisher_id text not null,
  offer_id text not null,
  offer_name text not null,
  tenant_id uuid not null,
  application_id uuid not null,
  landing_page_url text not null,
  webhook_url text not null,
  snapshot text not null,
  -- Word for a final state in webhook bodies: strict readers of the 2021 documentation expect 'Success'.
  webhook_success_word text not null default 'Succeeded' check (webhook_success_word in ('Succeeded', 'Success')),
  webhook_signed boolean not null default true,
  -- Deliveries wait while the publisher has paused the endpoint.
  webhook_paused_at timestamptz,
  updated_at timestamptz not null
);
create index offer_binding_application on subscriptions.offer_binding (tenant_id, application_id);
create index offer_binding_publisher on subscriptions.offer_binding (publisher_id);

create table subscriptions.subscription (
  id uuid primary key,
  name text not null,
  offer uuid not null references subscriptions.offer_binding (offer),
  publisher_id text not null,
  offer_id text not null,
  plan_id text not null,
  quantity integer check (quantity > 0),
  status text not null check (status in ('PendingFulfillmentStart', 'Subscribed', 'Suspended', 'Unsubscribed')),
  auto_renew boolean not null,
  -- Bought from the preview of the offer.
  preview boolean not null default false,
  purchaser jsonb not null,
  beneficiary jsonb not null,
  -- Tenant of the purchaser: it pays.
  customer_tenant_id uuid not null,
  beneficiary_tenant_id uuid not null,
  -- Bought by a reseller for its customer: the beneficiary may only read.
  by_reseller boolean not null,
  term_unit text not null check (term_unit in ('P1M', 'P1Y')),
  -- What was agreed: prices, currency, terms accepted. Current plan's.
  agreement jsonb not null,
  term_index integer,
  term_start date,
  term_end date,
  is_free_trial boolean not null default false,
  -- The one change (plan, seats, reinstatement) that is under way.
  pending_operation uuid,
  created_at timestamptz not null,
  modified_at timestamptz not null,
  resolved_at timestamptz,
  activated_at timestamptz,
  suspended_at timestamptz,
  ended_at timestamptz,
  end_reason text,
  ended_by text,
  within_free_period boolean,
  check ((term_index is null) = (term_start is null) and (term_start is null) = (term_end is null)),
  check ((status = 'Unsubscribed') = (ended_at is not null)),
  check ((status = 'Suspended') <= (suspended_at is not null)),
  check (status not in ('Subscribed', 'Suspended') or activated_at is not null)
);
create index subscription_offer on subscriptions.subscription (offer, id);
create index subscription_publisher on subscriptions.subscription (publisher_id, id desc);
create index subscription_customer on subscriptions.subscription (customer_tenant_id, id desc);
create index subscription_beneficiary on subscriptions.subscription (beneficiary_tenant_id, id desc);

-- Every term that was begun. A term cut short (trial left for a plan without trial) ends on the day before the next.
create table subscriptions.term (
  subscription uuid not null references subscriptions.subscription (id),
  index integer not null,
  start_date date not null,
  end_date date not null,
  term_unit text not null check (term_unit in ('P1M', 'P1Y')),
  is_free_trial boolean not null,
  plan_id text not null,
  quantity integer,
  unit_price numeric not null,
  currency text not null,
  -- Cancelled within the free period: not paid.
  reversed boolean not null default false,
  primary key (subscription, index)
);

create table subscriptions.operation (
  id uuid primary key,
  activity_id uuid not null,
  subscription uuid not null references subscriptions.subscription (id),
  action text not null check (action in ('ChangePlan', 'ChangeQuantity', 'Reinstate', 'Suspend', 'Unsubscribe', 'Renew')),
  -- Who asked: the marketplace side (customer, reseller, time, payment) or the publisher by API.
  source text not null check (source in ('marketplace', 'publisher')),
  status text not null check (status in ('NotStarted', 'InProgress', 'Succeeded', 'Failed', 'Conflict')),
  plan_id text not null,
  quantity integer,
  previous_plan_id text,
  previous_quantity integer,
  -- Agreement that takes effect when a plan change succeeds.
  target_agreement jsonb,
  requested_by jsonb not null,
  request_id text not null,
  created_at timestamptz not null,
  notified_at timestamptz,
  acknowledged_at timestamptz,
  deadline_at timestamptz,
  finished_at timestamptz,
  -- The rule that decided: see operation.ts.
  decided_by text,
  error_status_code text,
  error_message text,
  check ((status in ('Succeeded', 'Failed', 'Conflict')) = (finished_at is not null))
);
create index operation_subscription on subscriptions.operation (subscription, id);
create unique index operation_one_pending on subscriptions.operation (subscription) where status in ('NotStarted', 'InProgress');

create table subscriptions.landing_token (
  token_hash bytea primary key,
  subscription uuid not null references subscriptions.subscription (id),
  publisher_id text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index landing_token_subscription on subscriptions.landing_token (subscription);

-- One webhook to send: delivered in the order of seq within its subscription.
create table subscriptions.delivery (
  id uuid primary key,
  seq bigint not null generated always as identity,
  subscription uuid not null references subscriptions.subscription (id),
  operation uuid not null references subscriptions.operation (id),
  publisher_id text not null,
  offer uuid not null,
  action text not null,
  state text not null check (state in ('waiting', 'delivered', 'rejected', 'failed', 'stopped')),
  -- Attempts made or, where collapsed in a clock move, accounted for.
  attempts integer not null default 0,
  created_at timestamptz not null,
  first_attempt_at timestamptz,
  next_attempt_at timestamptz,
  finished_at timestamptz,
  -- Set on a delivery that was asked for again by hand.
  redelivery_of uuid,
  last_outcome text
);
create index delivery_waiting on subscriptions.delivery (subscription, seq) where state = 'waiting';
create index delivery_subscription on subscriptions.delivery (subscription, seq desc);
create index delivery_publisher on subscriptions.delivery (publisher_id, seq desc);

create table subscriptions.delivery_attempt (
  delivery uuid not null references subscriptions.delivery (id),
  number integer not null,
  at timestamptz not null,
  wall_at timestamptz not null,
  url text not null,
  request_headers jsonb not null,
  request_body text not null,
  status integer,
  response_headers jsonb,
  response_body text,
  -- Why there is no answer, as a sentence.
  error text,
  duration_ms integer,
  -- Stands for this many attempts that were not made because the endpoint had failed three times in the same clock move.
  collapsed integer not null default 0,
  primary key (delivery, number)
);

-- What happened to a subscription, for its time line.
create table subscriptions.history (
  id bigint not null generated always as identity primary key,
  subscription uuid not null references subscriptions.subscription (id),
  at timestamptz not null,
  wall_at timestamptz not null,
  kind text not null,
  by jsonb not null,
  operation uuid,
  data jsonb not null
);
create index history_subscription on subscriptions.history (subscription, id);
