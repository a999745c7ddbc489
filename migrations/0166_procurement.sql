create schema procurement;

-- What an organisation wants to be asked about before its people buy. Without a row: nothing.
create table procurement.rule (
  tenant_id uuid primary key,
  -- A purchase or change whose term costs more than this waits for an approval; null: none does.
  approval_above numeric,
  currency text not null,
  -- Also what administrators buy themselves: another of them decides.
  administrators_too boolean not null,
  -- Only what is on the list may be bought.
  private_marketplace boolean not null,
  changed_at timestamptz not null,
  changed_by text not null,
  check (approval_above >= 0)
);

-- The list of a private marketplace. plan_id '': every plan of the offer.
create table procurement.allowed (
  tenant_id uuid not null,
  offer uuid not null,
  plan_id text not null,
  publisher_id text not null,
  offer_id text not null,
  offer_name text not null,
  plan_name text not null,
  added_at timestamptz not null,
  added_by text not null,
  primary key (tenant_id, offer, plan_id)
);

-- What somebody asked for, and what became of it.
create table procurement.request (
  id uuid primary key,
  tenant_id uuid not null,
  kind text not null check (kind in ('purchase', 'plan', 'seats')),
  state text not null check (state in ('waiting', 'approved', 'denied', 'withdrawn', 'completed', 'expired')),
  requester uuid not null,
  requester_email text not null,
  requester_name text not null,
  offer uuid not null,
  publisher_id text not null,
  offer_id text not null,
  offer_name text not null,
  plan_id text not null,
  plan_name text not null,
  term_unit text not null,
  quantity integer,
  -- the price of one term, as it was shown
  total numeric not null,
  currency text not null,
  -- why it needs an approval
  reasons text[] not null,
  note text not null,
  -- of a change: the subscription; of a purchase: what was bought in the end
  subscription uuid,
  asked_at timestamptz not null,
  decided_at timestamptz,
  decided_by uuid,
  decided_name text,
  answer text,
  -- a waiting one is dropped, an approved one is no longer good for a purchase
  expires_at timestamptz not null,
  check (kind = 'purchase' or subscription is not null)
);
create index request_tenant on procurement.request (tenant_id, id desc);
create index request_requester on procurement.request (requester, offer) where state in ('waiting', 'approved');
