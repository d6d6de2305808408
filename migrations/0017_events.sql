-- What pages follow: changes, written in the transaction of the change, and read in the order in which
-- transactions can be read without overlooking one: (pg_current_xact_id(), sequence), and only below
-- pg_snapshot_xmin(pg_current_snapshot()), since transactions end in another order than they began.
--
-- This is no history. Rows are swept after a while; what was done by whom, the audit log tells.

create table events (
    organization_id uuid not null references organizations (id) on delete cascade,
    xact bigint not null default (pg_current_xact_id()::text::bigint),
    sequence bigint not null generated always as identity,
    at timestamptz not null default clock_timestamp(),
    -- What it happened to, and what happened, such as `prompt.saved`.
    type text not null check (type ~ '^[a-z_]+[.][a-z_]+$'),
    subject_id text,
    subject_name text,
    -- Who did it: null means the system itself.
    actor_id uuid,
    -- What lists show of it, in the API's words.
    data jsonb not null,
    primary key (organization_id, xact, sequence)
);
create index events_at on events (at);
select protect_tenant_table('events');
create policy written on events for insert to pp_owner with check (true);
grant select on events to pp_app;
grant select, delete on events to pp_system;

-- The last event of an organization that was swept: whoever has seen less has missed something.
create table events_swept (
    organization_id uuid primary key references organizations (id) on delete cascade,
    xact bigint not null,
    sequence bigint not null
);
select protect_tenant_table('events_swept');
grant select on events_swept to pp_app;
grant select, insert, update on events_swept to pp_system;

-- One wake-up a transaction, whatever changed in it: the database drops those that are alike.
create or replace function deployment_changed() returns trigger
    language plpgsql
    as $$
begin
    perform pg_notify('promptpilot', '');
    return null;
end
$$;

-- Tells of a change. A trigger's arguments: what kind of thing changed; a query over the row, `($1)`,
-- that reads what may be told of it, its `id` and `name` among it; and words for what happened, where
-- they are others than `created`, `changed`, `deleted` and `restored`: of an `insert`, or of an update
-- that changed a member of what is told, the first one that did. A word with a colon is a member's.
--
-- What the query does not name is told to nobody.
create function tell() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, public, pg_temp
    set timezone = 'UTC'
    as $$
declare
    words json := coalesce(tg_argv[2], '{}');
    read text := format('select to_jsonb(told) from (%s) told', tg_argv[1]);
    owner text := case tg_table_name when 'organizations' then 'id' else 'organization_id' end;
    outside text := coalesce(current_setting('app.org', true), '');
    organization uuid;
    was jsonb;
    is_now jsonb;
    told jsonb;
    word text;
begin
    if tg_op = 'DELETE' then
        execute format('select ($1).%I', owner) into organization using old;
    else
        execute format('select ($1).%I', owner) into organization using new;
    end if;
    -- With an organization all that is told of it goes, too.
    if not exists (select from organizations where id = organization) then
        return null;
    end if;
    perform set_config('app.org', organization::text, true);
    if tg_op <> 'INSERT' then
        execute read into was using old;
    end if;
    if tg_op <> 'DELETE' then
        execute read into is_now using new;
    end if;
    perform set_config('app.org', outside, true);
    told := coalesce(is_now, was);
    if tg_op = 'INSERT' then
        word := coalesce(words ->> 'insert', 'created');
    elsif tg_op = 'DELETE' then
        word := 'deleted';
    elsif was - 'updated' = is_now - 'updated' then
        return null;
    elsif was ->> 'deleted' is distinct from is_now ->> 'deleted' then
        word := case when is_now ->> 'deleted' is null then 'restored' else 'deleted' end;
    else
        select w.word into word from json_each_text(words) with ordinality as w (member, word, place)
         where member <> 'insert' and was -> member is distinct from is_now -> member
         order by place limit 1;
        word := coalesce(word, 'changed');
    end if;
    if word like ':%' then
        word := told ->> substr(word, 2);
    end if;
    insert into events (organization_id, type, subject_id, subject_name, actor_id, data)
    values (
        organization, tg_argv[0] || '.' || word, told ->> 'id', told ->> 'name',
        nullif(current_setting('app.actor', true), '')::uuid, told - array['id', 'name']
    );
    perform pg_notify('promptpilot', '');
    return null;
end
$$;
revoke execute on function tell() from public;

