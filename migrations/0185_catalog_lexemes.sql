-- Lists are answered from memory (docs/decisions/0020): rows hold what is looked for in a short form, and every change of
-- them is told in the order of commits. Columns without a value any more (search, head, title_words) stay for processes of the release before.
create table catalog.lexeme (
  id integer primary key generated always as identity,
  lexeme text not null unique
);

alter table catalog.product
  alter column search set default '',
  -- Four bytes each, the highest first: id of catalog.lexeme × 4 + where it occurs (3 title, 2 publisher and keywords, 1 summary, 0 description).
  add column lexemes bytea not null default '',
  alter column lexemes set storage external,
  set (toast_tuple_target = 2040);
drop index catalog.product_found;
drop index catalog.product_title_words;
drop index catalog.product_store;
drop index catalog.product_dollars;
drop index catalog.product_newest;

-- Offers whose rows have changed, in the order of commits.
create table catalog.change (
  seq bigint primary key generated always as identity,
  offer uuid not null
);

create function catalog.tell_changes() returns trigger language plpgsql as $$
declare
  last bigint;
begin
  -- One at a time until the end of the transaction: a number that is smaller is committed earlier.
  perform from catalog.state for update;
  insert into catalog.change (offer) select distinct offer from changed;
  select max(seq) into last from catalog.change;
  -- Whoever has missed more than these reads everything anew.
  delete from catalog.change where seq < last - 20000;
  return null;
end $$;

create trigger tell_insert after insert on catalog.product
  referencing new table as changed for each statement execute function catalog.tell_changes();
create trigger tell_update after update on catalog.product
  referencing new table as changed for each statement execute function catalog.tell_changes();
create trigger tell_delete after delete on catalog.product
  referencing old table as changed for each statement execute function catalog.tell_changes();
