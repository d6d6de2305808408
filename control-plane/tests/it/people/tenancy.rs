//! Others' ids are worth nothing: every operation with an id in its path, tried with the one of
//! another organization.

use std::collections::BTreeMap;

use promptpilot_control_plane::SignUps;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

use crate::support::{
    Failure, Outcome,
    person::{PASSWORD, Person, kind},
    pilot::{Pilot, echo},
};

#[tokio::test(flavor = "multi_thread")]
async fn an_id_of_another_organization_is_none_and_nothing_changes() -> Outcome {
    let pilot = Pilot::without_worker_with(|settings| settings.sign_ups = SignUps::Open).await?;
    let theirs = Person::sign_up(&pilot, "theirs").await?;
    let ids = fill(&pilot, &theirs).await?;
    let ours = Person::sign_up(&pilot, "ours").await?;
    let mut db = pilot.database.connect().await?;
    let organization: Uuid = theirs.me["organizations"][0]["id"].as_str().unwrap().parse()?;
    let before = rows(&mut db, organization).await?;
    assert!(before.values().filter(|rows| !rows.is_empty()).count() > 8, "{before:?}");

    // Where what is theirs would be brought to.
    assert_eq!(ours.post("/api/environments", json!({ "name": "staging" })).await?.0, 201);
    let document = pilot.client.get(format!("{}/api/openapi.json", pilot.url)).send().await?;
    let document: Value = document.json().await?;
    let mut tried = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        let own = path.replace("{organization}", ours.organization());
        // Codes of logins are for whoever knows them; a rule about a label is made by naming it; below
        // `/v1` nobody comes in but by a key.
        let elsewhere = ["/api/label-rules/", "/v1/"].iter().any(|it| own.starts_with(it));
        let by_id = !own.contains("{code}") && !elsewhere;
        let Some((stem, rest)) = own.split_once('{').filter(|_| by_id) else {
            continue;
        };
        let after = rest.split_once('}').unwrap().1;
        let after = after.replace("{version}", "1").replace("{label}", "staging");
        let stem = stem.replace(ours.organization(), "…");
        let id = ids.get(&*stem).unwrap_or_else(|| panic!("what is an id of `{path}`?"));
        let path = format!("{}{id}{after}", own.split_once('{').unwrap().0);
        for method in item.as_object().unwrap().keys() {
            let method: Method = method.to_uppercase().parse()?;
            let body = match (&method, &*stem) {
                (&Method::PATCH, "/api/organizations/…/members/") => json!({ "role": "viewer" }),
                (_, "/api/me/identities/") => json!({ "password": PASSWORD }),
                _ if after == "/try" => json!({ "request": {} }),
                _ if after == "/variables" => json!({ "variables": { "REGION": "eu" } }),
                _ if after == "/promote" => json!({ "from": "production", "to": "staging" }),
                _ => json!({}),
            };
            let refused = ours.send(method.clone(), &path, body).await?;
            // What the installation's own token opens is closed to whoever is in an organization.
            let wanted = if stem.starts_with("/api/installation/") { 401 } else { 404 };
            assert_eq!(kind(&refused).0, wanted, "{method} {path}: {}", refused.1);
            tried += 1;
        }
    }
    assert!(tried >= 14, "{tried}");
    assert_eq!(rows(&mut db, organization).await?, before);
    assert_eq!(theirs.get("/api/me").await?.0, 200);
    pilot.stop().await
}

/// Something of every kind in somebody's organization: its id, by where it is found.
async fn fill(pilot: &Pilot, who: &Person) -> Result<BTreeMap<&'static str, String>, Failure> {
    let org = who.organization();
    let made = async |path: &str, body: Value| {
        let (status, made) = who.post(path, body).await?;
        assert!((200..300).contains(&status), "{path}: {made}");
        Ok::<Value, Failure>(made)
    };
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let definition = json!({ "definitions": [{ "file": "a.toml", "toml": echo("theirs", "x") }] });
    let deployed = made("/api/deployments", definition).await?;
    let prompt = json!({ "name": "theirs", "content": { "prompt": { "template": "Hi" } } });
    made("/api/prompts", prompt).await?;
    let label = who.send(Method::PUT, "/api/prompts/theirs/labels/staging", json!({})).await?;
    assert_eq!(label.0, 200, "{}", label.1);
    let rule = json!({ "role": "admin" });
    assert_eq!(who.send(Method::PUT, "/api/label-rules/theirs", rule).await?.0, 200);
    let model = json!({ "provider": "sandbox", "name": "echo" });
    let variant = json!({ "prompt": { "use": "theirs" }, "model": model });
    let ran = made("/api/llm/execute", json!({ "variants": [variant] })).await?;
    let key = made("/api/api-keys", json!({ "name": "theirs" })).await?;
    made("/api/environments", json!({ "name": "theirs" })).await?;
    let secret = json!({ "provider": "openai", "secret": "sk-theirs" });
    let (status, credential) = who.send(Method::PUT, "/api/provider-credentials", secret).await?;
    assert_eq!(status, 200, "{credential}");
    let token = made("/api/access-tokens", json!({ "name": "theirs" })).await?;
    let invitations = format!("/api/organizations/{org}/invitations");
    let invited = made(&invitations, json!({ "role": "viewer" })).await?;
    let member = who.invite("viewer").await?;
    let member = Person::sign_up_with(pilot, "member", Some(&member)).await?;
    let sessions = who.get("/api/me/sessions").await?.1;
    let identity = Uuid::now_v7();
    sqlx::query(
        "insert into identities (user_id, id, issuer, subject)
         values ($1, $2, 'https://id.example', 'theirs')",
    )
    .bind(who.id().parse::<Uuid>()?)
    .bind(identity)
    .execute(&mut pilot.database.connect().await?)
    .await?;
    Ok(BTreeMap::from([
        ("/api/endpoints/", "theirs".to_owned()),
        ("/api/prompts/", "theirs".to_owned()),
        // They are everybody's, and none is called so.
        ("/api/prompt-templates/", "theirs".to_owned()),
        ("/api/calls/", text(&ran["results"][0]["call"])),
        ("/api/deployments/", text(&deployed["deployments"][0]["id"])),
        ("/api/api-keys/", text(&key["id"])),
        ("/api/environments/", "theirs".to_owned()),
        ("/api/provider-credentials/", text(&credential["id"])),
        ("/api/access-tokens/", text(&token["id"])),
        ("/api/organizations/…/invitations/", text(&invited["id"])),
        ("/api/organizations/…/members/", member.id().to_owned()),
        ("/api/me/sessions/", text(&sessions["items"][0]["id"])),
        ("/api/me/identities/", identity.to_string()),
        ("/api/installation/people/", who.email.clone()),
    ]))
}

/// All rows of an organization, by table.
async fn rows(
    db: &mut PgConnection,
    organization: Uuid,
) -> Result<BTreeMap<String, Vec<String>>, Failure> {
    let tables: Vec<String> = sqlx::query_scalar(
        "select c.relname::text from pg_class c
           join pg_attribute a on a.attrelid = c.oid and a.attname = 'organization_id'
          where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')",
    )
    .fetch_all(&mut *db)
    .await?;
    let mut rows = BTreeMap::new();
    for table in tables {
        let sql = format!("select t::text from {table} t where organization_id = $1 order by 1");
        let found: Vec<String> =
            sqlx::query_scalar(AssertSqlSafe(sql)).bind(organization).fetch_all(&mut *db).await?;
        rows.insert(table, found);
    }
    Ok(rows)
}
