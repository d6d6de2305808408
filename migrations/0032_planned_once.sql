-- Look-ups that every request begins with. A function in SQL that runs as its owner is planned anew at each
-- call; one in PL/pgSQL once for each connection.

-- A session that was not seen for a week is over, whatever is left of its time. Being seen is noted
-- once a minute.
create or replace function session_of(given text) returns table (session_id uuid, user_id uuid)
    language plpgsql security definer
    set search_path = pg_catalog, public, pg_temp
    as $$
declare
    seen timestamptz;
begin
    select s.id, s.user_id, s.seen_at into session_id, user_id, seen from sessions s
     where s.hash = given and s.expires_at > now() and s.seen_at > now() - interval '7 days';
    if not found then
        return;
    end if;
    if seen < now() - interval '1 minute' then
        update sessions s set seen_at = now() where s.hash = given;
    end if;
    return next;
end
$$;

create or replace function token_of(given text)
    returns table (token_id uuid, user_id uuid, organization_id uuid)
    language plpgsql security definer
    set search_path = pg_catalog, public, pg_temp
    as $$
declare
    used timestamptz;
begin
    select t.id, t.user_id, t.organization_id, t.used_at
      into token_id, user_id, organization_id, used from access_tokens t
     where t.hash = given and (t.expires_at is null or t.expires_at > now());
    if not found then
        return;
    end if;
    if used is null or used < now() - interval '1 minute' then
        update access_tokens t set used_at = now() where t.hash = given;
    end if;
    return next;
end
$$;

-- A person's organizations, the oldest membership first; only the one of a slug or id where it is
-- named.
create or replace function memberships_of(person uuid, named text)
    returns table (organization_id uuid, slug text, name text, role text)
    language plpgsql stable security definer
    set search_path = pg_catalog, public, pg_temp
    as $$
begin
    return query
        select o.id, o.slug, o.name, m.role
          from memberships m join organizations o on o.id = m.organization_id
         where m.user_id = person and (named is null or o.slug = named or o.id::text = lower(named))
         order by m.created_at, o.id;
end
$$;

create or replace function key_organization(given text) returns uuid
    language plpgsql stable security definer
    set search_path = pg_catalog, public, pg_temp
    as $$
begin
    return (
        select k.organization_id from api_keys k where k.hash = given
        union all
        select e.organization_id from earlier_key_secrets e where e.hash = given
        limit 1);
end
$$;

-- Prompts as they are shown: with their newest version, labels, and the endpoints that use them.
create view shown_prompts with (security_invoker = true) as
    select p.id, p.name, p.description, p.tags, p.version, p.revision, v.content,
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
