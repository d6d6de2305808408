-- What a key opens, by its secret, or the one that it had before: the one look-up before it is known
-- which organization a program means.
create policy look_up on environments for select to pp_owner using (true);
drop function key_organization(text);
create function key_of(given text)
    returns table (
        organization_id uuid, id uuid, test boolean, slug text, environments text[], prompts uuid[],
        expires timestamptz, revoked boolean, budget_micro_usd bigint, budget_per text, rate integer)
    language plpgsql stable security definer
    set search_path = pg_catalog, public, pg_temp
    as $$
#variable_conflict use_column
begin
    return query
        select k.organization_id, k.id, k.test, o.slug,
               case when k.environments is not null then array(
                   select e.name from environments e
                    where e.organization_id = k.organization_id and e.id = any(k.environments)
               ) end,
               k.prompts, least(k.expires_at, s.ends_at), k.revoked_at is not null,
               k.budget_micro_usd, k.budget_per, k.rate
          from (select organization_id, id, null::timestamptz as ends_at
                  from api_keys where hash = given
                union all
                select organization_id, key_id, ends_at
                  from earlier_key_secrets where hash = given) s
          join api_keys k on k.organization_id = s.organization_id and k.id = s.id
          join organizations o on o.id = k.organization_id;
end
$$;
revoke execute on function key_of(text) from public;
grant execute on function key_of(text) to pp_app;
