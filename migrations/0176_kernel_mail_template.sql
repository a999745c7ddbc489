-- How the operator has changed a mail: its subject, and what stands around its text.
create table kernel.mail_template (
  template text primary key,
  subject text not null,
  body text not null,
  changed_by text not null,
  wall_at timestamptz not null
);
