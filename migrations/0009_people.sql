-- How people come in: passwords, sessions, access tokens, invitations.

-- The person of the current transaction: set_config('app.user', <id>, true).
create function app_user() returns uuid
    language sql stable parallel safe
    as $$ select nullif(current_setting('app.user', true), '')::uuid $$;

-- What belongs to one person and to no organization.
create function protect_personal_table(personal_table regclass) returns void
    language plpgsql
    as $$
begin
    execute format('alter table %s enable row level security', personal_table);
    execute format('alter table %s force row level security', personal_table);
    execute format(
        'create policy person on %s using (user_id = (select app_user()))
            with check (user_id = (select app_user()))',
        personal_table
    );
end
$$;
revoke execute on function protect_personal_table(regclass) from public;

-- People see themselves, also where no organization is meant. They may end their account, and with it
-- organizations that nobody else is in.
create policy self on users using (id = (select app_user())) with check (id = (select app_user()));
grant insert, delete on users, organizations to pp_app;

-- Two memberships of one transaction have an order, too: one's own organization comes first.
alter table memberships alter column created_at set default clock_timestamp();

-- Argon2id, as a PHC string.
create table passwords (
    user_id uuid primary key references users (id) on delete cascade,
    hash text not null check (hash like '$argon2id$%'),
    changed_at timestamptz not null default now()
);
select protect_personal_table('passwords');

create table sessions (
    user_id uuid not null references users (id) on delete cascade,
    id uuid not null,
    -- SHA-256 of what the cookie holds, in hexadecimal.
    hash text not null check (hash ~ '^[0-9a-f]{64}$'),
    address text,
    agent text,
    created_at timestamptz not null default now(),
    seen_at timestamptz not null default now(),
    expires_at timestamptz not null,
    primary key (user_id, id)
);
create unique index sessions_hash on sessions (hash);
select protect_personal_table('sessions');

-- For command lines and CI. A token acts for its person in its organization, as whatever they are
-- there when it is used.
create table access_tokens (
    organization_id uuid not null,
    id uuid not null,
    user_id uuid not null,
    name text not null check (length(name) between 1 and 100),
    -- SHA-256 in hexadecimal.
    hash text not null check (hash ~ '^[0-9a-f]{64}$'),
    -- Its beginning, by which people tell tokens apart.
    shown text not null check (length(shown) <= 16),
    created_at timestamptz not null default now(),
    used_at timestamptz,
    expires_at timestamptz,
    primary key (organization_id, id),
    foreign key (organization_id, user_id)
        references memberships (organization_id, user_id) on delete cascade
);
create unique index access_tokens_hash on access_tokens (hash);
create index access_tokens_user on access_tokens (organization_id, user_id, id desc);
select protect_tenant_table('access_tokens');

-- An invitation goes when it is accepted or taken back.
create table invitations (
    organization_id uuid not null references organizations (id) on delete cascade,
    id uuid not null,
    hash text not null check (hash ~ '^[0-9a-f]{64}$'),
    -- Whom it is for; null means whoever has the link.
    email text check (position('@' in email) > 1),
    role text not null check (role in ('owner', 'admin', 'developer', 'viewer')),
    invited_by uuid,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    primary key (organization_id, id),
    foreign key (organization_id, invited_by)
        references memberships (organization_id, user_id) on delete set null (invited_by)
);
create unique index invitations_hash on invitations (hash);
create index invitations_inviter on invitations (organization_id, invited_by);
select protect_tenant_table('invitations');

-- Command lines that wait for somebody to let them in. What they wait with becomes a token in the
-- moment somebody does, so it is kept as its hash alone. They belong to nobody yet.
create table pending_logins (
    code text primary key check (code ~ '^[A-Z]{8}$'),
    hash text not null check (hash ~ '^[0-9a-f]{64}$'),
    shown text not null check (length(shown) <= 16),
    name text not null check (length(name) between 1 and 100),
    address text,
    expires_at timestamptz not null
);
create index pending_logins_expiry on pending_logins (expires_at);

-- Look-ups before it is known who asks, or for which organization. The owner, as whom they run, is
-- bound by policies, too.
create policy look_up on users for select to pp_owner using (true);
create policy look_up on organizations for select to pp_owner using (true);
create policy look_up on memberships for select to pp_owner using (true);
create policy look_up on invitations for select to pp_owner using (true);
create policy look_up on sessions to pp_owner using (true);
create policy look_up on access_tokens to pp_owner using (true);

