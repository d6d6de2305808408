//! What row-level security itself takes of a read. The statements that the server sends are run under the tables'
//! policies and, in turn, by a role that passes them, which reads views in the tables' places: each compares the
//! organization as a program would that had to think of it by itself. Rows, parameters and plans' caching are
//! the same, so the rest is the policies'.

use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{Result, ensure};
use promptpilot_tests::Pilot;
use serde_json::Value;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, Postgres};

use crate::table::{Table, median, ms};

const READS: usize = 2_000;
/// Before them: these plan and warm, and are not counted.
const WARM: usize = 200;
const ANY: Option<&str> = None;

/// Views of one organization's rows, under the tables' names, and the view that reads begin at above them.
const PLAIN: &str = "create schema plain;
    do $$
    declare
        own uuid := (select organization_id from prompts limit 1);
        shown text := pg_get_viewdef('shown_prompts'::regclass);
        held text;
    begin
        for held in select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid
                     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
                       and not c.relispartition and c.relrowsecurity and a.attname = 'organization_id'
        loop
            execute format('create view plain.%I as select * from public.%I
                             where organization_id = %L', held, held, own);
        end loop;
        perform set_config('search_path', 'plain,public', true);
        execute 'create view plain.shown_prompts as ' || shown;
    end $$;
    grant usage on schema plain to pp_system;
    grant select on all tables in schema plain to pp_system";

/// Beside the p50 of a page of prompts and of a prompt over HTTP, in milliseconds.
pub(super) async fn measure(
    pilot: &Pilot,
    prompt: &str,
    [page, one]: [f64; 2],
    table: &mut Table,
) -> Result<()> {
    pilot.sql(PLAIN).await?;
    let organization = pilot.sql("select organization_id from prompts limit 1").await?;
    let seen = format!("begin read only; set local app.org = '{}'", organization.trim());
    let mut guarded = (open(pilot, "pp_app", "public").await?, seen);
    let mut plain = (open(pilot, "pp_system", "plain,public").await?, "begin read only".into());
    for (what, statement, named, whole) in [
        ("a page of prompts", "order by shown_prompts.name, shown_prompts.deleted", None, page),
        ("a prompt", "where shown_prompts.name = $1", Some(prompt), one),
    ] {
        let statement = of_the_server(statement)?;
        let (mut with, mut without) = (vec![], vec![]);
        for turn in 0..WARM + READS {
            let (took, rows) = read(&mut guarded, &statement, named).await?;
            let (took_plain, rows_plain) = read(&mut plain, &statement, named).await?;
            ensure!(rows > 0 && rows == rows_plain, "{what}: {rows} rows, and {rows_plain} plain");
            if turn >= WARM {
                with.push(took);
                without.push(took_plain);
            }
        }
        let share = 100.0 * (median(with) - median(without)) / whole;
        table.at_most(&format!("row-level security's share of {what}"), "%", share, 10.0);
    }
    pilot.sql("drop schema plain cascade").await.map(drop)
}

/// A connection as one of the server's pool, which plans each statement once.
async fn open(pilot: &Pilot, role: &str, path: &str) -> Result<PgConnection> {
    let options = PgConnectOptions::new()
        .socket(pilot.data().join("postgres"))
        .username("promptpilot")
        .password(&fs::read_to_string(pilot.data().join("postgres.key"))?)
        .database("promptpilot")
        .options([("role", role), ("search_path", path)])
        .options([("plan_cache_mode", "force_generic_plan")]);
    Ok(options.connect().await?)
}

/// The one statement of the server's with these words in it.
fn of_the_server(words: &str) -> Result<String> {
    let mut found = Vec::new();
    for file in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.sqlx"))? {
        let kept: Value = serde_json::from_slice(&fs::read(file?.path())?)?;
        found.extend(kept["query"].as_str().filter(|it| it.contains(words)).map(str::to_owned));
    }
    ensure!(found.len() == 1, "{} statements have `{words}`", found.len());
    Ok(found.remove(0))
}

/// One transaction that reads: how long it took, in milliseconds, and how many rows there were.
async fn read(
    (db, begin): &mut (PgConnection, String),
    statement: &str,
    named: Option<&str>,
) -> Result<(f64, usize)> {
    let began = Instant::now();
    db.execute(AssertSqlSafe(begin.as_str())).await?;
    let rows = asked(statement, named).fetch_all(&mut *db).await?;
    db.execute("rollback").await?;
    Ok((ms(began.elapsed()), rows.len()))
}

fn asked<'q>(statement: &str, named: Option<&'q str>) -> Query<'q, Postgres, PgArguments> {
    let query = sqlx::query(AssertSqlSafe(statement));
    let Some(name) = named else {
        return query.bind(false).bind(ANY).bind(ANY).bind(ANY).bind(21_i64).bind(false);
    };
    query.bind(name)
}
