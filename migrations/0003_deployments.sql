-- The queue of deployments, and all that is known about each.

-- What is asked for at once goes live at once, or not at all. The batch is what a worker claims.
create table batches (
    organization_id uuid not null references organizations (id) on delete cascade,
    id uuid not null,
    environment_id uuid not null,
    -- Batches of one endpoint are numbered in the order they were committed, since each holds
    -- its endpoints' rows while it is written.
    position bigint not null generated always as identity,
    created_at timestamptz not null default now(),
    finished_at timestamptz,
    lease_holder text,
    lease_until timestamptz,
    attempts integer not null default 0,
    primary key (organization_id, id),
    foreign key (organization_id, environment_id)
        references environments (organization_id, id) on delete cascade
);
create unique index batches_position on batches (position);
create index batches_open on batches (position) where finished_at is null;
select protect_tenant_table('batches');

create table artifacts (
    organization_id uuid not null references organizations (id) on delete cascade,
    -- SHA-256 of all that went into the build.
    id text not null check (id ~ '^[0-9a-f]{64}$'),
    -- SHA-256 of the zip in base64, which is Lambda's CodeSha256.
    code_sha256 text not null,
    zip_bytes bigint not null,
    binary_bytes bigint not null,
    architecture text not null,
    build_ms bigint not null,
    created_at timestamptz not null default now(),
    primary key (organization_id, id)
);
select protect_tenant_table('artifacts');

create table deployments (
    organization_id uuid not null,
    id uuid not null,
    batch_id uuid not null,
    endpoint_id uuid not null,
    environment_id uuid not null,
    version integer not null,
    status text not null default 'queued' check (status in (
        'queued', 'checking', 'generating', 'building', 'publishing', 'verifying',
        'live', 'failed', 'cancelled', 'superseded'
    )),
    message text,
    requested_by uuid,
    cancel_requested boolean not null default false,
    -- What the stages have made so far.
    artifact_id text,
    fingerprint text,
    function_name text,
    function_version text,
    -- {stage, message, hint, pointer, location, internal}
    error jsonb,
    log_length bigint not null default 0,
    created_at timestamptz not null default now(),
    finished_at timestamptz,
    primary key (organization_id, id),
    foreign key (organization_id, batch_id)
        references batches (organization_id, id) on delete cascade,
    foreign key (organization_id, endpoint_id, version)
        references endpoint_versions (organization_id, endpoint_id, number) on delete cascade,
    foreign key (organization_id, environment_id)
        references environments (organization_id, id) on delete cascade,
    foreign key (organization_id, artifact_id)
        references artifacts (organization_id, id) on delete set null (artifact_id),
    foreign key (organization_id, requested_by)
        references memberships (organization_id, user_id) on delete set null (requested_by)
);
create index deployments_batch on deployments (organization_id, batch_id);
create index deployments_endpoint on deployments (organization_id, endpoint_id, id desc);
create index deployments_function on deployments (function_name, function_version)
    where function_version is not null;
create index deployments_artifact on deployments (organization_id, artifact_id);
select protect_tenant_table('deployments');

-- The secret of a deployment's function. No request reads it.
create table deployment_tokens (
    organization_id uuid not null,
    deployment_id uuid not null,
    token text not null,
    primary key (organization_id, deployment_id),
    foreign key (organization_id, deployment_id)
        references deployments (organization_id, id) on delete cascade
);
select protect_tenant_table('deployment_tokens');

-- Each change of a deployment's status, with its time.
create table deployment_transitions (
    organization_id uuid not null,
    deployment_id uuid not null,
    position bigint not null generated always as identity,
    status text not null,
    worker text,
    at timestamptz not null default clock_timestamp(),
    primary key (organization_id, deployment_id, position),
    foreign key (organization_id, deployment_id)
        references deployments (organization_id, id) on delete cascade
);
select protect_tenant_table('deployment_transitions');

create table deployment_log (
    organization_id uuid not null,
    deployment_id uuid not null,
    seq bigint not null,
    stage text not null,
    level text not null check (level in ('info', 'warn', 'error')),
    text text not null,
    at timestamptz not null default clock_timestamp(),
    primary key (organization_id, deployment_id, seq),
    foreign key (organization_id, deployment_id)
        references deployments (organization_id, id) on delete cascade
);
select protect_tenant_table('deployment_log');

-- The function of an endpoint in an environment, and which deployment its alias points at.
create table functions (
    organization_id uuid not null,
    endpoint_id uuid not null,
    environment_id uuid not null,
    name text not null,
    url text,
    live_deployment_id uuid,
    updated_at timestamptz not null default now(),
    -- When it was removed at the target because nothing led to it.
    swept_at timestamptz,
    primary key (organization_id, endpoint_id, environment_id),
    foreign key (organization_id, endpoint_id)
        references endpoints (organization_id, id) on delete cascade,
    foreign key (organization_id, environment_id)
        references environments (organization_id, id) on delete cascade,
    foreign key (organization_id, live_deployment_id)
        references deployments (organization_id, id) on delete set null (live_deployment_id)
);
create unique index functions_name on functions (name);
select protect_tenant_table('functions');

-- Each time an alias moved: what served, and since when.
create table releases (
    organization_id uuid not null,
    endpoint_id uuid not null,
    environment_id uuid not null,
    position bigint not null generated always as identity,
    deployment_id uuid not null,
    kind text not null check (kind in ('deploy', 'rollback')),
    by uuid,
    at timestamptz not null default clock_timestamp(),
    primary key (organization_id, endpoint_id, environment_id, position),
    foreign key (organization_id, endpoint_id, environment_id)
        references functions (organization_id, endpoint_id, environment_id) on delete cascade,
    foreign key (organization_id, deployment_id)
        references deployments (organization_id, id) on delete cascade,
    foreign key (organization_id, by)
        references memberships (organization_id, user_id) on delete set null (by)
);
create index releases_deployment on releases (organization_id, deployment_id);
select protect_tenant_table('releases');

-- Processes that work on the queue. They belong to the installation, not to an organization.
create table workers (
    id text primary key,
    builder_warm boolean not null default false,
    started_at timestamptz not null default now(),
    seen_at timestamptz not null default now()
);

-- A wake-up and nothing more: listeners look for themselves at what changed.
create function deployment_changed() returns trigger
    language plpgsql
    as $$
begin
    perform pg_notify('promptpilot', tg_table_name);
    return null;
end
$$;
create trigger batch_queued after insert on batches
    for each statement execute function deployment_changed();
create trigger deployment_moved after insert on deployment_transitions
    for each statement execute function deployment_changed();

grant select, insert, update on batches, deployments, functions to pp_app;
grant select, insert on deployment_transitions, deployment_log, releases to pp_app;
grant select on artifacts, workers to pp_app;
grant select, insert, update, delete
    on batches, artifacts, deployments, deployment_tokens, deployment_transitions,
        deployment_log, functions, releases, workers
    to pp_system;
