-- Who at an OpenID provider is whom here: by the provider's own name for them, which stays.
create table identities (
    user_id uuid not null references users (id) on delete cascade,
    id uuid not null,
    issuer text not null check (length(issuer) between 1 and 2000),
    subject text not null check (length(subject) between 1 and 255),
    linked_at timestamptz not null default now(),
    primary key (user_id, id),
    unique (issuer, subject)
);
select protect_personal_table('identities');
grant select, insert, delete on identities to pp_app, pp_system;

-- Whose identity it is; the owner, as whom it is looked up, is bound by policies, too.
create policy look_up on identities for select to pp_owner using (true);
create function identity_of(by_issuer text, of_subject text) returns uuid
    language sql stable security definer
    set search_path = pg_catalog, public, pg_temp
    as $$ select user_id from identities where issuer = by_issuer and subject = of_subject $$;
revoke execute on function identity_of(text, text) from public;
grant execute on function identity_of(text, text) to pp_app;

-- Another way to come in, and its end, are told wherever its person is, as another password is.
create function audit_identity() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, public, pg_temp
    as $$
declare
    who uuid := nullif(current_setting('app.actor', true), '');
    what jsonb := nullif(current_setting('app.origin', true), '');
    done text := case tg_op when 'DELETE' then 'deleted' else 'created' end;
    one identities := coalesce(new, old);
    told jsonb := jsonb_build_object('issuer', one.issuer);
begin
    insert into audit_events
        (organization_id, actor_id, actor, origin, action, subject, subject_id, subject_name,
         before, after)
    select m.organization_id, who, (select email from users where id = who), what,
           done, 'identity', u.id, u.email,
           case tg_op when 'DELETE' then told end, case tg_op when 'INSERT' then told end
      from memberships m join users u on u.id = m.user_id
     where m.user_id = one.user_id;
    return null;
end
$$;
revoke execute on function audit_identity() from public;
create trigger audit after insert or delete on identities
    for each row execute function audit_identity();
