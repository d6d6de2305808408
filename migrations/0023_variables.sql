-- Variables of environments: what all functions of one find in their own environment.
create table environment_variables (
    organization_id uuid not null,
    environment_id uuid not null,
    name text not null check (name ~ '^[A-Za-z][A-Za-z0-9_]{1,63}$'),
    value text not null check (octet_length(value) <= 2048),
    created_at timestamptz not null default now(),
    changed_at timestamptz not null default now(),
    primary key (organization_id, environment_id, name),
    foreign key (organization_id, environment_id)
        references environments (organization_id, id) on delete cascade
);
select protect_tenant_table('environment_variables');
grant select, insert, update, delete on environment_variables to pp_app;
grant select on environment_variables to pp_system;

create trigger audit after insert or update or delete on environment_variables
    for each row execute function audit('variable', '{}', '{}');
-- Who follows learns that there is another value, and asks for it.
create trigger tell after insert or update or delete on environment_variables
    for each row execute function tell(
    'variable',
    $$ select v.name, n.name as environment, v.changed_at as changed
         from (select ($1).*) v join environments n
           on n.organization_id = v.organization_id and n.id = v.environment_id $$
);

-- All of an environment's, by name; null where there are none.
create function variables_of(organization uuid, environment uuid) returns jsonb
    language sql stable
    as $$
        select jsonb_object_agg(name, value) from environment_variables
         where organization_id = organization and environment_id = environment
    $$;

-- Which ones a deployment's function was given, as a hash.
alter table deployments add column variables_hash text check (variables_hash ~ '^[0-9a-f]{64}$');

create function variables_hash(organization uuid, environment uuid) returns text
    language sql stable
    as $$ select encode(sha256(convert_to(variables_of(organization, environment)::text, 'UTF8')), 'hex') $$;
