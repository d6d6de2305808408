//! What is told, and to whom.

use std::collections::BTreeSet;

use promptpilot_spec::record::CallRecord;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor, PgConnection};
use time::Duration;

use crate::{
    events::listed,
    events::names,
    events::pilot,
    events::save,
    events::saves,
    events::stream,
    events::stream_of,
    support::{
        Failure, Outcome,
        database::TestDatabase,
        follow::{Event, Follower},
        person::Person,
        pilot::echo,
        records::{has_function, ingest, record},
    },
};

/// Tables whose changes people are told of by others', or not at all.
const ELSEWHERE: [&str; 2] = ["access_tokens", "prompt_labels"];

/// The first column of the table in `docs/events.md`, which a test holds against the code.
fn documented() -> BTreeSet<String> {
    let page = include_str!("../../../../docs/events.md");
    let (_, table) = page.split_once("| `type` | who | told when |\n").unwrap();
    let rows = table.lines().skip(1).take_while(|line| line.starts_with("| `"));
    rows.map(|row| row.split('`').nth(1).unwrap().to_owned()).collect()
}

#[tokio::test]
async fn every_table_that_people_change_tells_of_it() -> Outcome {
    let database = TestDatabase::new().await?;
    let mut db = database.connect().await?;
    let mut silent: Vec<String> = sqlx::query_scalar(
        "select c.relname::text from pg_class c
          where exists (select from pg_trigger t
                         where t.tgrelid = c.oid and t.tgfoid = 'audit'::regproc)
            and not exists (select from pg_trigger t
                             where t.tgrelid = c.oid and t.tgfoid = 'tell'::regproc)
          order by 1",
    )
    .fetch_all(&mut db)
    .await?;
    // Of a deployment each step is told, and of a version and of a prompt the newest one.
    silent.retain(|table| !["deployments", "prompt_versions"].contains(&table.as_str()));
    assert_eq!(silent, ELSEWHERE);
    Ok(())
}

/// Everything that people can do through the API.
async fn change_everything(ada: &Person, bob: &Person) -> Result<(), Failure> {
    let ours = format!("org={}", ada.organization());
    let on = |path: &str| format!("{path}?{ours}");
    let done = async |method: Method, path: String, body: Value| {
        let (status, answer) = ada.send(method, &path, body).await?;
        assert!(status < 300, "{path}: {status} {answer}");
        Ok::<Value, Failure>(answer)
    };
    let (post, put, patch, delete) = (Method::POST, Method::PUT, Method::PATCH, Method::DELETE);
    let says = |text: &str| json!({ "prompt": { "template": text } });
    let prompt = json!({ "name": "a/b", "content": says("One") });
    done(post.clone(), on("/api/prompts"), prompt).await?;
    let at = on("/api/prompts/a%2Fb");
    done(patch.clone(), at.clone(), json!({ "description": "First" })).await?;
    done(patch.clone(), at.clone(), json!({ "content": says("Two") })).await?;
    let label = on("/api/prompts/a%2Fb/labels/mine");
    done(put.clone(), label, json!({ "version": 1 })).await?;
    done(delete.clone(), at, json!({})).await?;
    done(post.clone(), on("/api/prompts/a%2Fb/restore"), json!({})).await?;
    for role in [json!("admin"), json!("owner"), Value::Null] {
        done(put.clone(), on("/api/label-rules/mine"), json!({ "role": role })).await?;
    }
    done(post.clone(), on("/api/environments"), json!({ "name": "staging" })).await?;
    let variables = on("/api/environments/staging/variables");
    for value in [json!("a"), json!("b"), Value::Null] {
        let body = json!({ "variables": { "MODE": value } });
        done(patch.clone(), variables.clone(), body).await?;
    }
    done(delete.clone(), on("/api/environments/staging"), json!({})).await?;
    for secret in ["sk-first-0123456789", "sk-second-0123456789"] {
        let body = json!({ "provider": "openai", "secret": secret });
        done(put.clone(), on("/api/provider-credentials"), body).await?;
    }
    done(post.clone(), on("/api/api-keys"), json!({ "name": "website" })).await?;
    done(delete.clone(), on("/api/api-keys/website"), json!({})).await?;
    let deploy = json!({ "definitions": [{ "file": "a.toml", "toml": echo("hello", "Hi") }] });
    done(post.clone(), on("/api/deployments"), deploy).await?;
    let organization = format!("/api/organizations/{}", ada.organization());
    let invitation = ada.invite("viewer").await?;
    let accept = json!({ "token": invitation });
    let (status, joined) = bob.post("/api/invitations/accept", accept).await?;
    assert!(status < 300, "{joined}");
    let member = format!("{organization}/members/{}", bob.id());
    done(patch.clone(), member.clone(), json!({ "role": "developer" })).await?;
    done(delete.clone(), member, json!({})).await?;
    done(patch, organization, json!({ "name": "Ada & Co" })).await?;
    Ok(())
}

