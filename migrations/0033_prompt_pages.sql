-- What a page of prompts shows comes from their rows alone, in the order of an index.

-- The newest version's, found by its templates when it was saved.
alter table prompts add column variables text[] not null default '{}';
create or replace trigger audit after insert or update or delete on prompts
    for each row execute function audit('prompt', '{}', '{words,variables,revision}');

drop index prompts_deleted;
create index prompts_shown
    on prompts (organization_id, (deleted_at is not null), name, deleted_at desc);

drop view shown_prompts;
create view shown_prompts with (security_invoker = true) as
    select p.id, p.name, p.description, p.tags, p.version, p.revision, p.variables, v.content,
           (select coalesce(
                 jsonb_agg(jsonb_build_object('label', l.label, 'version', l.version)
                           order by l.label), '[]')
              from prompt_labels l where l.prompt_id = p.id
           ) as labels,
           array(
             select distinct e.name from endpoint_versions u
               join endpoints e on e.id = u.endpoint_id and e.deleted_at is null
              where u.prompt_id = p.id and (
                 not exists (select from endpoint_versions newer
                              where newer.endpoint_id = u.endpoint_id
                                and newer.number > u.number)
                 or exists (select from functions f
                              join deployments d on d.id = f.live_deployment_id
                             where f.endpoint_id = u.endpoint_id and d.version = u.number))
              order by 1
           ) as used_by,
           a.name as by, v.message, p.created_at as created, p.updated_at as updated,
           p.deleted_at as deleted
      from prompts p
      join prompt_versions v on v.prompt_id = p.id and v.number = p.version
      left join users a on a.id = v.created_by;
grant select on shown_prompts to pp_app, pp_system;
