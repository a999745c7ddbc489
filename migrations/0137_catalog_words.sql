-- A word typed with a slip is found by what both it and the word meant become without one or two of their letters: an exact look-up, where
-- likeness by common parts misses swapped letters.
alter table catalog.word add column variants text[] not null default '{}';
drop index catalog.word_similar;
create index word_variants on catalog.word using gin (variants);
