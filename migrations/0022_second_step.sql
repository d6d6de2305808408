-- The second step of signing in: the codes of an authenticator (RFC 6238), and others for who has lost it.
create table authenticators (
    user_id uuid primary key references users (id) on delete cascade,
    -- What its codes are made of, sealed with the installation's key.
    sealed bytea not null,
    begun_at timestamptz not null default now(),
    -- Since when a code is asked for; null until the first one was given.
    confirmed_at timestamptz,
    -- The time step of the last code that was taken: none of it, or of one before, is taken again.
    used_step bigint not null default 0,
    recovery_codes_made_at timestamptz,
    recovery_code_used_at timestamptz
);
select protect_personal_table('authenticators');

-- Each is good once.
create table recovery_codes (
    user_id uuid not null references authenticators (user_id) on delete cascade,
    -- SHA-256 in hexadecimal.
    hash text not null check (hash ~ '^[0-9a-f]{64}$'),
    primary key (user_id, hash)
);
select protect_personal_table('recovery_codes');

-- Those who gave the right password and have yet to give a code. It opens nothing but the second step.
create table sign_in_challenges (
    user_id uuid not null references users (id) on delete cascade,
    id uuid not null,
    -- SHA-256 in hexadecimal.
    hash text not null check (hash ~ '^[0-9a-f]{64}$'),
    expires_at timestamptz not null,
    primary key (user_id, id)
);
create unique index sign_in_challenges_hash on sign_in_challenges (hash);
select protect_personal_table('sign_in_challenges');

grant select, insert, update, delete on authenticators to pp_app, pp_system;
grant select, insert, delete on recovery_codes, sign_in_challenges to pp_app, pp_system;

-- Whose challenge it is; the owner, as whom it is looked up, is bound by policies, too.
create policy look_up on sign_in_challenges for select to pp_owner using (true);
create function sign_in_challenge_of(given text) returns uuid
    language sql stable security definer
    set search_path = pg_catalog, public, pg_temp
    as $$ select user_id from sign_in_challenges where hash = given and expires_at > now() $$;
revoke execute on function sign_in_challenge_of(text) from public;
grant execute on function sign_in_challenge_of(text) to pp_app;

-- An authenticator belongs to a person and to no organization; what becomes of it is told wherever they
-- are, as with passwords.
create function audit_authenticator() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, public, pg_temp
    as $$
declare
    who uuid := nullif(current_setting('app.actor', true), '');
    what jsonb := nullif(current_setting('app.origin', true), '');
    done text := 'changed';
    since jsonb;
begin
    if tg_op = 'DELETE' then
        done := 'deleted';
    elsif old.confirmed_at is null then
        done := 'created';
    elsif new.recovery_code_used_at is distinct from old.recovery_code_used_at then
        since := jsonb_build_object('recovery_code_used_at', new.recovery_code_used_at);
    else
        since := jsonb_build_object('recovery_codes_made_at', new.recovery_codes_made_at);
    end if;
    insert into audit_events
        (organization_id, actor_id, actor, origin, action, subject, subject_id, subject_name, after)
    select m.organization_id, who, (select email from users where id = who), what,
           done, 'authenticator', u.id, u.email, since
      from memberships m join users u on u.id = m.user_id
     where m.user_id = old.user_id;
    return null;
end
$$;
revoke execute on function audit_authenticator() from public;
create trigger audit
    after update of confirmed_at, recovery_codes_made_at, recovery_code_used_at on authenticators
    for each row when (new.confirmed_at is not null) execute function audit_authenticator();
create trigger audit_end after delete on authenticators
    for each row when (old.confirmed_at is not null) execute function audit_authenticator();
