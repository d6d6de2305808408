//! Tenants are separated by the database: promises of the schema, read from its own catalogue.

use sqlx::{AssertSqlSafe, Executor, PgConnection, Row};
use uuid::Uuid;

use crate::support::{Outcome, database::TestDatabase};

/// Tables that belong to the installation and not to an organization.
const SHARED: [&str; 3] = ["_sqlx_migrations", "pending_logins", "workers"];

/// Tables of what belongs to people, or of the organizations themselves.
const OWN: [&str; 9] = [
    "authenticators",
    "identities",
    "mailed_tokens",
    "organizations",
    "passwords",
    "recovery_codes",
    "sessions",
    "sign_in_challenges",
    "users",
];

async fn names(db: &mut PgConnection, sql: &'static str) -> Vec<String> {
    sqlx::query_scalar(sql).fetch_all(db).await.unwrap()
}

#[tokio::test]
async fn every_tenant_table_has_forced_row_level_security() -> Outcome {
    let database = TestDatabase::new().await?;
    let mut db = database.connect().await?;
    db.execute("select ensure_calls_partition(now())").await?;
    let open = names(
        &mut db,
        "select c.relname::text from pg_class c
          where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
            and not (c.relrowsecurity and c.relforcerowsecurity
                     and exists (select from pg_policy where polrelid = c.oid))
          order by 1",
    )
    .await;
    assert_eq!(open, SHARED);
    Ok(())
}

#[tokio::test]
async fn every_table_but_the_shared_ones_names_its_organization() -> Outcome {
    let database = TestDatabase::new().await?;
    let mut db = database.connect().await?;
    let without = names(
        &mut db,
        "select c.relname::text from pg_class c
          where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
            and not exists (select from pg_attribute a
                             where a.attrelid = c.oid and a.attname = 'organization_id')
          order by 1",
    )
    .await;
    let mut known = [&SHARED[..], &OWN].concat();
    known.sort_unstable();
    assert_eq!(without, known);
    Ok(())
}

