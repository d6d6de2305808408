-- Keys of providers that organizations keep with us.

-- What an organization's secrets are sealed with. It is itself sealed with the installation's key.
create table data_keys (
    organization_id uuid primary key references organizations (id) on delete cascade,
    sealed bytea not null
);
select protect_tenant_table('data_keys');

create table provider_credentials (
    organization_id uuid not null references organizations (id) on delete cascade,
    id uuid not null,
    provider text not null check (length(provider) between 1 and 32),
    name text not null check (name ~ '^[a-z0-9-]{1,48}$'),
    -- Null means every environment that has none of this name for itself.
    environment_id uuid,
    -- Counts how often the secret was changed.
    version integer not null default 1 check (version > 0),
    sealed bytea not null,
    -- Its last characters, by which people tell keys apart.
    shown text not null check (length(shown) <= 4),
    changed_by uuid,
    created_at timestamptz not null default now(),
    changed_at timestamptz not null default now(),
    used_at timestamptz,
    checked_at timestamptz,
    -- What the provider said against it at the last check; null means nothing.
    refusal text,
    primary key (organization_id, id),
    foreign key (organization_id, environment_id)
        references environments (organization_id, id) on delete cascade,
    foreign key (organization_id, changed_by)
        references memberships (organization_id, user_id) on delete set null (changed_by)
);
create unique index provider_credentials_name
    on provider_credentials (organization_id, provider, name, environment_id) nulls not distinct;
create index provider_credentials_environment
    on provider_credentials (organization_id, environment_id);
create index provider_credentials_changer on provider_credentials (organization_id, changed_by);
select protect_tenant_table('provider_credentials');

-- Which secrets a deployment's function was given. A credential that is gone is remembered here.
create table deployment_credentials (
    organization_id uuid not null,
    deployment_id uuid not null,
    provider text not null,
    name text not null,
    credential_id uuid not null,
    version integer not null,
    primary key (organization_id, deployment_id, provider, name),
    foreign key (organization_id, deployment_id)
        references deployments (organization_id, id) on delete cascade
);
create index deployment_credentials_name
    on deployment_credentials (organization_id, provider, name);
select protect_tenant_table('deployment_credentials');

-- Asked for by nobody: the same version once more, with the credentials of today.
alter table deployments add column renewal boolean not null default false;

grant select, insert, update on data_keys to pp_app, pp_system;
grant select, insert, update, delete on provider_credentials to pp_app;
grant select on deployment_credentials to pp_app;
grant select, insert, update, delete on provider_credentials, deployment_credentials to pp_system;
