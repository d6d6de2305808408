-- Workers are woken by what concerns them, and not by every change that is told of.
create or replace function deployment_changed() returns trigger
    language plpgsql
    as $$
begin
    perform pg_notify('promptpilot', 'deployments');
    return null;
end
$$;
