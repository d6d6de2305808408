-- Changes of prompts are told of, too.

create or replace function audit_name(row_data jsonb) returns text
    language plpgsql stable security definer
    set search_path = pg_catalog, public, pg_temp
    as $$
declare
    prompt text;
begin
    if row_data ? 'name' then
        return row_data ->> 'name';
    elsif row_data ? 'endpoint_id' then
        return (select name from endpoints where id = (row_data ->> 'endpoint_id')::uuid);
    elsif row_data ? 'prompt_id' then
        prompt := (select name from prompts where id = (row_data ->> 'prompt_id')::uuid);
        return case when row_data ? 'label' then prompt || '@' || (row_data ->> 'label') else prompt end;
    elsif row_data ? 'user_id' then
        return (select email from users where id = (row_data ->> 'user_id')::uuid);
    end if;
    return coalesce(row_data ->> 'email', row_data ->> 'label');
end
$$;

create trigger audit after insert or update or delete on prompts
    for each row execute function audit('prompt', '{}', '{words,revision}');
-- Texts have a history of their own.
create trigger audit after insert on prompt_versions
    for each row execute function audit('prompt-version', '{}', '{content}');
create trigger audit after insert or update or delete on prompt_labels
    for each row execute function audit('prompt-label', '{}', '{}');
create trigger audit after insert or update or delete on label_rules
    for each row execute function audit('label-rule', '{}', '{}');
