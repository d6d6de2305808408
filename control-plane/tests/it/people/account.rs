//! What people do with their own account.

use promptpilot_control_plane::SignUps;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    Failure, Outcome,
    person::{PASSWORD, Person, answer, cookie, kind},
    pilot::{Pilot, echo},
};

async fn open() -> Result<Pilot, Failure> {
    Pilot::without_worker_with(|settings| settings.sign_ups = SignUps::Open).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_ends_all_other_sessions() -> Outcome {
    let pilot = open().await?;
    let jo = Person::sign_up(&pilot, "jo").await?;
    let other = Person::sign_in(&pilot, &jo.email).await?;
    let change = |current: &str, new: &str| {
        let body = json!({ "current": current, "new": new });
        other.ask(Method::PUT, "/api/me/password").json(&body)
    };
    assert_eq!(kind(&answer(change("wrong", "another password")).await?), (401, "sign-in-refused"));
    assert_eq!(kind(&answer(change(PASSWORD, "short")).await?), (422, "password-invalid"));
    assert_eq!(jo.get("/api/me").await?.0, 200);
    let response = change(PASSWORD, "another password").send().await?;
    assert_eq!(response.status().as_u16(), 204);
    let fresh = cookie(&response).unwrap();
    for ended in [&jo, &other] {
        assert_eq!(ended.get("/api/me").await?.0, 401);
    }
    let me = pilot.client.get(format!("{}/api/me", pilot.url)).header("cookie", fresh);
    assert_eq!(answer(me).await?.0, 200);
    assert!(Person::sign_in(&pilot, &jo.email).await.is_err());
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_ends_their_account_leaves_nothing_ownerless() -> Outcome {
    let pilot = open().await?;
    let jo = Person::sign_up(&pilot, "jo").await?;
    let token = jo.invite("viewer").await?;
    let al = Person::sign_up_with(&pilot, "al", Some(&token)).await?;
    let leave = async |who: &Person, password: &str| {
        who.send(Method::DELETE, "/api/me", json!({ "password": password })).await
    };
    assert_eq!(kind(&leave(&jo, "wrong").await?), (401, "sign-in-refused"));
    assert_eq!(kind(&leave(&jo, PASSWORD).await?), (409, "last-owner"));

    let own = al.me["organizations"][0]["slug"].as_str().unwrap();
    let deploy = json!({ "definitions": [{ "file": "a.toml", "toml": echo("hello", "x") }] });
    assert_eq!(al.post(&format!("/api/deployments?org={own}"), deploy).await?.0, 202);
    let refused = leave(&al, PASSWORD).await?;
    assert_eq!(kind(&refused), (409, "organization-in-use"));
    assert_eq!(refused.1["organizations"], json!([own]));

    let path = format!("/api/organizations/{}/members/{}", jo.organization(), al.id());
    jo.send(Method::PATCH, &path, json!({ "role": "owner" })).await?;
    assert_eq!(leave(&jo, PASSWORD).await?.0, 204);
    assert_eq!(jo.get("/api/me").await?.0, 401);
    assert!(Person::sign_in(&pilot, &jo.email).await.is_err());
    let members = format!("/api/organizations/{}/members", jo.organization());
    let emails: Vec<Value> = al.get(&members).await?.1["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| member["email"].clone())
        .collect();
    assert_eq!(emails, ["al@example.com"]);
    // The address is free again, with nothing of what was.
    let again = Person::sign_up(&pilot, "jo").await?;
    assert_ne!(again.organization(), jo.organization());
    // Alone and with nothing deployed, the organization goes along.
    assert_eq!(leave(&again, PASSWORD).await?.0, 204);
    let mut db = pilot.database.connect().await?;
    let left: i64 = sqlx::query_scalar("select count(*) from organizations where slug like 'jo-%'")
        .fetch_one(&mut db)
        .await?;
    assert_eq!(left, 1, "the one that was handed on");
    pilot.stop().await
}
