-- What an organization may spend in a period, by all of its endpoints and prompts; null means as much as it
-- likes.
alter table organizations
    add column budget_micro_usd bigint check (budget_micro_usd > 0),
    add column budget_per text check (budget_per in ('second', 'minute', 'hour', 'day', 'month')),
    -- Tells at this share of it.
    add column budget_soft double precision check (budget_soft > 0 and budget_soft <= 1),
    -- Whether calls beyond it are refused; else it only tells.
    add column budget_hard boolean not null default true,
    add constraint organizations_budget_whole
        check ((budget_micro_usd is null) = (budget_per is null));
