//! The audit log: every change, by whom, and nothing secret.

use promptpilot_control_plane::SignUps;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::Executor;

use crate::support::{
    Outcome,
    person::Person,
    pilot::{Pilot, echo},
};

/// Tables whose changes are told elsewhere, or are no person's doing.
const ELSEWHERE: [&str; 27] = [
    "artifacts",
    "audit_events",
    "authenticators",
    "batches",
    "budget_windows",
    "calls",
    "calls_begun",
    "data_keys",
    "deployment_credentials",
    "deployment_log",
    "deployment_transitions",
    "earlier_key_secrets",
    "earlier_tokens",
    "events",
    "events_swept",
    "functions",
    "idempotent_requests",
    "identities",
    "mailed_tokens",
    "prompt_label_moves",
    "rate_buckets",
    "recovery_codes",
    "remembered_answers",
    "repeated_calls",
    "sessions",
    "sign_in_challenges",
    "passwords",
];

#[tokio::test]
async fn every_table_that_people_change_is_audited() -> Outcome {
    let database = crate::support::database::TestDatabase::new().await?;
    let mut db = database.connect().await?;
    let silent: Vec<String> = sqlx::query_scalar(
        "select c.relname::text from pg_class c
          where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
            and not c.relispartition and c.relrowsecurity and c.relname <> 'users'
            and not exists (select from pg_trigger t
                             where t.tgrelid = c.oid and t.tgfoid = 'audit'::regproc)
          order by 1",
    )
    .fetch_all(&mut db)
    .await?;
    let mut known = ELSEWHERE;
    known.sort_unstable();
    assert_eq!(silent, known);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_does_is_told_with_their_name_and_without_secrets() -> Outcome {
    let pilot = Pilot::without_worker_with(|settings| settings.sign_ups = SignUps::Open).await?;
    let ada = Person::sign_up(&pilot, "ada").await?;
    let (_, key) = ada.post("/api/api-keys", json!({ "name": "website" })).await?;
    let secret = json!({ "provider": "openai", "secret": "sk-first-0123456789" });
    ada.send(Method::PUT, "/api/provider-credentials", secret).await?;
    let secret = json!({ "provider": "openai", "secret": "sk-second-0123456789" });
    ada.send(Method::PUT, "/api/provider-credentials", secret).await?;
    let toml = echo("hello", "Hello");
    let deploy = json!({ "definitions": [{ "file": "a.toml", "toml": toml }] });
    ada.post("/api/deployments", deploy).await?;
    ada.send(Method::DELETE, "/api/api-keys/website", json!({})).await?;

    let (status, page) = ada.get("/api/audit").await?;
    assert_eq!(status, 200, "{page}");
    let items = page["items"].as_array().unwrap();
    let told: Vec<String> = items
        .iter()
        .filter(|event| event["actor"] == "ada@example.com")
        .map(|event| {
            let word = |name: &str| event[name].as_str().unwrap_or("-").to_owned();
            format!("{} {} {}", word("action"), word("subject"), word("subject_name"))
        })
        .collect();
    assert_eq!(
        told,
        [
            "changed api-key website",
            "created deployment hello",
            "created endpoint-version hello",
            "created endpoint hello",
            "changed credential default",
            "created credential default",
            "created api-key website",
            "created member ada@example.com",
            "created environment production",
            "created organization ada",
        ]
    );
    let changed = &items.iter().find(|event| event["subject"] == "credential").unwrap();
    assert_eq!(changed["before"], json!({ "sealed": "***", "version": 1 }));
    assert_eq!(changed["after"], json!({ "sealed": "***", "version": 2 }));
    assert_eq!(changed["origin"]["via"], "session");
    assert!(changed["origin"]["request"].is_string() && changed["origin"]["address"].is_string());
    let all = page.to_string();
    let random = &key["key"].as_str().unwrap()["pp_live_".len() + 8..];
    assert!(!all.contains("0123456789") && !all.contains(random), "{all}");

    // Filters, and the export, tell the same.
    let (_, page) = ada.get("/api/audit?subject=api-key&limit=1").await?;
    assert_eq!(page["items"][0]["action"], "changed");
    let next = page["next"].as_str().unwrap();
    let (_, page) = ada.get(&format!("/api/audit?subject=api-key&after={next}")).await?;
    assert_eq!((page["items"].as_array().unwrap().len(), &page["next"]), (1, &Value::Null));
    let (_, nobody) = ada.get("/api/audit?actor=nobody@example.com").await?;
    assert_eq!(nobody["items"], json!([]));
    let request = pilot.client.get(format!("{}/api/audit/export", pilot.url));
    let export = request.header("cookie", &ada.cookie).send().await?;
    assert_eq!(export.headers()["content-type"], "application/x-ndjson");
    let export = export.text().await?;
    let lines: Vec<Value> =
        export.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines, *items);
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_changes_what_is_written() -> Outcome {
    let pilot = Pilot::without_worker_with(|settings| settings.sign_ups = SignUps::Open).await?;
    let ada = Person::sign_up(&pilot, "ada").await?;
    ada.post("/api/api-keys", json!({ "name": "website" })).await?;
    let mut db = pilot.database.connect().await?;
    for role in ["pp_app", "pp_system"] {
        db.execute(sqlx::AssertSqlSafe(format!("set role {role}"))).await?;
        for statement in [
            "update audit_events set actor = null",
            "delete from audit_events",
            "truncate audit_events",
            "insert into audit_events (organization_id, action, subject)
             select id, 'created', 'lie' from organizations",
        ] {
            let refused = db.execute(statement).await.unwrap_err().to_string();
            assert!(refused.contains("permission denied"), "{role} {statement}: {refused}");
        }
        db.execute("reset role").await?;
    }
    // With the organization it goes, and only with it.
    let me = json!({ "password": crate::support::person::PASSWORD });
    let (status, gone) = ada.send(Method::DELETE, "/api/me", me).await?;
    assert_eq!(status, 204, "{gone}");
    let left: i64 = sqlx::query_scalar(
        "select count(*) from audit_events a
          where not exists (select from organizations o where o.id = a.organization_id)",
    )
    .fetch_one(&mut db)
    .await?;
    assert_eq!(left, 0);
    pilot.stop().await
}
