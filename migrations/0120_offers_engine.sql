-- What uploaded files are, by their content: checked once, when they come in or are first named in a section.
create table offers.media (
  hash text primary key,
  content_type text not null,
  bytes integer not null,
  width integer,
  height integer,
  -- of archives
  unpacked_bytes bigint,
  entries integer,
  created_at timestamptz not null
);

-- Earlier states of sections: the base of a merge when two people edit, and what an undo goes back to. The newest 50 of each are kept.
create table offers.section_revision (
  id uuid primary key,
  offer uuid not null references offers.offer (id),
  plan uuid references offers.plan (id),
  module text not null,
  variant text not null default '',
  revision integer not null,
  content jsonb not null,
  modified_at timestamptz not null,
  modified_by text not null,
  -- as it was then: for the person who finds that somebody else has saved
  modified_by_name text not null
);
create unique index section_revision_number on offers.section_revision (offer, plan, module, variant, revision) nulls not distinct;

-- A draft that was never published can be deleted; its offer ID is free again.
alter table offers.offer add column deleted_at timestamptz;
alter table offers.offer drop constraint offer_publisher_id_offer_id_key;
create unique index offer_publisher_id_offer_id_key on offers.offer (publisher_id, offer_id) where deleted_at is null;
