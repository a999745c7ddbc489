-- A foreign key is checked row by row, which is most of the time of a month's run. The same rule, checked once a statement:
-- postings arrive in the database transaction of their header and never later. (Headers are never deleted: append-only.)
alter table billing.posting drop constraint posting_transaction_xid_fkey;

create function billing.check_header() returns trigger language plpgsql as $$
begin
  if exists (
    select from added a where not exists (select from billing.ledger_transaction t where t.id = a.transaction and t.xid = a.xid)
  ) then
    raise exception 'Postings arrive together with their ledger transaction, never later.' using errcode = 'integrity_constraint_violation';
  end if;
  return null;
end $$;
create trigger with_header after insert on billing.posting
  referencing new table as added for each statement execute function billing.check_header();
