-- The operator who acted in a person's place; the record's principal is that person.
alter table kernel.audit add column impersonator_id text, add column impersonator_name text;
create index audit_principal on kernel.audit (principal_id, id);
create index audit_action on kernel.audit (action, id);
