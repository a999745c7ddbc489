-- Whom to write to about a directory that a seller made here.
alter table directory.tenant add column contact_email text;
