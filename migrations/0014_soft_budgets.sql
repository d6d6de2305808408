-- Budgets that tell before they are spent.

-- How much the last block was, so that whoever takes it learns its size; and how often, by a block,
-- the share was reached at which somebody wants to know: it is told the first time.
alter table budget_windows
    add column given bigint not null default 0,
    add column reached bigint not null default 0;

-- Budgets that came to that share in a call, in the definition's words.
alter table calls add column budget_reached jsonb not null default '[]';