#[tokio::test]
async fn foreign_keys_between_tenant_tables_carry_the_organization() -> Outcome {
    let database = TestDatabase::new().await?;
    let mut db = database.connect().await?;
    // Foreign keys ignore policies: one on an id alone could lead into another organization.
    let simple = names(
        &mut db,
        "select k.conrelid::regclass::text || ' → ' || k.confrelid::regclass::text
           from pg_constraint k
          where k.contype = 'f'
            and exists (select from pg_attribute a where a.attrelid = k.confrelid
                                                     and a.attname = 'organization_id')
            and not exists (
                select from unnest(k.conkey, k.confkey) as pair (mine, theirs)
                  join pg_attribute m on m.attrelid = k.conrelid and m.attnum = pair.mine
                  join pg_attribute t on t.attrelid = k.confrelid and t.attnum = pair.theirs
                 where m.attname = 'organization_id' and t.attname = 'organization_id')
          order by 1",
    )
    .await;
    assert_eq!(simple, Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn foreign_keys_are_indexed_and_points_in_time_have_a_zone() -> Outcome {
    let database = TestDatabase::new().await?;
    let mut db = database.connect().await?;
    let unindexed = names(
        &mut db,
        "select k.conrelid::regclass::text || ': ' || k.conname from pg_constraint k
          where k.contype = 'f' and k.conparentid = 0
            and not exists (
                select from pg_index i
                 where i.indrelid = k.conrelid and i.indpred is null
                   and (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey)
          order by 1",
    )
    .await;
    assert_eq!(unindexed, Vec::<String>::new());
    let zoneless = names(
        &mut db,
        "select a.attrelid::regclass::text || '.' || a.attname from pg_attribute a
           join pg_class c on c.oid = a.attrelid
          where c.relnamespace = 'public'::regnamespace and a.atttypid = 'timestamp'::regtype",
    )
    .await;
    assert_eq!(zoneless, Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn the_role_of_requests_owns_nothing_and_passes_no_policy() -> Outcome {
    let database = TestDatabase::new().await?;
    let mut db = database.connect().await?;
    let owned = names(
        &mut db,
        "select relname::text from pg_class where relowner = 'pp_app'::regrole
         union all select proname::text from pg_proc where proowner = 'pp_app'::regrole",
    )
    .await;
    assert_eq!(owned, Vec::<String>::new());
    let powers = names(
        &mut db,
        "select rolname::text from pg_roles
          where rolname = 'pp_app' and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb)
         union all select r.rolname::text from pg_roles r
          where r.rolname <> 'pp_app' and pg_has_role('pp_app', r.oid, 'member')",
    )
    .await;
    assert_eq!(powers, Vec::<String>::new());
    // What runs as the owner names the schemas that it looks in.
    let loose = names(
        &mut db,
        "select proname::text from pg_proc
          where pronamespace = 'public'::regnamespace and prosecdef
            and not coalesce(array_to_string(proconfig, ' ') like '%search_path=pg_catalog, public, pg_temp%', false)",
    )
    .await;
    assert_eq!(loose, Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn requests_see_their_own_organization_only() -> Outcome {
    let database = TestDatabase::new().await?;
    let mut db = database.connect().await?;
    let (ours, theirs) =
        (sign_up(&mut db, "a@example.com").await?, sign_up(&mut db, "b@example.com").await?);
    fill(&mut db, ours).await?;
    fill(&mut db, theirs).await?;
    db.execute("set role pp_app").await?;
    let tables = names(
        &mut db,
        "select c.relname::text from pg_class c
           join pg_attribute a on a.attrelid = c.oid and a.attname = 'organization_id'
          where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') order by 1",
    )
    .await;
    assert!(tables.len() > 12, "{tables:?}");
    for table in tables {
        let count = async |db: &mut PgConnection, organization: Option<Uuid>| {
            let mut transaction = sqlx::Connection::begin(db).await?;
            let set = organization.map(|id| id.to_string()).unwrap_or_default();
            sqlx::query("select set_config('app.org', $1, true)")
                .bind(set)
                .execute(&mut *transaction)
                .await?;
            let sql = format!(
                "select count(*), count(*) filter (where organization_id = $1) from {table}"
            );
            let row =
                sqlx::query(AssertSqlSafe(sql)).bind(ours).fetch_one(&mut *transaction).await?;
            Ok::<(i64, i64), sqlx::Error>((row.get(0), row.get(1)))
        };
        match count(&mut db, Some(ours)).await {
            Ok((all, own)) => assert_eq!(all, own, "{table} shows others' rows"),
            // Tables that requests have no business with, and partitions by their own name.
            Err(error) => {
                assert!(error.to_string().contains("permission denied"), "{table}: {error}");
            }
        }
        if let Ok((all, _)) = count(&mut db, None).await {
            assert_eq!(all, 0, "{table} shows rows without an organization");
        }
    }
    Ok(())
}

#[tokio::test]
async fn requests_cannot_write_into_another_organization() -> Outcome {
    let database = TestDatabase::new().await?;
    let mut db = database.connect().await?;
    let (ours, theirs) =
        (sign_up(&mut db, "a@example.com").await?, sign_up(&mut db, "b@example.com").await?);
    db.execute("set role pp_app").await?;
    sqlx::query("select set_config('app.org', $1, false)")
        .bind(ours.to_string())
        .execute(&mut db)
        .await?;
    let insert = "insert into endpoints (organization_id, id, name) values ($1, $2, 'x')";
    let refused = sqlx::query(insert).bind(theirs).bind(Uuid::now_v7()).execute(&mut db).await;
    assert!(refused.unwrap_err().to_string().contains("row-level security"));
    sqlx::query(insert).bind(ours).bind(Uuid::now_v7()).execute(&mut db).await?;
    Ok(())
}

#[tokio::test]
async fn signing_up_makes_an_organization_with_production() -> Outcome {
    let database = TestDatabase::new().await?;
    let mut db = database.connect().await?;
    let organization = sign_up(&mut db, "Jo.Doe@example.com").await?;
    let row = sqlx::query(
        "select o.slug, m.role, e.name from organizations o
           join memberships m on m.organization_id = o.id
           join environments e on e.organization_id = o.id where o.id = $1",
    )
    .bind(organization)
    .fetch_one(&mut db)
    .await?;
    assert!(row.get::<String, _>(0).starts_with("jo-doe-"));
    assert_eq!(
        (row.get::<String, _>(1), row.get::<String, _>(2)),
        ("owner".into(), "production".into())
    );
    Ok(())
}

#[tokio::test]
async fn a_newer_schema_is_refused_in_one_sentence() -> Outcome {
    let database = TestDatabase::new().await?;
    let mut db = database.connect().await?;
    db.execute(
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
         values (9999, 'from the future', true, '', 0)",
    )
    .await?;
    let refused = promptpilot_control_plane::migrate(&database.url()).await.unwrap_err();
    let text = refused.to_string();
    assert!(text.starts_with("the database has schema version 9999, newer than this program's "));
    assert!(text.ends_with(": use the newer promptpilot, or another data directory"), "{text}");
    Ok(())
}

#[tokio::test]
async fn migrating_twice_is_migrating_once() -> Outcome {
    let database = TestDatabase::empty().await?;
    promptpilot_control_plane::migrate(&database.url()).await?;
    promptpilot_control_plane::migrate(&database.url()).await?;
    Ok(())
}

/// Signs a user up and gives their organization.
async fn sign_up(db: &mut PgConnection, email: &str) -> Result<Uuid, sqlx::Error> {
    db.execute("set role pp_system").await?;
    let organization = sqlx::query_scalar(
        "with new as (insert into users (email, name) values ($1, 'Jo') returning id)
         select id from new",
    )
    .bind(email)
    .fetch_one(&mut *db)
    .await;
    let user: Uuid = organization?;
    let organization =
        sqlx::query_scalar("select organization_id from memberships where user_id = $1")
            .bind(user)
            .fetch_one(&mut *db)
            .await?;
    db.execute("reset role").await?;
    Ok(organization)
}

/// A row in every tenant table.
async fn fill(db: &mut PgConnection, organization: Uuid) -> Result<(), sqlx::Error> {
    let ids = format!(
        "select '{organization}'::uuid as o, gen_random_uuid() as endpoint,
                gen_random_uuid() as batch, gen_random_uuid() as deployment,
                gen_random_uuid() as prompt,
                (select id from environments where organization_id = '{organization}') as env"
    );
    db.execute("select ensure_calls_partition(now())").await?;
    db.execute(AssertSqlSafe(format!("create temporary table ids as {ids}"))).await?;
    for statement in [
        "insert into endpoints (organization_id, id, name) select o, endpoint, 'x' from ids",
        "insert into endpoint_versions (organization_id, id, endpoint_id, number, file, toml, definition)
         select o, gen_random_uuid(), endpoint, 1, 'x.toml', '', '{}' from ids",
        "insert into batches (organization_id, id, environment_id) select o, batch, env from ids",
        "insert into artifacts (organization_id, id, code_sha256, zip_bytes, binary_bytes, architecture, build_ms)
         select o, repeat('0', 64), '', 0, 0, 'x86_64', 0 from ids",
        "insert into deployments (organization_id, id, batch_id, endpoint_id, environment_id, version)
         select o, deployment, batch, endpoint, env, 1 from ids",
        "insert into deployment_transitions (organization_id, deployment_id, status)
         select o, deployment, 'queued' from ids",
        "insert into deployment_log (organization_id, deployment_id, seq, stage, level, text)
         select o, deployment, 1, 'queued', 'info', 'x' from ids",
        "insert into functions (organization_id, endpoint_id, environment_id, name)
         select o, endpoint, env, 'pp-' || endpoint from ids",
        "insert into releases (organization_id, endpoint_id, environment_id, deployment_id, kind)
         select o, endpoint, env, deployment, 'deploy' from ids",
        "insert into calls (organization_id, call_id, time, environment_id, endpoint_id, endpoint_name,
            endpoint_version, deployment_id, source, attempts, status, cache, tokens_in, tokens_out,
            tokens_cached, tokens_reasoning, estimated, saved_micro_usd, total_us, provider_us,
            overhead_us, backoff_us, repaired, cold_start, streaming, delivered, state_failed)
         select o, uuid_v7_floor(now()), now(), env, endpoint, 'x', 1, deployment, 'call', '[]', 200,
            'off', 0, 0, 0, 0, false, 0, 0, 0, 0, 0, false, false, false, 'unknown', '[]' from ids",
        "insert into api_keys (organization_id, id, name, test, hash, shown)
         select o, gen_random_uuid(), 'x', false, encode(sha256(o::text::bytea), 'hex'), 'pp_live_0707'
           from ids",
        "insert into access_tokens (organization_id, id, user_id, name, hash, shown)
         select o, gen_random_uuid(), (select user_id from memberships where organization_id = o), 'x',
                encode(sha256(o::text::bytea), 'hex'), 'pp_pat_07070' from ids",
        "insert into invitations (organization_id, id, hash, role, expires_at)
         select o, gen_random_uuid(), encode(sha256(o::text::bytea), 'hex'), 'viewer', now() from ids",
        "insert into prompts (organization_id, id, name, version, words)
         select o, prompt, 'x', 1, 'x' from ids",
        "insert into prompt_versions (organization_id, prompt_id, number, content, sha256)
         select o, prompt, 1, '{}', repeat('0', 64) from ids",
        "insert into prompt_labels (organization_id, prompt_id, label, version)
         select o, prompt, 'x', 1 from ids",
        "insert into prompt_label_moves (organization_id, prompt_id, label, to_version)
         select o, prompt, 'x', 1 from ids",
        "insert into label_rules (organization_id, label, role) select o, 'x', 'admin' from ids",
        "drop table ids",
    ] {
        db.execute(statement).await?;
    }
    Ok(())
}