create trigger tell after update on organizations for each row execute function tell(
    'organization', $$ select ($1).id, ($1).name, ($1).slug $$
);
create trigger tell after insert or update or delete on memberships for each row execute function tell(
    'member',
    $$ select m.user_id as id, u.name, u.email, m.role, m.created_at as since
         from (select ($1).*) m left join users u on u.id = m.user_id $$
);
create trigger tell after insert or delete on invitations for each row execute function tell(
    'invitation', $$ select ($1).id, ($1).email, ($1).role, ($1).expires_at as expires $$
);
create trigger tell after insert or update or delete on environments for each row execute function tell(
    'environment',
    $$ select ($1).id, ($1).name, ($1).created_at as created, ($1).deleted_at as deleted $$
);
create trigger tell after insert or update or delete on provider_credentials
    for each row execute function tell(
    'credential',
    $$ select c.id, c.name, c.provider, n.name as environment, c.shown, c.version,
              c.created_at as created, c.changed_at as changed, c.checked_at as checked, c.refusal
         from (select ($1).*) c left join environments n
           on n.organization_id = c.organization_id and n.id = c.environment_id $$,
    '{"version": "changed", "checked": "checked"}'
);
create trigger tell after insert or update or delete on api_keys for each row execute function tell(
    'key',
    $$ select k.id, k.name, k.shown, k.test, k.created_at as created, k.expires_at as expires,
              k.revoked_at as revoked,
              (select array_agg(e.name order by e.name) from endpoints e
                where e.organization_id = k.organization_id and e.id = any (k.endpoints)) as endpoints,
              (select array_agg(n.name order by n.name) from environments n
                where n.organization_id = k.organization_id and n.id = any (k.environments))
                as environments
         from (select ($1).*) k $$,
    '{"revoked": "revoked"}'
);
create trigger tell after insert or update or delete on prompts for each row execute function tell(
    'prompt',
    $$ select ($1).id, ($1).name, ($1).description, ($1).tags, ($1).version,
              ($1).created_at as created, ($1).updated_at as updated, ($1).deleted_at as deleted $$,
    '{"insert": "saved", "version": "saved"}'
);
create trigger tell after insert on prompt_label_moves for each row execute function tell(
    'prompt',
    $$ select p.id, p.name, m.label, m.from_version as "from", m.to_version as "to"
         from (select ($1).*) m join prompts p
           on p.organization_id = m.organization_id and p.id = m.prompt_id $$,
    '{"insert": "label_moved"}'
);
create trigger tell after insert or update or delete on label_rules for each row execute function tell(
    'label_rule', $$ select ($1).label as id, ($1).label as name, ($1).role $$
);
create trigger tell after insert or update or delete on endpoints for each row execute function tell(
    'endpoint', $$ select ($1).id, ($1).name, ($1).created_at as created, ($1).deleted_at as deleted $$
);
-- The definition stays unread: it may have characters that jsonb does not take.
create trigger tell after insert on endpoint_versions for each row execute function tell(
    'endpoint',
    $$ select e.id, e.name, v.number as version, v.message, v.created_at as updated
         from (select ($1).*) v join endpoints e
           on e.organization_id = v.organization_id and e.id = v.endpoint_id $$,
    '{"insert": "saved"}'
);
create trigger tell after insert on releases for each row execute function tell(
    'endpoint',
    $$ select e.id, e.name, n.name as environment, d.version, d.id as deployment, r.kind, f.url
         from (select ($1).*) r
         join endpoints e on e.organization_id = r.organization_id and e.id = r.endpoint_id
         join environments n on n.organization_id = r.organization_id and n.id = r.environment_id
         join deployments d on d.organization_id = r.organization_id and d.id = r.deployment_id
         join functions f on f.organization_id = r.organization_id
          and f.endpoint_id = r.endpoint_id and f.environment_id = r.environment_id $$,
    '{"insert": "released"}'
);
-- Each step of a deployment.
create trigger tell after insert on deployment_transitions for each row execute function tell(
    'deployment',
    $$ select d.id, e.name, n.name as environment, d.version, t.status, d.batch_id as batch,
              d.message, d.error, d.created_at as created,
              d.finished_at as finished
         from (select ($1).*) t
         join deployments d on d.organization_id = t.organization_id and d.id = t.deployment_id
         join endpoints e on e.organization_id = d.organization_id and e.id = d.endpoint_id
         join environments n on n.organization_id = d.organization_id and n.id = d.environment_id $$,
    '{"insert": ":status"}'
);
