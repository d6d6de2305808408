-- Organizations, the people in them, and what separates them from one another.
--
-- Run as pp_owner. pp_app serves requests and sees one organization; pp_system is the worker and
-- passes row-level security. The roles are made before the first migration.

-- The organization of the current transaction: set_config('app.org', <id>, true).
create function app_org() returns uuid
    language sql stable parallel safe
    as $$ select nullif(current_setting('app.org', true), '')::uuid $$;

-- Every tenant table gets the same protection. FORCE binds the owner, too.
create function protect_tenant_table(tenant_table regclass) returns void
    language plpgsql
    as $$
begin
    execute format('alter table %s enable row level security', tenant_table);
    execute format('alter table %s force row level security', tenant_table);
    execute format(
        'create policy tenant on %s using (organization_id = (select app_org()))
            with check (organization_id = (select app_org()))',
        tenant_table
    );
end
$$;

revoke execute on function protect_tenant_table(regclass) from public;

create table organizations (
    id uuid primary key default gen_random_uuid(),
    slug text not null unique check (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    name text not null check (length(name) between 1 and 200),
    created_at timestamptz not null default now()
);
alter table organizations enable row level security;
alter table organizations force row level security;
create policy tenant on organizations
    using (id = (select app_org())) with check (id = (select app_org()));

create table users (
    id uuid primary key default gen_random_uuid(),
    email text not null check (position('@' in email) > 1),
    name text not null check (length(name) between 1 and 200),
    created_at timestamptz not null default now()
);
create unique index users_email on users (lower(email));

create table memberships (
    organization_id uuid not null references organizations (id) on delete cascade,
    id uuid not null default gen_random_uuid(),
    user_id uuid not null references users (id) on delete cascade,
    role text not null check (role in ('owner', 'admin', 'developer', 'viewer')),
    created_at timestamptz not null default now(),
    primary key (organization_id, user_id),
    unique (organization_id, id)
);
create index memberships_user on memberships (user_id);
select protect_tenant_table('memberships');

-- A user is visible where they are a member.
alter table users enable row level security;
alter table users force row level security;
create policy tenant on users using (exists (
    select from memberships
    where memberships.user_id = users.id and memberships.organization_id = (select app_org())
));
-- Signing up comes before any membership.
create policy sign_up on users for insert to pp_owner with check (true);

create table environments (
    organization_id uuid not null references organizations (id) on delete cascade,
    id uuid not null default gen_random_uuid(),
    name text not null check (name ~ '^[a-z][a-z0-9-]{0,31}$'),
    created_at timestamptz not null default now(),
    primary key (organization_id, id),
    unique (organization_id, name)
);
select protect_tenant_table('environments');

-- Whoever makes an organization gets its production environment with it.
create function organization_created() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, public, pg_temp
    as $$
declare
    before text := coalesce(current_setting('app.org', true), '');
begin
    perform set_config('app.org', new.id::text, true);
    insert into environments (organization_id, name) values (new.id, 'production');
    perform set_config('app.org', before, true);
    return null;
end
$$;
create trigger organization_created after insert on organizations
    for each row execute function organization_created();

-- Signing up makes a default organization, in the database so that no path can forget it.
-- The caller's own organization is put back in the end.
create function user_signed_up() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, public, pg_temp
    as $$
declare
    before text := coalesce(current_setting('app.org', true), '');
    organization uuid := gen_random_uuid();
    stem text := trim(both '-' from
        regexp_replace(lower(split_part(new.email, '@', 1)), '[^a-z0-9]+', '-', 'g'));
begin
    perform set_config('app.org', organization::text, true);
    insert into organizations (id, slug, name)
        values (
            organization,
            concat_ws('-', nullif(left(stem, 40), ''), left(organization::text, 8)),
            new.name
        );
    insert into memberships (organization_id, user_id, role)
        values (organization, new.id, 'owner');
    perform set_config('app.org', before, true);
    return null;
end
$$;
create trigger user_signed_up after insert on users
    for each row execute function user_signed_up();

grant usage on schema public to pp_app, pp_system;
grant select, update on organizations to pp_app;
grant select on users to pp_app;
grant select, insert, update, delete on memberships, environments to pp_app;
grant select, insert, update, delete on organizations, users, memberships, environments
    to pp_system;
