-- Reading the call log: filters, search, and how long calls are kept.

-- What most look for. Others are found by looking through calls, newest first, as far as time allows.
create index calls_environment on calls (organization_id, environment_id, call_id desc)
    where environment_id is not null;
create index calls_model on calls (organization_id, model, call_id desc) where model is not null;
create index calls_key on calls (organization_id, key_id, call_id desc) where key_id is not null;
create index calls_user on calls (organization_id, "user", call_id desc) where "user" is not null;
create index calls_error on calls (organization_id, error_type, call_id desc)
    where error_type is not null;
create index calls_failed on calls (organization_id, call_id desc) where status >= 400;

-- The words of a call: of its request, its answer, and what went wrong. Of no language in particular.
create function call_words(request jsonb, response jsonb, error_type text, error_detail text)
    returns tsvector
    language sql immutable parallel safe
    as $$
        select to_tsvector('pg_catalog.simple', coalesce(request ->> 'text', '') || ' '
            || coalesce(response ->> 'text', '') || ' ' || coalesce(error_type, '') || ' '
            || coalesce(error_detail, ''))
    $$;
create index calls_words on calls
    using gin (call_words(request, response, error_type, error_detail));

-- Whether a call is as wanted; what `wanted` has no member for may be anything. The planner puts the
-- conditions into the query that asks, where those that are left use indexes.
create function call_is_wanted(c calls, wanted jsonb) returns boolean
    language sql stable parallel safe
    as $$
        select (wanted ->> 'endpoint' is null or c.endpoint_id = (wanted ->> 'endpoint')::uuid)
           and (wanted ->> 'environment' is null
                or c.environment_id = (wanted ->> 'environment')::uuid)
           and (wanted ->> 'key' is null or c.key_id = (wanted ->> 'key')::uuid)
           and (wanted ->> 'user' is null or c."user" = wanted ->> 'user')
           and (wanted ->> 'model' is null or c.model = wanted ->> 'model')
           and (wanted ->> 'provider' is null or c.provider = wanted ->> 'provider')
           and (wanted ->> 'source' is null or c.source = wanted ->> 'source')
           and (wanted ->> 'cache' is null or c.cache = wanted ->> 'cache')
           and (wanted ->> 'error_type' is null or c.error_type = wanted ->> 'error_type')
           and (wanted ->> 'min_status' is null or c.status >= (wanted ->> 'min_status')::integer)
           and (wanted ->> 'max_status' is null or c.status <= (wanted ->> 'max_status')::integer)
           and (wanted ->> 'min_cost' is null
                or c.cost_micro_usd >= (wanted ->> 'min_cost')::bigint)
           and (wanted ->> 'max_cost' is null
                or c.cost_micro_usd <= (wanted ->> 'max_cost')::bigint)
           and (wanted ->> 'min_us' is null or c.total_us >= (wanted ->> 'min_us')::bigint)
           and (wanted ->> 'max_us' is null or c.total_us <= (wanted ->> 'max_us')::bigint)
           and (wanted ->> 'text' is null
                or call_words(c.request, c.response, c.error_type, c.error_detail)
                    @@ websearch_to_tsquery('pg_catalog.simple', wanted ->> 'text'))
    $$;

-- A call as its record has it.
create function call_record(c calls) returns jsonb
    language sql stable parallel safe
    as $$
        select to_jsonb(c) || jsonb_build_object(
            'kind', 'promptpilot.call', 'v', 1, 'organization', c.organization_id,
            'environment', coalesce(
                (select n.name from environments n
                  where n.organization_id = c.organization_id and n.id = c.environment_id),
                c.source),
            'endpoint', coalesce(c.endpoint_id, '00000000-0000-0000-0000-000000000000'),
            'endpoint_version', coalesce(c.endpoint_version, 0),
            'deployment', coalesce(c.deployment_id, '00000000-0000-0000-0000-000000000000')
        )
    $$;

-- How long an organization's calls are kept.
alter table organizations
    add column calls_kept_days integer not null default 400
        check (calls_kept_days between 1 and 400);

-- Drops the months that nobody keeps any more; how many. It waits for nobody who reads: then it is
-- tried again later.
create function drop_calls_partitions() returns integer
    language plpgsql security definer
    set search_path = pg_catalog, public, pg_temp
    set timezone = 'UTC'
    set lock_timeout = '2s'
    as $$
declare
    longest integer;
    month record;
    dropped integer := 0;
begin
    -- The owner is bound by policies; this one it may pass.
    select max(calls_kept_days) into longest from organizations;
    for month in
        select c.oid::regclass as name, to_date(right(c.relname, 7), 'YYYY_MM') as first_day
          from pg_inherits i join pg_class c on c.oid = i.inhrelid
         where i.inhparent = 'public.calls'::regclass and c.relname ~ '^calls_[0-9]{4}_[0-9]{2}$'
    loop
        if month.first_day + interval '1 month' <= now() - make_interval(days => coalesce(longest, 400))
        then
            execute format('drop table %s', month.name);
            dropped := dropped + 1;
        end if;
    end loop;
    return dropped;
end
$$;
revoke execute on function drop_calls_partitions() from public;
grant execute on function drop_calls_partitions() to pp_system;

-- When a call began, by its id.
create function uuid_v7_time(id uuid) returns timestamptz
    language sql immutable strict parallel safe
    as $$
        select to_timestamp(
            ('x' || lpad(left(replace(id::text, '-', ''), 12), 16, '0'))::bit(64)::bigint / 1000.0)
    $$;
