-- What is sent by mail: whoever has it can read what is sent to that address.
create table mailed_tokens (
    user_id uuid not null references users (id) on delete cascade,
    id uuid not null,
    purpose text not null check (purpose in ('reset', 'verify')),
    -- SHA-256 in hexadecimal.
    hash text not null check (hash ~ '^[0-9a-f]{64}$'),
    expires_at timestamptz not null,
    primary key (user_id, id)
);
create unique index mailed_tokens_hash on mailed_tokens (hash);
select protect_personal_table('mailed_tokens');
grant select, insert, delete on mailed_tokens to pp_app, pp_system;

-- When somebody showed that their address is theirs; null means never.
alter table users add column email_verified_at timestamptz;
grant update (email_verified_at) on users to pp_app;

-- Whose token it is; the owner, as whom it is looked up, is bound by policies, too.
create policy look_up on mailed_tokens for select to pp_owner using (true);
create function mailed_token_of(given text, meant text) returns uuid
    language sql stable security definer
    set search_path = pg_catalog, public, pg_temp
    as $$
        select user_id from mailed_tokens
         where hash = given and purpose = meant and expires_at > now()
    $$;
revoke execute on function mailed_token_of(text, text) from public;
grant execute on function mailed_token_of(text, text) to pp_app;

-- A password belongs to a person and to no organization; that it is another since is told wherever
-- they are.
create function audit_password() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, public, pg_temp
    as $$
declare
    who uuid := nullif(current_setting('app.actor', true), '');
    what jsonb := nullif(current_setting('app.origin', true), '');
begin
    insert into audit_events
        (organization_id, actor_id, actor, origin, action, subject, subject_id, subject_name)
    select m.organization_id, who, (select email from users where id = who), what,
           'changed', 'password', u.id, u.email
      from memberships m join users u on u.id = m.user_id
     where m.user_id = new.user_id;
    return null;
end
$$;
revoke execute on function audit_password() from public;
create trigger audit after update of hash on passwords
    for each row execute function audit_password();
