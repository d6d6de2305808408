//! API keys: what they open, for how long, and for whom.

use promptpilot_control_plane::SecretKey;
use promptpilot_spec::{key, state::KeyRecord};
use serde_json::{Value, json};
use sqlx::Executor;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::support::{
    Failure, Outcome,
    pilot::{Pilot, echo},
};

async fn create(pilot: &Pilot, body: Value) -> Result<Value, Failure> {
    let (status, key) = pilot.post("/api/api-keys", body).await?;
    assert_eq!(status, 201, "{key}");
    Ok(key)
}

/// Calls with a key; status and the last word of a problem's type.
async fn call(pilot: &Pilot, url: &str, key: &Value) -> Result<(u16, String), Failure> {
    let request = pilot.client.post(url).json(&json!({ "word": "x" }));
    let response = request.bearer_auth(key["key"].as_str().unwrap()).send().await?;
    let status = response.status().as_u16();
    let body: Value = response.json().await?;
    let kind = body["type"].as_str().and_then(|kind| kind.rsplit(':').next()).unwrap_or_default();
    Ok((status, kind.to_owned()))
}

fn keyed(name: &str) -> String {
    echo(name, "Hello").replace("mode = \"public\"", "mode = \"api-key\"")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_opens_what_it_is_for() -> Outcome {
    let pilot = Pilot::start().await?;
    let batch = pilot.deploy(&[keyed("one"), keyed("two")]).await?;
    let live = pilot.finished(&batch).await?;
    let (one, two) = (live[0].url.as_deref().unwrap(), live[1].url.as_deref().unwrap());

    let all = create(&pilot, json!({ "name": "all" })).await?;
    let narrow = create(&pilot, json!({ "name": "narrow", "endpoints": ["one"] })).await?;
    let gone = create(&pilot, json!({ "name": "gone" })).await?;
    let (status, revoked) =
        pilot.request(reqwest::Method::DELETE, "/api/api-keys/gone", None).await?;
    assert_eq!((status.as_u16(), revoked["id"].clone()), (200, gone["id"].clone()));
    assert!(revoked["revoked"].is_string() && revoked.get("key").is_none(), "{revoked}");

    let ok = (200, String::new());
    assert_eq!(call(&pilot, one, &all).await?, ok);
    assert_eq!(call(&pilot, two, &all).await?, ok);
    assert_eq!(call(&pilot, one, &narrow).await?, ok);
    assert_eq!(call(&pilot, two, &narrow).await?, (403, "key-denied".to_owned()));
    assert_eq!(call(&pilot, one, &gone).await?, (401, "key-unknown".to_owned()));
    let unknown = json!({ "key": key::write(key::KeyKind::Live, &[9; key::RANDOM]) });
    assert_eq!(call(&pilot, one, &unknown).await?, (401, "key-unknown".to_owned()));
    assert_eq!(pilot.call(one, json!({ "word": "x" })).await?.0, 401);

    // The key is shown once, and kept as its hash.
    let listed = pilot.get("/api/api-keys").await?;
    let names: Vec<&str> =
        listed["items"].as_array().unwrap().iter().map(|k| k["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["gone", "narrow", "all"]);
    assert!(!listed.to_string().contains(all["key"].as_str().unwrap()));
    let mut db = pilot.database.connect().await?;
    let kept: Vec<String> =
        sqlx::query_scalar("select k::text from api_keys k").fetch_all(&mut db).await?;
    let random = &all["key"].as_str().unwrap()["pp_live_".len() + 8..];
    assert!(kept.len() == 3 && kept.iter().all(|row| !row.contains(random)));
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_cannot_be_made_is_told_why_and_nothing_is_saved() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    create(&pilot, json!({ "name": "taken" })).await?;
    for (body, status, kind) in [
        (json!({ "name": "taken" }), 409, "key-name-taken"),
        (json!({ "name": "" }), 422, "key-invalid"),
        (json!({ "name": Uuid::now_v7() }), 422, "key-invalid"),
        (json!({ "name": "a", "expires": "2020-01-01T00:00:00Z" }), 422, "key-invalid"),
        (json!({ "name": "a", "endpoints": [] }), 422, "key-invalid"),
        (json!({ "name": "a", "endpoints": ["nowhere"] }), 404, "endpoint-not-found"),
        (json!({ "name": "a", "environments": ["nowhere"] }), 404, "environment-not-found"),
        (json!({ "name": "a", "scope": "all" }), 400, "body-invalid"),
    ] {
        let (refused, problem) = pilot.post("/api/api-keys", body.clone()).await?;
        assert_eq!(refused, status, "{body}: {problem}");
        assert_eq!(problem["type"], format!("urn:promptpilot:problem:{kind}"), "{body}");
    }
    let (status, _) = pilot.request(reqwest::Method::DELETE, "/api/api-keys/nobody", None).await?;
    assert_eq!(status, 404);
    assert_eq!(pilot.get("/api/api-keys").await?["items"].as_array().unwrap().len(), 1);

    // A revoked key's name is free again, and revoking twice changes nothing.
    let delete = async |named: &str| {
        pilot.request(reqwest::Method::DELETE, &format!("/api/api-keys/{named}"), None).await
    };
    let (_, first) = delete("taken").await?;
    assert_eq!(delete("taken").await?.0, 404);
    let (_, again) = delete(first["id"].as_str().unwrap()).await?;
    assert_eq!(first, again);
    create(&pilot, json!({ "name": "taken" })).await?;
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_learns_of_its_own_organizations_keys_only() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    let batch = pilot.deploy(&[keyed("one")]).await?;
    let deployment = batch.deployments[0].id;
    let ours = create(&pilot, json!({ "name": "ours" })).await?;
    let theirs = key::write(key::KeyKind::Live, &[9; key::RANDOM]);
    let mut db = pilot.database.connect().await?;
    db.execute("insert into users (email, name) values ('other@example.com', 'O')").await?;
    sqlx::query(
        "insert into api_keys (organization_id, id, name, test, hash, shown)
         select m.organization_id, gen_random_uuid(), 'x', false, $1, 'pp_live_0909'
           from memberships m join users u on u.id = m.user_id
          where u.email = 'other@example.com'",
    )
    .bind(key::hash(&theirs))
    .execute(&mut db)
    .await?;

    let state = pilot.settings.state.as_deref().unwrap();
    let ask = async |deployment: Uuid, token: &str, key: &str| {
        let body = json!({ "hash": key::hash(key) });
        let request = pilot.client.post(format!("{state}/v1/key")).json(&body);
        let request = request.header("x-promptpilot-deployment", deployment.to_string());
        let response = request.bearer_auth(token).send().await?;
        Ok::<_, Failure>((response.status().as_u16(), response.json::<Value>().await?))
    };
    let token = token(&SecretKey::new([7; 32]), deployment);
    let (status, known) = ask(deployment, &token, ours["key"].as_str().unwrap()).await?;
    assert_eq!((status, &known["id"]), (200, &ours["id"]));
    assert_eq!(ask(deployment, &token, &theirs).await?, (200, Value::Null));
    assert_eq!(ask(deployment, "", &theirs).await?.0, 401);
    assert_eq!(ask(deployment, "wrong", &theirs).await?.0, 401);
    // A token holds for its own deployment, and for one that is there.
    assert_eq!(ask(Uuid::now_v7(), &token, &theirs).await?.0, 401);
    let stranger = Uuid::now_v7();
    let strangers = self::token(&SecretKey::new([7; 32]), stranger);
    assert_eq!(ask(stranger, &strangers, &theirs).await?.0, 401);
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_gets_another_secret_and_the_earlier_one_ends_with_the_grace() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    let deployment = pilot.deploy(&[keyed("one")]).await?.deployments[0].id;
    let token = token(&SecretKey::new([7; 32]), deployment);
    let state = pilot.settings.state.as_deref().unwrap();
    // What a function is told of a key, and what one that executes prompts gets.
    let ask = async |key: &Value| {
        let key = key["key"].as_str().unwrap();
        let request = pilot.client.post(format!("{state}/v1/key")).bearer_auth(&token);
        let request = request.header("x-promptpilot-deployment", deployment.to_string());
        let known = request.json(&json!({ "hash": key::hash(key) })).send().await?;
        let models = pilot.client.get(format!("{}/v1/models", pilot.url)).bearer_auth(key);
        let status = models.send().await?.status().as_u16();
        Ok::<_, Failure>((known.json::<KeyRecord>().await?, status))
    };
    let rotate = async |named: &str, body: Value| {
        pilot.post(&format!("/api/api-keys/{named}/rotate"), body).await
    };
    let is_over =
        |record: &KeyRecord| record.expires.is_some_and(|e| e <= OffsetDateTime::now_utc());

    let first = create(&pilot, json!({ "name": "website", "prompts": "all" })).await?;
    let (status, second) = rotate("website", json!({})).await?;
    assert_eq!((status, &second["id"]), (200, &first["id"]), "{second}");
    assert_ne!(second["shown"], first["shown"]);
    let (earlier, status) = ask(&first).await?;
    let left = earlier.expires.unwrap() - OffsetDateTime::now_utc();
    assert_eq!((earlier.id.to_string(), status), (first["id"].as_str().unwrap().to_owned(), 200));
    assert!(left.whole_hours() == 23, "a day is usual: {left}");
    let (now, status) = ask(&second).await?;
    assert_eq!((now.id, now.expires, status), (earlier.id, None, 200));

    // Once more, at once: all that came before ends.
    let (_, third) = rotate("website", json!({ "grace": 0 })).await?;
    for ended in [&first, &second] {
        let (record, status) = ask(ended).await?;
        assert!(is_over(&record) && status == 401, "{record:?} {status}");
    }
    assert_eq!(ask(&third).await?.1, 200);
    let listed = pilot.get("/api/api-keys").await?;
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    assert_eq!(listed["items"][0]["shown"], third["shown"]);
    assert!(listed["items"][0]["rotated"].is_string());

    // Who revokes the key revokes it by all of its secrets.
    let (_, fourth) = rotate("website", json!({ "grace": 3600 })).await?;
    pilot.request(reqwest::Method::DELETE, "/api/api-keys/website", None).await?;
    for ended in [&third, &fourth] {
        let (record, status) = ask(ended).await?;
        assert!(record.revoked && status == 401, "{record:?} {status}");
    }
    for (named, body, status, kind) in [
        (first["id"].as_str().unwrap(), json!({}), 409, "key-ended"),
        ("website", json!({}), 404, "key-not-found"),
        ("website", json!({ "grace": 2_592_001 }), 422, "key-invalid"),
    ] {
        let (refused, problem) = rotate(named, body).await?;
        assert_eq!(refused, status, "{problem}");
        assert_eq!(problem["type"], format!("urn:promptpilot:problem:{kind}"));
    }
    pilot.stop().await
}

/// A deployment's token, as its function has it.
fn token(key: &SecretKey, deployment: Uuid) -> String {
    key.deployment_token(deployment).expose().to_owned()
}