-- A session that was not seen for a week is over, whatever is left of its time. Being seen is noted
-- once a minute.
create function session_of(given text) returns table (session_id uuid, user_id uuid)
    language sql security definer
    set search_path = pg_catalog, public, pg_temp
    as $$
        update sessions s set seen_at = now()
         where s.hash = given and s.expires_at > now()
           and s.seen_at between now() - interval '7 days' and now() - interval '1 minute';
        select s.id, s.user_id from sessions s
         where s.hash = given and s.expires_at > now() and s.seen_at > now() - interval '7 days'
    $$;

-- Whoever holds what opens a session may end it.
create function end_session(given text) returns void
    language sql security definer
    set search_path = pg_catalog, public, pg_temp
    as $$ delete from sessions where hash = given $$;

create function token_of(given text)
    returns table (token_id uuid, user_id uuid, organization_id uuid)
    language sql security definer
    set search_path = pg_catalog, public, pg_temp
    as $$
        update access_tokens t set used_at = now()
         where t.hash = given and (t.expires_at is null or t.expires_at > now())
           and (t.used_at is null or t.used_at < now() - interval '1 minute');
        select t.id, t.user_id, t.organization_id from access_tokens t
         where t.hash = given and (t.expires_at is null or t.expires_at > now())
    $$;

create function user_of(address text) returns uuid
    language sql stable security definer
    set search_path = pg_catalog, public, pg_temp
    as $$ select id from users where lower(email) = lower(address) $$;

-- A person's organizations, the oldest membership first; only the one of a slug or id where it is
-- named.
create function memberships_of(person uuid, named text)
    returns table (organization_id uuid, slug text, name text, role text)
    language sql stable security definer
    set search_path = pg_catalog, public, pg_temp
    as $$
        select o.id, o.slug, o.name, m.role
          from memberships m join organizations o on o.id = m.organization_id
         where m.user_id = person and (named is null or o.slug = named or o.id::text = lower(named))
         order by m.created_at, o.id
    $$;

create function invitation_of(given text) returns table (invitation_id uuid, organization_id uuid)
    language sql stable security definer
    set search_path = pg_catalog, public, pg_temp
    as $$
        select i.id, i.organization_id from invitations i
         where i.hash = given and i.expires_at > now()
    $$;

revoke execute on function
    session_of(text), end_session(text), token_of(text), user_of(text),
    memberships_of(uuid, text), invitation_of(text)
    from public;
grant execute on function
    session_of(text), end_session(text), token_of(text), user_of(text),
    memberships_of(uuid, text), invitation_of(text)
    to pp_app;

-- No organization is left without an owner. Its row is held, so that two owners cannot make way for
-- one another at once.
create function keep_an_owner() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, public, pg_temp
    as $$
declare
    before text := coalesce(current_setting('app.org', true), '');
begin
    perform set_config('app.org', old.organization_id::text, true);
    perform from organizations where id = old.organization_id for no key update;
    if found and not exists (
        select from memberships where organization_id = old.organization_id and role = 'owner'
    ) then
        raise exception 'an organization has at least one owner' using errcode = 'PP001';
    end if;
    perform set_config('app.org', before, true);
    return null;
end
$$;
create trigger keep_an_owner after update or delete on memberships
    for each row when (old.role = 'owner') execute function keep_an_owner();

-- What refers to people and to environments is found when they go.
create index api_keys_creator on api_keys (organization_id, created_by);
create index batches_environment on batches (organization_id, environment_id);
create index deployments_environment on deployments (organization_id, environment_id);
create index deployments_requester on deployments (organization_id, requested_by);
create index deployments_version on deployments (organization_id, endpoint_id, version);
create index endpoint_versions_creator on endpoint_versions (organization_id, created_by);
create index functions_environment on functions (organization_id, environment_id);
create index functions_live on functions (organization_id, live_deployment_id);
create index releases_actor on releases (organization_id, by);

grant select, insert, update on passwords to pp_app;
grant select, insert, delete on sessions to pp_app;
grant select, insert, update, delete on invitations to pp_app;
grant select, insert, delete on access_tokens, pending_logins to pp_app;
grant select, insert, update, delete
    on passwords, sessions, access_tokens, invitations, pending_logins
    to pp_system;