/// What takes a worker, a provider, or a part of the API that there is not yet.
async fn change_the_rest(db: &mut PgConnection, organization: &str) -> Result<(), Failure> {
    for statement in [
        "update provider_credentials set checked_at = now() where organization_id = $o",
        "delete from provider_credentials where organization_id = $o",
        "update api_keys set expires_at = now() where organization_id = $o",
        "insert into deployment_transitions (organization_id, deployment_id, status)
         select organization_id, id, unnest(array['checking', 'generating', 'building',
                'publishing', 'verifying', 'live', 'failed', 'cancelled', 'superseded'])
           from deployments where organization_id = $o",
        "insert into functions (organization_id, endpoint_id, environment_id, name, url)
         select organization_id, endpoint_id, environment_id, 'pp-hello', 'http://x/'
           from deployments where organization_id = $o",
        "insert into releases (organization_id, endpoint_id, environment_id, deployment_id, kind)
         select organization_id, endpoint_id, environment_id, id, 'deploy'
           from deployments where organization_id = $o",
        "update endpoints set deleted_at = now() where organization_id = $o",
        "update endpoints set deleted_at = null where organization_id = $o",
    ] {
        let statement = statement.replace("$o", &format!("'{organization}'"));
        db.execute(AssertSqlSafe(statement)).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_change_is_told_without_secrets_and_to_nobody_else() -> Outcome {
    let pilot = pilot().await?;
    let ada = Person::sign_up(&pilot, "ada").await?;
    let bob = Person::sign_up(&pilot, "bob").await?;
    let mut follower = Follower::open(stream_of(&ada)).await?;
    let mut stranger = Follower::open(stream_of(&bob)).await?;
    follower.until("ready").await?;
    stranger.until("ready").await?;
    change_everything(&ada, &bob).await?;
    let mut db = pilot.database.connect().await?;
    let organization = ada.me["organizations"][0]["id"].as_str().unwrap();
    change_the_rest(&mut db, organization).await?;

    let wanted = documented();
    let (mut told, mut all) = (BTreeSet::new(), Vec::new());
    while told.len() < wanted.len() {
        let event = follower.until("change").await.map_err(|error| {
            let missing: Vec<_> = wanted.difference(&told).collect();
            format!("{error}; never told: {missing:?}")
        })?;
        told.insert(event.data["type"].as_str().unwrap().to_owned());
        all.push(event);
    }
    assert_eq!(told, wanted);
    let find = |kind: &str| &all.iter().find(|event| event.data["type"] == kind).unwrap().data;
    let saved = find("prompt.saved");
    assert_eq!((&saved["name"], &saved["data"]["version"]), (&json!("a/b"), &json!(1)));
    assert_eq!(saved["by"], ada.id());
    let moved = find("prompt.label_moved");
    assert_eq!(moved["data"], json!({ "label": "mine", "from": null, "to": 1 }));
    let queued = find("deployment.queued");
    assert_eq!(
        (&queued["name"], &queued["data"]["environment"]),
        (&json!("hello"), &json!("production"))
    );
    // A transaction of somebody else's may still have held up the one in which Ada herself joined.
    let joined = all.iter().rfind(|event| event.data["type"] == "member.created").unwrap();
    assert_eq!(joined.data["data"]["email"], "bob@example.com");
    assert_eq!(find("endpoint.released")["data"]["url"], "http://x/");
    assert!(find("key.created")["data"]["shown"].as_str().unwrap().starts_with("pp_live_"));
    let text = format!("{all:?}");
    for secret in ["0123456789", "sealed", "hash", "sha256", "template"] {
        assert!(!text.contains(secret), "{secret}");
    }

    // Of another organization's nothing came: the next that its own people are told of is their own.
    let prompt = json!({ "name": "mine", "content": { "prompt": { "template": "Hi" } } });
    let (status, _) = bob.post(&format!("/api/prompts?org={}", bob.organization()), prompt).await?;
    assert_eq!(status, 201);
    assert_eq!(names(&saves(&mut stranger, 1).await?), ["mine"]);
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_read_a_list_is_not_told_of_it_and_who_left_of_nothing() -> Outcome {
    let pilot = pilot().await?;
    let ada = Person::sign_up(&pilot, "ada").await?;
    let bob = Person::sign_up(&pilot, "bob").await?;
    let accept = json!({ "token": ada.invite("viewer").await? });
    assert!(bob.post("/api/invitations/accept", accept).await?.0 < 300);
    let theirs = format!("/api/events?org={}", ada.organization());
    let mut viewer = Follower::open(bob.ask(Method::GET, &theirs)).await?;
    let mut owner = Follower::open(stream_of(&ada)).await?;
    viewer.until("ready").await?;
    owner.until("ready").await?;
    let of = |event: &Event| event.data["type"].clone();
    let save = async |name: &str| {
        let prompt = json!({ "name": name, "content": { "prompt": { "template": "Hi" } } });
        let path = format!("/api/prompts?org={}", ada.organization());
        let (status, _) = ada.post(&path, prompt).await?;
        assert_eq!(status, 201);
        Ok::<_, Failure>(())
    };
    // How they came together may be told late, where others' transactions held it back.
    save("first").await?;
    saves(&mut viewer, 1).await?;
    saves(&mut owner, 1).await?;

    ada.invite("viewer").await?;
    save("ours").await?;
    assert_eq!(of(&viewer.until("change").await?), "prompt.saved");
    let member = format!("/api/organizations/{}/members/{}", ada.organization(), bob.id());
    ada.send(Method::PATCH, &member, json!({ "role": "admin" })).await?;
    assert_eq!(of(&owner.until("change").await?), "invitation.created");
    assert_eq!(of(&owner.until("change").await?), "prompt.saved");
    assert_eq!(of(&owner.until("change").await?), "member.changed");
    assert_eq!(of(&viewer.until("change").await?), "member.changed");
    // What they may read since, they are told since.
    ada.invite("viewer").await?;
    assert_eq!(of(&viewer.until("change").await?), "invitation.created");
    let (_, list) = bob.get(&theirs).await?;
    assert!(list["items"].to_string().contains("invitation.created"));

    assert_eq!(ada.send(Method::DELETE, &member, json!({})).await?.0, 204);
    assert!(viewer.next().await?.is_none(), "the stream of who was removed ends");
    assert_eq!(bob.get(&theirs).await?.0, 404);
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_counted_exactly_and_the_newest_are_shown() -> Outcome {
    let pilot = pilot().await?;
    has_function(&pilot).await?;
    let mut follower = Follower::open(stream(&pilot, &pilot.url, None)).await?;
    let ready = follower.until("ready").await?;
    let calls: Vec<CallRecord> =
        (0..100).map(|number| record(Duration::milliseconds(10 * number))).collect();
    for portion in [&calls[..30], &calls[30..], &calls[..]] {
        ingest(&pilot, portion).await?;
    }
    save(&pilot, "afterwards").await?;
    let counted = async |follower: &mut Follower| {
        let (mut count, mut shown, mut ids) = (0, Vec::new(), Vec::new());
        while let Some(event) = follower.next().await? {
            match event.name.as_str() {
                "calls" => {
                    count += event.data["count"].as_i64().unwrap();
                    let items = event.data["items"].as_array().unwrap();
                    assert!(!items.is_empty() && items.len() <= 20);
                    shown.extend(items.iter().map(|call| call["call_id"].clone()));
                }
                "change" if event.data["name"] == "afterwards" => break,
                // What was done before the stream was opened may be told in it: a transaction of
                // somebody else's holds up what lies behind it.
                "change" => {}
                other => panic!("{other}"),
            }
            ids.push(event.id);
        }
        Ok::<_, Failure>((count, shown, ids))
    };
    let (count, shown, ids) = counted(&mut follower).await?;
    assert_eq!(count, 100);
    assert_eq!(shown.iter().map(Value::to_string).collect::<BTreeSet<_>>().len(), shown.len());
    assert!(shown.contains(&json!(calls[0].call_id)));

    // Who comes back is told of those that they had not seen.
    let mut again = Follower::open(stream(&pilot, &pilot.url, Some(&ready.id))).await?;
    assert_eq!(counted(&mut again).await?.0, 100);
    let mut last =
        Follower::open(stream(&pilot, &pilot.url, ids.last().map(String::as_str))).await?;
    assert_eq!(counted(&mut last).await?.0, 0);
    assert!(listed(&pilot).await?.iter().all(|change| change["type"] != "call"));
    pilot.stop().await
}
