-- Calls that have begun and of whose end nothing is known yet. A call is taken out by its record, or by
-- what its platform reports where the process ended first; then it becomes a row of `calls`.
create table calls_begun (
    organization_id uuid not null,
    call_id uuid not null,
    deployment_id uuid not null,
    platform_request_id text,
    time timestamptz not null,
    source text not null,
    arrived_at timestamptz not null default clock_timestamp(),
    primary key (organization_id, call_id),
    foreign key (organization_id, deployment_id)
        references deployments (organization_id, id) on delete cascade
);
create index calls_begun_request on calls_begun (deployment_id, platform_request_id);
create index calls_begun_deployment on calls_begun (organization_id, deployment_id);
create index calls_begun_arrival on calls_begun (arrived_at);
select protect_tenant_table('calls_begun');

grant select, insert, delete on calls_begun to pp_system;
