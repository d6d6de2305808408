//! What is changed at one server, as others see it.

use promptpilot_control_plane::SignUps;
use reqwest::Method;
use serde_json::json;

use crate::support::{Outcome, person::Person, pilot::Pilot, replica::Replica};

#[tokio::test(flavor = "multi_thread")]
async fn who_may_no_more_may_not_at_once_and_at_other_servers_within_a_second() -> Outcome {
    let open =
        |settings: &mut promptpilot_control_plane::Settings| settings.sign_ups = SignUps::Open;
    let pilot = Pilot::without_worker_with(open).await?;
    let replica = Replica::start(&pilot.settings).await?;
    let jo = Person::sign_up(&pilot, "jo").await?;
    let invitation = jo.invite("developer").await?;
    let al = Person::sign_up_with(&pilot, "al", Some(&invitation)).await?;
    let there = Person { url: replica.url.clone(), ..al.clone() };
    let prompts = format!("/api/prompts?org={}", jo.organization());
    let member = format!("/api/organizations/{}/members/{}", jo.organization(), al.id());
    for person in [&al, &there] {
        assert_eq!(person.get(&prompts).await?.0, 200);
    }
    let made =
        al.post(&prompts, json!({ "name": "als", "content": { "prompt": { "template": "Hi" } } }));
    assert_eq!(made.await?.0, 201);

    let (status, _) = jo.send(Method::PATCH, &member, json!({ "role": "viewer" })).await?;
    assert!((200..300).contains(&status), "{status}");
    let refused =
        al.post(&prompts, json!({ "name": "more", "content": { "prompt": { "template": "Hi" } } }));
    assert_eq!(refused.await?.0, 403);

    assert_eq!(there.get(&prompts).await?.0, 200);
    let (status, _) = jo.send(Method::DELETE, &member, json!({})).await?;
    assert_eq!(status, 204);
    assert_eq!(al.get(&prompts).await?.0, 404);
    there.until(&prompts, 404).await?;

    assert_eq!(there.get("/api/me").await?.0, 200);
    assert!(al.post("/api/sign-out", json!({})).await?.0 < 300);
    assert_eq!(al.get("/api/me").await?.0, 401);
    there.until("/api/me", 401).await?;
    pilot.stop().await
}
