-- Keys that execute prompts, too.

-- Null means all, as it does for endpoints; keys that were there before open none.
alter table api_keys add column prompts uuid[] default '{}';

-- Whose key this is: asked before the organization is known, by whoever shows the key.
create policy look_up on api_keys for select to pp_owner using (true);
create function key_organization(given text) returns uuid
    language sql stable security definer
    set search_path = pg_catalog, public, pg_temp
    as $$ select k.organization_id from api_keys k where k.hash = given $$;
revoke execute on function key_organization(text) from public;
grant execute on function key_organization(text) to pp_app;
