create schema announcements;

-- News of the marketplace for those who sell and buy here, dated by the day on which it is shown first.
create table announcements.announcement (
  id uuid primary key,
  news_group text not null check (news_group in ('new-features', 'tax-updates', 'documentation-updates')),
  category text not null,
  text text not null,
  address text,
  audience text not null check (audience in ('everybody', 'publishers', 'customers')),
  on_day date not null,
  author text not null,
  at timestamptz not null,
  wall_at timestamptz not null,
  withdrawn_at timestamptz
);
create index announcement_day on announcements.announcement (on_day desc, id desc) where withdrawn_at is null;
