-- Terms that an organisation accepted by themselves, before or without a purchase: by whom and when. Once for each version.
create table checkout.acceptance (
  id uuid primary key,
  tenant_id uuid not null,
  offer uuid not null,
  publisher_id text not null,
  offer_id text not null,
  terms_version text not null,
  accepted_by jsonb not null,
  accepted_at timestamptz not null,
  wall_at timestamptz not null,
  unique (tenant_id, offer, terms_version)
);
