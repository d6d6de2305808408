-- What a key may have spent on prompts in a period, and how many requests for them it may make a minute; null
-- means that nothing but what is set for all keys holds it.
alter table api_keys
    add column budget_micro_usd bigint check (budget_micro_usd > 0),
    add column budget_per text check (budget_per in ('second', 'minute', 'hour', 'day', 'month')),
    add column rate integer check (rate > 0),
    add constraint api_keys_budget_whole check ((budget_micro_usd is null) = (budget_per is null));
