-- Takes out of calls what is a person's, some of them at once; how many. The rows stay with their figures:
-- budgets are held against them, and a record that is delivered once more is known by its row.
create function erase_calls(person text, portion integer) returns bigint
    language plpgsql security definer
    set search_path = pg_catalog, public, pg_temp
    as $$
declare
    organization uuid := app_org();
    who uuid := nullif(current_setting('app.actor', true), '');
    what jsonb := nullif(current_setting('app.origin', true), '');
    erased bigint;
begin
    update calls c
       set "user" = null, request = null, response = null, metadata = null, error_detail = null,
           trace_id = null, country = null, platform_request_id = null
      from (select call_id from calls
             where organization_id = organization and "user" = person
             order by call_id limit portion for update) found
     where c.organization_id = organization and c.call_id = found.call_id;
    get diagnostics erased = row_count;
    -- The log does not keep what was just forgotten: who knows the user finds it by the hash.
    if erased > 0 then
        insert into audit_events
            (organization_id, actor_id, actor, origin, action, subject, subject_id, after)
        values (
            organization, who, (select email from users where id = who), what, 'deleted', 'calls',
            encode(sha256(convert_to(person, 'UTF8')), 'hex'), jsonb_build_object('calls', erased)
        );
    end if;
    return erased;
end
$$;
revoke execute on function erase_calls(text, integer) from public;
grant execute on function erase_calls(text, integer) to pp_app;
