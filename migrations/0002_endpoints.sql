-- Endpoints, their versions, and what serves where.

create table endpoints (
    organization_id uuid not null references organizations (id) on delete cascade,
    id uuid not null,
    name text not null check (name ~ '^[a-z][a-z0-9-]{0,47}$'),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz,
    primary key (organization_id, id)
);
-- The name of a deleted endpoint is free again; its history stays.
create unique index endpoints_name on endpoints (organization_id, name)
    where deleted_at is null;
select protect_tenant_table('endpoints');

-- Never changed once written.
create table endpoint_versions (
    organization_id uuid not null,
    id uuid not null,
    endpoint_id uuid not null,
    number integer not null check (number > 0),
    file text not null,
    toml text not null,
    -- json, not jsonb: it keeps every text, U+0000 included.
    definition json not null,
    created_by uuid,
    message text,
    created_at timestamptz not null default now(),
    primary key (organization_id, endpoint_id, number),
    unique (organization_id, id),
    foreign key (organization_id, endpoint_id)
        references endpoints (organization_id, id) on delete cascade,
    foreign key (organization_id, created_by)
        references memberships (organization_id, user_id) on delete set null (created_by)
);
select protect_tenant_table('endpoint_versions');

grant select, insert, update on endpoints to pp_app;
grant select, insert on endpoint_versions to pp_app;
grant select, insert, update, delete on endpoints, endpoint_versions to pp_system;
