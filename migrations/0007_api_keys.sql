-- Keys that callers of endpoints carry. The key itself is kept nowhere.

create table api_keys (
    organization_id uuid not null references organizations (id) on delete cascade,
    id uuid not null,
    name text not null check (length(name) between 1 and 100),
    test boolean not null,
    -- SHA-256 in hexadecimal.
    hash text not null check (hash ~ '^[0-9a-f]{64}$'),
    -- Its beginning, by which people tell keys apart.
    shown text not null check (length(shown) <= 16),
    -- Null means all; an endpoint or environment that is deleted takes nothing else with it.
    endpoints uuid[],
    environments uuid[],
    created_by uuid,
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    revoked_at timestamptz,
    primary key (organization_id, id),
    foreign key (organization_id, created_by)
        references memberships (organization_id, user_id) on delete set null (created_by)
);
create unique index api_keys_hash on api_keys (hash);
-- The name of a revoked key is free again; its history stays.
create unique index api_keys_name on api_keys (organization_id, name) where revoked_at is null;
select protect_tenant_table('api_keys');

grant select, insert, update on api_keys to pp_app;
grant select, insert, update, delete on api_keys to pp_system;

-- Whose deployment this is: asked before the organization is known, by whoever has the deployment's
-- token. The owner is bound by policies, too, and sees the one row that it looks for.
create index deployments_id on deployments (id);
create policy look_up on deployments for select to pp_owner
    using (id = nullif(current_setting('app.deployment', true), '')::uuid);

create function deployment_organization(deployment uuid) returns uuid
    language plpgsql security definer
    set search_path = pg_catalog, public, pg_temp
    as $$
declare
    organization uuid;
begin
    perform set_config('app.deployment', deployment::text, true);
    select organization_id into organization from deployments where id = deployment;
    perform set_config('app.deployment', '', true);
    return organization;
end
$$;
revoke execute on function deployment_organization(uuid) from public;
grant execute on function deployment_organization(uuid) to pp_app;
