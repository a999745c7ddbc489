-- What is private is given out by the page that knows who may read it, never at its public address.
alter table kernel.file add column private boolean not null default false;
