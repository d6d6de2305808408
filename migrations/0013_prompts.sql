-- Prompts: named texts with versions, and labels that point at versions.

create table prompts (
    organization_id uuid not null references organizations (id) on delete cascade,
    id uuid not null,
    -- Folders are part of the name.
    name text not null
        check (length(name) <= 128 and name ~ '^[a-z][a-z0-9-]*(/[a-z][a-z0-9-]*)*$'),
    description text not null default '' check (length(description) <= 1000),
    tags text[] not null default '{}' check (cardinality(tags) <= 50),
    -- The newest one.
    version integer not null check (version > 0),
    -- Counts every change, so that an edit of what was seen earlier is known as such.
    revision bigint not null default 1,
    -- The newest version's texts in one, for the search.
    words text not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz,
    primary key (organization_id, id)
);
-- The name of a deleted prompt is free again; it can be restored while it is.
create unique index prompts_name on prompts (organization_id, name) where deleted_at is null;
create index prompts_deleted on prompts (organization_id, name, deleted_at desc)
    where deleted_at is not null;
create index prompts_tags on prompts using gin (tags);
select protect_tenant_table('prompts');

-- Never changed once written.
create table prompt_versions (
    organization_id uuid not null,
    prompt_id uuid not null,
    number integer not null check (number > 0),
    -- {prompt, model, values}. json, not jsonb: fields keep their order.
    content json not null,
    -- SHA-256 of the content in hexadecimal.
    sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
    created_by uuid,
    message text check (length(message) <= 1000),
    -- Where somebody went back: the version that this one equals.
    back_to integer,
    created_at timestamptz not null default now(),
    primary key (organization_id, prompt_id, number),
    foreign key (organization_id, prompt_id)
        references prompts (organization_id, id) on delete cascade,
    foreign key (organization_id, created_by)
        references memberships (organization_id, user_id) on delete set null (created_by)
);
create index prompt_versions_creator on prompt_versions (organization_id, created_by);
select protect_tenant_table('prompt_versions');

create table prompt_labels (
    organization_id uuid not null,
    prompt_id uuid not null,
    label text not null check (label ~ '^[a-z][a-z0-9-]{0,31}$' and label <> 'latest'),
    version integer not null,
    primary key (organization_id, prompt_id, label),
    foreign key (organization_id, prompt_id, version)
        references prompt_versions (organization_id, prompt_id, number) on delete cascade
);
create index prompt_labels_version on prompt_labels (organization_id, prompt_id, version);
select protect_tenant_table('prompt_labels');

-- Each time a label was set, moved, or taken away.
create table prompt_label_moves (
    organization_id uuid not null,
    prompt_id uuid not null,
    position bigint not null generated always as identity,
    label text not null,
    -- Null before it was there, and after it was taken away.
    from_version integer,
    to_version integer,
    by uuid,
    at timestamptz not null default clock_timestamp(),
    primary key (organization_id, prompt_id, position),
    foreign key (organization_id, prompt_id)
        references prompts (organization_id, id) on delete cascade,
    foreign key (organization_id, by)
        references memberships (organization_id, user_id) on delete set null (by)
);
create index prompt_label_moves_actor on prompt_label_moves (organization_id, by);
select protect_tenant_table('prompt_label_moves');

-- Which role a label takes to be moved, where that is another than usual.
create table label_rules (
    organization_id uuid not null references organizations (id) on delete cascade,
    label text not null check (label ~ '^[a-z][a-z0-9-]{0,31}$' and label <> 'latest'),
    role text not null check (role in ('owner', 'admin', 'developer', 'viewer')),
    primary key (organization_id, label)
);
select protect_tenant_table('label_rules');

-- An endpoint's version is its definition with the texts that the definition refers to: the same
-- definition with another version of its prompt is another version of the endpoint.
alter table endpoint_versions
    add column prompt_id uuid,
    add column prompt_version integer,
    -- What stands behind the `@`; null where the newest is meant.
    add column prompt_wanted text,
    add check ((prompt_id is null) = (prompt_version is null)),
    add foreign key (organization_id, prompt_id, prompt_version)
        references prompt_versions (organization_id, prompt_id, number)
        on delete set null (prompt_id, prompt_version);
create index endpoint_versions_prompt
    on endpoint_versions (organization_id, prompt_id, prompt_version);

-- A run of a prompt is a call that no endpoint stands behind.
alter table calls
    alter column environment_id drop not null,
    alter column endpoint_id drop not null,
    alter column endpoint_version drop not null,
    alter column deployment_id drop not null,
    add column prompt_id uuid,
    add column prompt_version integer,
    add constraint calls_made_by check (
        source in ('studio', 'prompt')
        or (environment_id is not null and endpoint_id is not null
            and endpoint_version is not null and deployment_id is not null)
    );
create index calls_prompt on calls (organization_id, prompt_id, call_id desc);

grant select, insert, update on prompts to pp_app;
grant select, insert on prompt_versions, prompt_label_moves to pp_app;
grant select, insert, update, delete on prompt_labels, label_rules to pp_app;
grant select, insert, update, delete
    on prompts, prompt_versions, prompt_labels, prompt_label_moves, label_rules
    to pp_system;
