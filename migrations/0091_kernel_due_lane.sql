-- The first items of each kind and of each lane are found without reading the others.
create index if not exists due_kind on kernel.due (kind, at, seq);
create index if not exists due_lane on kernel.due (kind, lane, at, seq);
