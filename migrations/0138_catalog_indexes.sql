-- One index answers words and filters together: with two, the planner takes the filter's and reads the long text of each row for the words.
drop index catalog.product_search;
drop index catalog.product_facets;
create index product_found on catalog.product using gin (search, facets) with (fastupdate = off);
-- Read of every candidate, so it lies in the row. Rows written before are written anew at start.
alter table catalog.product alter column sold_in set storage main;
