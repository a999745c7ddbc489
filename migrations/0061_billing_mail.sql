-- Who is told about documents: whoever accepted the newest agreement. Empty until the next agreement for what was bought before.
alter table billing.contract add column contact text not null default '';
-- When the mail about a document was written; a repeated job sends no second one.
alter table billing.invoice add column mailed_at timestamptz;
