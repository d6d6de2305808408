-- Requests that carry an Idempotency-Key, with their answers, for a day.

create table idempotent_requests (
    organization_id uuid not null,
    user_id uuid not null,
    key text not null check (length(key) between 1 and 255),
    -- SHA-256 of method, path, query and body.
    fingerprint bytea not null,
    -- Sealed; null while the request is under way.
    answer bytea,
    created_at timestamptz not null default now(),
    taken_at timestamptz not null default now(),
    primary key (organization_id, user_id, key),
    foreign key (organization_id, user_id)
        references memberships (organization_id, user_id) on delete cascade
);
create index idempotent_requests_age on idempotent_requests (organization_id, created_at);
select protect_tenant_table('idempotent_requests');

grant select, insert, update, delete on idempotent_requests to pp_app, pp_system;
