-- After the installation got another key: the tokens that functions were given before, as their hashes.
create table earlier_tokens (
    organization_id uuid not null,
    deployment_id uuid not null,
    -- SHA-256 in hexadecimal.
    hash text not null check (hash ~ '^[0-9a-f]{64}$'),
    primary key (organization_id, deployment_id),
    foreign key (organization_id, deployment_id)
        references deployments (organization_id, id) on delete cascade
);
select protect_tenant_table('earlier_tokens');
grant select on earlier_tokens to pp_app;
grant select, insert, update, delete on earlier_tokens to pp_system;
