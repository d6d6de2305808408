-- Budgets that tell before they are spent, and blocks of theirs that never came back.

-- How much the last block was, so that whoever takes it learns its size, and when it was given; and how
-- often, by a block, the share was reached at which somebody wants to know: it is told the first time.
-- When the records of calls told last what was really spent.
alter table budget_windows
    add column given bigint not null default 0,
    add column given_at timestamptz not null default now(),
    add column reached bigint not null default 0,
    add column reconciled_at timestamptz;
create index budget_windows_given_at on budget_windows (given_at);

-- Budgets that came to that share in a call, in the definition's words.
alter table calls add column budget_reached jsonb not null default '[]';
