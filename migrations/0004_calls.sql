-- The call log: one row per call, in the record's own names.

-- The least UUIDv7 of an instant.
create function uuid_v7_floor(instant timestamptz) returns uuid
    language sql immutable strict parallel safe
    as $$
        select (lpad(to_hex((extract(epoch from instant) * 1000)::bigint), 12, '0')
            || repeat('0', 20))::uuid
    $$;

-- Partitioned by call id, which is time. Arrival has its own order: a call's id is made when it
-- begins, its record comes when it ended. Readers who follow take rows whose transaction is below
-- pg_snapshot_xmin(pg_current_snapshot()), since transactions end in another order than they began.
create table calls (
    organization_id uuid not null references organizations (id) on delete cascade,
    call_id uuid not null,
    arrived_xact bigint not null default (pg_current_xact_id()::text::bigint),
    arrived_at timestamptz not null default clock_timestamp(),
    time timestamptz not null,
    platform_request_id text,
    environment_id uuid not null,
    endpoint_id uuid not null,
    endpoint_name text not null,
    endpoint_version integer not null,
    deployment_id uuid not null,
    key_id uuid,
    source text not null,
    provider text,
    model text,
    model_answered text,
    attempts jsonb not null,
    status integer not null,
    error_type text,
    error_detail text,
    finish text,
    cache text not null,
    tokens_in bigint not null,
    tokens_out bigint not null,
    tokens_cached bigint not null,
    tokens_reasoning bigint not null,
    estimated boolean not null,
    cost_micro_usd bigint,
    saved_micro_usd bigint not null,
    total_us bigint not null,
    provider_us bigint not null,
    first_token_us bigint,
    overhead_us bigint not null,
    backoff_us bigint not null,
    request jsonb,
    response jsonb,
    repaired boolean not null,
    "user" text,
    metadata jsonb,
    trace_id text,
    country text,
    cold_start boolean not null,
    streaming boolean not null,
    delivered text not null,
    state_failed jsonb not null,
    primary key (organization_id, call_id)
) partition by range (call_id);
create index calls_endpoint on calls (organization_id, endpoint_id, call_id desc);
create index calls_arrival on calls (organization_id, arrived_xact, call_id);
select protect_tenant_table('calls');

-- Makes the partition of a month. A parent's policies do not hold for a partition that is read
-- by its own name, so each gets them, and nobody but the owner gets a grant.
create function ensure_calls_partition(instant timestamptz) returns void
    language plpgsql security definer
    set search_path = pg_catalog, public, pg_temp
    set timezone = 'UTC'
    as $$
declare
    first_day timestamptz := date_trunc('month', instant);
    partition_name text := 'calls_' || to_char(first_day, 'YYYY_MM');
begin
    if to_regclass('public.' || partition_name) is not null then
        return;
    end if;
    perform pg_advisory_xact_lock(hashtext('ensure_calls_partition'));
    if to_regclass('public.' || partition_name) is not null then
        return;
    end if;
    execute format(
        'create table public.%I partition of public.calls for values from (%L) to (%L)',
        partition_name,
        public.uuid_v7_floor(first_day),
        public.uuid_v7_floor(first_day + interval '1 month')
    );
    perform public.protect_tenant_table(format('public.%I', partition_name)::regclass);
    execute format('revoke all on public.%I from public, pp_app, pp_system', partition_name);
end
$$;
revoke execute on function ensure_calls_partition(timestamptz) from public;
grant execute on function ensure_calls_partition(timestamptz) to pp_system;

grant select on calls to pp_app;
grant select, insert, update, delete on calls to pp_system;
