-- Months whose usage events were taken out of the database: where they went, and that it was all of them.
create table metering.archived_month (
  month date primary key,
  events bigint not null,
  quantity numeric not null,
  -- Name of the file and the checksum of its bytes.
  file text not null,
  sha256 text not null,
  -- Market time.
  archived_at timestamptz not null,
  -- When the month's table was dropped; until then the archive is unfinished and is taken up again.
  dropped_at timestamptz
);
