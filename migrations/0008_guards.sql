-- What guards calls, kept for the functions of deployed endpoints.

-- A bucket of calls is full again at `full_at`, in microseconds since 1970; each call moves that on.
create table rate_buckets (
    organization_id uuid not null references organizations (id) on delete cascade,
    bucket text not null check (length(bucket) <= 300),
    full_at bigint not null,
    primary key (organization_id, bucket)
);
select protect_tenant_table('rate_buckets');
create index rate_buckets_full_at on rate_buckets (full_at);
grant select, insert, update, delete on rate_buckets to pp_app, pp_system;

-- Calls that may be made again by their `Idempotency-Key`. Without an answer the first is at work.
create table repeated_calls (
    organization_id uuid not null references organizations (id) on delete cascade,
    key text not null check (length(key) <= 300),
    -- Hash of the request.
    request text not null check (length(request) <= 64),
    answer text,
    -- A call that is at work longer than this has died.
    expires_at timestamptz not null,
    primary key (organization_id, key)
);
select protect_tenant_table('repeated_calls');
create index repeated_calls_expires_at on repeated_calls (expires_at);
grant select, insert, update, delete on repeated_calls to pp_app, pp_system;

create table remembered_answers (
    organization_id uuid not null references organizations (id) on delete cascade,
    key text not null check (key ~ '^[0-9a-f]{64}$'),
    answer text not null,
    expires_at timestamptz not null,
    primary key (organization_id, key)
);
select protect_tenant_table('remembered_answers');
create index remembered_answers_expires_at on remembered_answers (expires_at);
grant select, insert, update, delete on remembered_answers to pp_app, pp_system;

-- Money handed out of a budget in a window of time: blocks that processes hold, and what was spent.
create table budget_windows (
    organization_id uuid not null references organizations (id) on delete cascade,
    bucket text not null check (length(bucket) <= 300),
    -- Both in seconds since 1970.
    begins bigint not null,
    ends bigint not null,
    -- In micro-USD.
    taken bigint not null,
    primary key (organization_id, bucket, begins)
);
select protect_tenant_table('budget_windows');
create index budget_windows_ends on budget_windows (ends);
grant select, insert, update, delete on budget_windows to pp_app, pp_system;
