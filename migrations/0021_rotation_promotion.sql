-- Keys get another secret and stay what they are; what was live in one environment goes to another.

-- When a key last got another secret, and until when an earlier one opens what it opens.
alter table api_keys add column rotated_at timestamptz, add column earlier_until timestamptz;

-- The earlier secrets of keys. What is done to the key holds for them, too.
create table earlier_key_secrets (
    organization_id uuid not null,
    key_id uuid not null,
    -- SHA-256 in hexadecimal.
    hash text not null check (hash ~ '^[0-9a-f]{64}$'),
    ends_at timestamptz not null,
    primary key (organization_id, key_id, hash),
    foreign key (organization_id, key_id)
        references api_keys (organization_id, id) on delete cascade
);
create unique index earlier_key_secrets_hash on earlier_key_secrets (hash);
select protect_tenant_table('earlier_key_secrets');
grant select, insert, update on earlier_key_secrets to pp_app;
grant select, insert, update, delete on earlier_key_secrets to pp_system;

-- Whose key this is, also by a secret that it had before.
create policy look_up on earlier_key_secrets for select to pp_owner using (true);
create or replace function key_organization(given text) returns uuid
    language sql stable security definer
    set search_path = pg_catalog, public, pg_temp
    as $$
        select k.organization_id from api_keys k where k.hash = given
        union all
        select e.organization_id from earlier_key_secrets e where e.hash = given
        limit 1
    $$;

-- The deployment whose artifact another one brings to its environment.
alter table deployments
    add column promoted_from uuid,
    add foreign key (organization_id, promoted_from)
        references deployments (organization_id, id) on delete set null (promoted_from);
create index deployments_promoted_from on deployments (organization_id, promoted_from);
