-- Calls of a cent or more, which are few among many: whoever looks for dear ones finds them at once.
create index calls_dear on calls (organization_id, call_id desc) where cost_micro_usd >= 10000;
