-- What is shown of a prompt stands in its row, kept there by whatever changes it.

alter table prompts
    add column message text,
    add column saved_by uuid,
    add column labels jsonb not null default '[]',
    -- Names of endpoints whose newest version uses it, or one that serves.
    add column used_by text[] not null default '{}',
    add foreign key (organization_id, saved_by)
        references memberships (organization_id, user_id) on delete set null (saved_by);
create index prompts_saver on prompts (organization_id, saved_by);
create or replace trigger audit after insert or update or delete on prompts
    for each row execute function
        audit('prompt', '{}', '{words,variables,revision,message,saved_by,labels,used_by}');

create function labels_changed() returns trigger
    language plpgsql
    as $$
declare
    of_organization uuid := coalesce(new.organization_id, old.organization_id);
    of_prompt uuid := coalesce(new.prompt_id, old.prompt_id);
begin
    -- Whoever changes another label meanwhile goes on when this is there to be seen.
    perform from prompts where organization_id = of_organization and id = of_prompt for no key update;
    update prompts set labels = (
        select coalesce(jsonb_agg(
                   jsonb_build_object('label', label, 'version', version) order by label), '[]')
          from prompt_labels where organization_id = of_organization and prompt_id = of_prompt)
     where organization_id = of_organization and id = of_prompt;
    return null;
end
$$;
create trigger shown after insert or update or delete on prompt_labels
    for each row execute function labels_changed();

create function users_of_prompt(of_organization uuid, of_prompt uuid) returns text[]
    language sql stable
    as $$
    select array(
        select distinct e.name
          from endpoint_versions u
          join endpoints e on e.organization_id = u.organization_id and e.id = u.endpoint_id
         where u.organization_id = of_organization and u.prompt_id = of_prompt
           and e.deleted_at is null
           and (not exists (
                    select from endpoint_versions newer
                     where newer.organization_id = u.organization_id
                       and newer.endpoint_id = u.endpoint_id and newer.number > u.number)
                or exists (
                    select from functions f
                      join deployments d on d.organization_id = f.organization_id
                                        and d.id = f.live_deployment_id
                     where f.organization_id = u.organization_id
                       and f.endpoint_id = u.endpoint_id and d.version = u.number))
         order by 1)
$$;

create function uses_changed() returns trigger
    language plpgsql
    as $$
declare
    of_endpoint uuid;
begin
    if tg_table_name = 'endpoints' then
        of_endpoint := new.id;
    else
        of_endpoint := new.endpoint_id;
    end if;
    -- One after the other in an organization: the next one sees what this one did.
    perform pg_advisory_xact_lock(hashtext('uses of prompts'), hashtext(new.organization_id::text));
    update prompts set used_by = users_of_prompt(organization_id, id)
     where organization_id = new.organization_id and id in (
         select prompt_id from endpoint_versions
          where organization_id = new.organization_id and endpoint_id = of_endpoint);
    return null;
end
$$;
create trigger uses after insert on endpoint_versions
    for each row execute function uses_changed();
create trigger uses after update of deleted_at, name on endpoints
    for each row execute function uses_changed();
create trigger uses_begun after insert on functions
    for each row when (new.live_deployment_id is not null) execute function uses_changed();
create trigger uses after update of live_deployment_id on functions
    for each row execute function uses_changed();

update prompts p
   set used_by = users_of_prompt(p.organization_id, p.id), message = v.message, saved_by = v.created_by,
       labels = (
           select coalesce(jsonb_agg(
                      jsonb_build_object('label', l.label, 'version', l.version) order by l.label), '[]')
             from prompt_labels l
            where l.organization_id = p.organization_id and l.prompt_id = p.id)
  from prompt_versions v
 where v.organization_id = p.organization_id and v.prompt_id = p.id and v.number = p.version;

drop view shown_prompts;
create view shown_prompts with (security_invoker = true) as
    select p.id, p.name, p.description, p.tags, p.version, p.revision, p.variables, p.labels,
           p.used_by, p.message, p.words, a.name as by,
           (select v.content from prompt_versions v
             where v.prompt_id = p.id and v.number = p.version
           ) as content,
           p.created_at as created, p.updated_at as updated, p.deleted_at as deleted,
           p.deleted_at is not null as is_deleted
      from prompts p
      left join users a on a.id = p.saved_by;
grant select on shown_prompts to pp_app, pp_system;
