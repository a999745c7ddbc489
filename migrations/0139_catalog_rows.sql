-- The words of a row lie in it: fetched from beside it they cost more than all the rest, which the planner does not see. Prices do not.
-- Rows written before are written anew at start.
alter table catalog.product
  alter column search set storage main,
  alter column starting_prices set storage external,
  set (toast_tuple_target = 4080);
