-- The span that scheduled a piece of due work, as a W3C traceparent; null where nothing is traced or the work lies far ahead.
alter table kernel.due add column traceparent text;
