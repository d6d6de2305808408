//! API keys find their way to where functions look them up.

use promptpilot_control_plane::Faults;
use promptpilot_runtime::state::{DYNAMODB, Place, StateKind};
use promptpilot_spec::key;
use serde_json::json;
use uuid::Uuid;

use crate::{
    state::judge::{self, Judge},
    support::{Failure, Outcome, pilot::Pilot},
};

/// How long the worker has to tell the table of all keys.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_copied_as_they_change_and_whole_when_a_worker_starts() -> Outcome {
    let judge = Judge::dynalite().await?;
    let address = judge.address.clone();
    let mut pilot = Pilot::without_worker_with(|settings| {
        settings.state = Some(address.clone());
    })
    .await?;
    let place = Place {
        address: address.parse()?,
        organization: pilot.plane.ensure_local_owner().await?.organization,
        deployment: Uuid::nil(),
        token: "".into(),
        aws: judge::keys(),
    };
    let store = DYNAMODB.open(&place).ok_or("no table")?;
    let known = async |key: &str| Ok::<_, Failure>(store.key(&key::hash(key)).await?);
    let create = async |name: &str| {
        let new = json!({ "name": name, "environments": ["production"] });
        let (status, key) = pilot.post("/api/api-keys", new).await?;
        assert_eq!(status, 201, "{key}");
        Ok::<_, Failure>((key["key"].as_str().unwrap().to_owned(), key["id"].clone()))
    };
    let (kept, id) = create("kept").await?;
    let (gone, _) = create("gone").await?;
    let record = known(&kept).await?.ok_or("the key is not there")?;
    assert_eq!(json!(record.id), id);
    assert_eq!(record.environments.as_deref(), Some(&["production".to_owned()][..]));
    assert!(!record.revoked);
    let (_, next) = pilot.post("/api/api-keys/kept/rotate", json!({ "grace": 3600 })).await?;
    let next = next["key"].as_str().unwrap().to_owned();
    assert!(known(&kept).await?.is_some_and(|record| json!(record.id) == id));
    assert!(known(&kept).await?.is_some_and(|record| record.expires.is_some()));
    assert!(known(&next).await?.is_some_and(|record| record.expires.is_none()));
    pilot.request(reqwest::Method::DELETE, "/api/api-keys/gone", None).await?;
    assert!(known(&gone).await?.is_some_and(|record| record.revoked));

    // Another table has none of them, and is told of all.
    let other = Judge::dynalite().await?;
    let mut settings = pilot.settings.clone();
    settings.state = Some(other.address.clone());
    settings.worker.faults = Faults::default();
    pilot.add_worker_with(settings).await?;
    let place = Place { address: other.address.parse()?, ..place };
    let store = DYNAMODB.open(&place).ok_or("no table")?;
    let until = std::time::Instant::now() + PATIENCE;
    for (key, revoked) in [(kept, false), (next, false), (gone, true)] {
        while store.key(&key::hash(&key)).await?.is_none_or(|it| it.revoked != revoked) {
            assert!(std::time::Instant::now() < until, "the worker does not tell");
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_not_made_and_one_that_is_revoked_stays_so_where_no_function_can_be_told()
-> Outcome {
    let judge = Judge::dynalite().await?;
    let pilot = Pilot::without_worker_with(|settings| {
        settings.state = Some(judge.address.clone());
    })
    .await?;
    let (status, _) = pilot.post("/api/api-keys", json!({ "name": "old" })).await?;
    assert_eq!(status, 201);
    drop(judge);
    let (status, problem) = pilot.post("/api/api-keys", json!({ "name": "new" })).await?;
    assert_eq!(status, 503, "{problem}");
    assert_eq!(problem["type"], "urn:promptpilot:problem:state-unavailable");
    let (status, problem) =
        pilot.request(reqwest::Method::DELETE, "/api/api-keys/old", None).await?;
    assert_eq!(status, 503, "{problem}");
    let keys = pilot.get("/api/api-keys").await?;
    let [only] = &keys["items"].as_array().unwrap()[..] else { panic!("{keys}") };
    assert!(only["name"] == "old" && only["revoked"].is_string(), "{only}");
    pilot.stop().await
}
