-- Environments come and go; what happened in one that is gone stays.
alter table environments add column deleted_at timestamptz;
alter table environments drop constraint environments_organization_id_name_key;
create unique index environments_name on environments (organization_id, name)
    where deleted_at is null;

-- What was done in an organization, and by whom. The database writes it with each change, so that no
-- path can forget to; nobody may change or delete what is written.
create table audit_events (
    organization_id uuid not null references organizations (id) on delete cascade,
    position bigint not null generated always as identity,
    at timestamptz not null default clock_timestamp(),
    -- Who did it: null means the system itself. The address of mail stays when they have left.
    actor_id uuid,
    actor text,
    -- How and from where: {via, address, request}.
    origin jsonb,
    action text not null check (action in ('created', 'changed', 'deleted')),
    subject text not null,
    subject_id text,
    subject_name text,
    -- Of a change, what differs; secrets are masked.
    before jsonb,
    after jsonb,
    primary key (organization_id, position)
);
create index audit_events_subject on audit_events (organization_id, subject, position desc);
create index audit_events_actor on audit_events (organization_id, actor, position desc);
select protect_tenant_table('audit_events');
create policy written on audit_events for insert to pp_owner with check (true);
grant select on audit_events to pp_app, pp_system;

-- Who a row is about, in a word.
create function audit_name(row_data jsonb) returns text
    language plpgsql stable security definer
    set search_path = pg_catalog, public, pg_temp
    as $$
begin
    if row_data ? 'name' then
        return row_data ->> 'name';
    elsif row_data ? 'endpoint_id' then
        return (select name from endpoints where id = (row_data ->> 'endpoint_id')::uuid);
    elsif row_data ? 'user_id' then
        return (select email from users where id = (row_data ->> 'user_id')::uuid);
    end if;
    return row_data ->> 'email';
end
$$;
revoke execute on function audit_name(jsonb) from public;

-- A trigger's arguments: what a row is called, columns whose values are masked, columns that are
-- left out.
create function audit() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, public, pg_temp
    as $$
declare
    masked text[] := tg_argv[1];
    noise text[] := array[
        'organization_id', 'id', 'created_at', 'updated_at', 'changed_at', 'used_at', 'checked_at',
        'created_by', 'changed_by', 'invited_by', 'requested_by', 'by'
    ];
    old_row jsonb;
    new_row jsonb;
    whole jsonb;
    done text := case tg_op when 'INSERT' then 'created' when 'UPDATE' then 'changed' else 'deleted' end;
    organization uuid;
    outside text := coalesce(current_setting('app.org', true), '');
    who uuid := nullif(current_setting('app.actor', true), '');
    what jsonb := nullif(current_setting('app.origin', true), '');
    column_name text;
    -- What is left out is not even read: a text in it may hold U+0000, which jsonb does not take.
    read text := (
        select format('select to_jsonb(r) from (select %s) r', string_agg(format('($1).%I', attname), ', '))
          from pg_attribute
         where attrelid = tg_relid and attnum > 0 and not attisdropped
           and attname <> all (tg_argv[2]::text[])
    );
begin
    if tg_op <> 'INSERT' then
        execute read into old_row using old;
    end if;
    if tg_op <> 'DELETE' then
        execute read into new_row using new;
    end if;
    whole := coalesce(new_row, old_row);
    organization := coalesce(whole ->> 'organization_id', whole ->> 'id');
    old_row := old_row - noise;
    new_row := new_row - noise;
    -- What is marked as deleted is gone to whoever looks.
    if old_row ->> 'deleted_at' is null and new_row ->> 'deleted_at' is not null then
        done := 'deleted';
        new_row := null;
    elsif tg_op = 'UPDATE' then
        for column_name in select jsonb_object_keys(new_row) loop
            if old_row -> column_name = new_row -> column_name then
                old_row := old_row - column_name;
                new_row := new_row - column_name;
            end if;
        end loop;
        if new_row = '{}' then
            return null;
        end if;
    end if;
    foreach column_name in array masked loop
        if old_row ? column_name then
            old_row := jsonb_set(old_row, array[column_name], '"***"');
        end if;
        if new_row ? column_name then
            new_row := jsonb_set(new_row, array[column_name], '"***"');
        end if;
    end loop;
    perform set_config('app.org', organization::text, true);
    -- With an organization all of its history goes, too.
    if exists (select from organizations where id = organization) then
        insert into audit_events
            (organization_id, actor_id, actor, origin, action, subject, subject_id, subject_name,
             before, after)
        values (
            organization, who, (select email from users where id = who), what, done, tg_argv[0],
            coalesce(whole ->> 'id', whole ->> 'user_id'), audit_name(whole), old_row, new_row
        );
    end if;
    perform set_config('app.org', outside, true);
    return null;
end
$$;
revoke execute on function audit() from public;

create trigger audit after insert or update on organizations
    for each row execute function audit('organization', '{}', '{}');
create trigger audit after insert or update or delete on memberships
    for each row execute function audit('member', '{}', '{}');
create trigger audit after insert or update or delete on invitations
    for each row execute function audit('invitation', '{hash}', '{}');
create trigger audit after insert or update or delete on access_tokens
    for each row execute function audit('access-token', '{hash}', '{}');
create trigger audit after insert or update or delete on environments
    for each row execute function audit('environment', '{}', '{}');
create trigger audit after insert or update or delete on provider_credentials
    for each row execute function audit('credential', '{sealed}', '{refusal}');
create trigger audit after insert or update or delete on api_keys
    for each row execute function audit('api-key', '{hash}', '{}');
create trigger audit after insert or update or delete on endpoints
    for each row execute function audit('endpoint', '{}', '{}');
-- Texts have a history of their own.
create trigger audit after insert on endpoint_versions
    for each row execute function audit('endpoint-version', '{}', '{toml,definition}');
create trigger audit after insert on deployments
    for each row execute function audit('deployment', '{}',
        '{status,log_length,cancel_requested,artifact_id,fingerprint,function_name,function_version,error,finished_at}');
create trigger audit_cancel after update of cancel_requested on deployments
    for each row when (new.cancel_requested and not old.cancel_requested)
    execute function audit('deployment', '{}', '{log_length}');
create trigger audit after insert on releases
    for each row execute function audit('release', '{}', '{position,at}');
