-- One row a variant, so that looking one up is always a look-up. The column catalog.word.variants is no longer read.
create table catalog.variant (
  variant text not null,
  word text not null references catalog.word,
  primary key (variant, word)
);
drop index catalog.word_variants;
