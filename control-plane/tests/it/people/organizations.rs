//! Organizations: who is in them, who comes in, and that somebody always owns them.

use promptpilot_control_plane::SignUps;
use reqwest::Method;
use serde_json::json;
use sqlx::Executor;

use crate::support::{
    Failure, Outcome,
    person::{Person, answer, kind},
    pilot::{Pilot, echo},
};

async fn open() -> Result<Pilot, Failure> {
    Pilot::without_worker_with(|settings| settings.sign_ups = SignUps::Open).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_says_which_organization_it_means() -> Outcome {
    let pilot = open().await?;
    let (jo, al) = (Person::sign_up(&pilot, "jo").await?, Person::sign_up(&pilot, "al").await?);
    assert_eq!(jo.get("/api/endpoints").await?.0, 200, "there is only one to mean");
    let (status, acme) =
        jo.post("/api/organizations", json!({ "slug": "acme", "name": "Acme" })).await?;
    assert_eq!(status, 201, "{acme}");
    let taken = al.post("/api/organizations", json!({ "slug": "acme", "name": "Acme" })).await?;
    assert_eq!(kind(&taken), (409, "slug-taken"));
    let reserved = al.post("/api/organizations", json!({ "slug": "api", "name": "Api" })).await?;
    assert_eq!(kind(&reserved), (422, "slug-invalid"));

    assert_eq!(kind(&jo.get("/api/endpoints").await?), (400, "organization-required"));
    for named in ["acme", acme["id"].as_str().unwrap(), jo.organization()] {
        assert_eq!(jo.get(&format!("/api/endpoints?org={named}")).await?.0, 200, "{named}");
    }
    assert_eq!(jo.get("/api/endpoints?organizationId=acme").await?.0, 200);
    // Others' organizations are as if they were not there.
    for (who, named) in [(&jo, "nowhere"), (&al, "nowhere"), (&al, "acme"), (&al, "%27--")] {
        let refused = who.get(&format!("/api/endpoints?org={named}")).await?;
        assert_eq!(kind(&refused), (404, "organization-not-found"), "{named}");
    }
    let mine = jo.get("/api/organizations").await?.1;
    assert_eq!(mine["items"].as_array().unwrap().len(), 2);
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_is_named_anew_by_who_saw_its_last_name() -> Outcome {
    let pilot = open().await?;
    let jo = Person::sign_up(&pilot, "jo").await?;
    let id = jo.me["organizations"][0]["id"].as_str().unwrap();
    let path = format!("/api/organizations/{id}");
    let response = jo.ask(Method::GET, &path).send().await?;
    let seen = response.headers()["etag"].to_str()?.to_owned();
    let rename = |name: &str| {
        let request = jo.ask(Method::PATCH, &path).header("if-match", &seen);
        answer(request.json(&json!({ "name": name })))
    };
    assert_eq!(rename("First").await?.1["name"], "First");
    let stale = rename("Second").await?;
    assert_eq!((kind(&stale), &stale.1["current"]["name"]), ((412, "stale"), &json!("First")));
    let moved = jo.send(Method::PATCH, &path, json!({ "slug": "first" })).await?;
    assert_eq!((moved.0, &moved.1["name"]), (200, &json!("First")));
    assert_eq!(jo.get("/api/endpoints?org=first").await?.0, 200);
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_accepted_once_and_by_whom_it_is_for() -> Outcome {
    let pilot = open().await?;
    let (jo, al, bo) = (
        Person::sign_up(&pilot, "jo").await?,
        Person::sign_up(&pilot, "al").await?,
        Person::sign_up(&pilot, "bo").await?,
    );
    let invitations = format!("/api/organizations/{}/invitations", jo.organization());
    let body = json!({ "role": "developer", "email": "Al@example.com" });
    let (status, invited) = jo.post(&invitations, body).await?;
    assert_eq!(status, 201, "{invited}");
    let token = invited["token"].as_str().unwrap();
    assert_eq!(invited["url"], format!("{}/invite/{token}", pilot.url));
    let show = pilot.client.post(format!("{}/api/invitations/show", pilot.url));
    let (status, shown) = answer(show.json(&json!({ "token": token }))).await?;
    assert_eq!(
        (status, &shown["invited_by"], &shown["role"]),
        (200, &json!("jo"), &json!("developer"))
    );
    let accept = |who: &Person, token: &str| {
        let request = who.ask(Method::POST, "/api/invitations/accept");
        answer(request.json(&json!({ "token": token })))
    };
    assert_eq!(kind(&accept(&bo, token).await?), (403, "invitation-for-another"));
    let (status, joined) = accept(&al, token).await?;
    assert_eq!((status, &joined["slug"]), (200, &json!(jo.organization())));
    assert_eq!(kind(&accept(&al, token).await?), (404, "invitation-not-found"));

    // Whoever is quicker has it.
    let token = jo.invite("viewer").await?;
    let ci = Person::sign_up(&pilot, "ci").await?;
    let (one, other) = futures::future::join(accept(&bo, &token), accept(&ci, &token)).await;
    let (one, other) = (one?, other?);
    let mut kinds = [kind(&one), kind(&other)];
    kinds.sort_unstable();
    assert_eq!(kinds, [(200, ""), (404, "invitation-not-found")]);

    // Taken back, too old, for somebody who is in already: none of them is accepted.
    let token = jo.invite("viewer").await?;
    let (_, list) = jo.get(&invitations).await?;
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert!(!list.to_string().contains(&token));
    let path = format!("{invitations}/{}", list["items"][0]["id"].as_str().unwrap());
    let elsewhere = path.replace(jo.organization(), bo.organization());
    let theirs = bo.send(Method::DELETE, &elsewhere, json!({})).await?;
    assert_eq!(kind(&theirs), (404, "invitation-not-found"));
    assert_eq!(kind(&accept(&jo, &token).await?), (409, "already-a-member"));
    assert_eq!(jo.send(Method::DELETE, &path, json!({})).await?.0, 204);
    assert_eq!(kind(&accept(&ci, &token).await?), (404, "invitation-not-found"));
    let token = jo.invite("viewer").await?;
    pilot.database.connect().await?.execute("update invitations set expires_at = now()").await?;
    assert_eq!(kind(&accept(&ci, &token).await?), (404, "invitation-not-found"));
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_changed_in_the_middle_of_a_session_counts_at_once() -> Outcome {
    let pilot = open().await?;
    let jo = Person::sign_up(&pilot, "jo").await?;
    let token = jo.invite("developer").await?;
    let al = Person::sign_up_with(&pilot, "al", Some(&token)).await?;
    let org = jo.organization();
    let by_token = al.token(org).await?;
    let deploy = json!({ "definitions": [{ "file": "a.toml", "toml": echo("hello", "x") }] });
    let path = format!("/api/deployments?org={org}");
    assert_eq!(al.post(&path, deploy.clone()).await?.0, 202);

    let member = format!("/api/organizations/{org}/members/{}", al.id());
    let (status, _) = jo.send(Method::PATCH, &member, json!({ "role": "viewer" })).await?;
    assert_eq!(status, 200);
    assert_eq!(kind(&al.post(&path, deploy.clone()).await?), (403, "role-insufficient"));
    let stale = jo.ask(Method::PATCH, &member).header("if-match", "\"developer\"");
    let stale = answer(stale.json(&json!({ "role": "admin" }))).await?;
    assert_eq!((kind(&stale), &stale.1["current"]["role"]), ((412, "stale"), &json!("viewer")));

    assert_eq!(jo.send(Method::DELETE, &member, json!({})).await?.0, 204);
    assert_eq!(kind(&al.post(&path, deploy).await?), (404, "organization-not-found"));
    let url = format!("{}/api/status", pilot.url);
    let gone = answer(pilot.client.get(url).bearer_auth(by_token)).await?;
    assert_eq!(kind(&gone), (401, "unauthorized"));
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_makes_and_unmakes_no_owner() -> Outcome {
    let pilot = open().await?;
    let jo = Person::sign_up(&pilot, "jo").await?;
    let token = jo.invite("admin").await?;
    let al = Person::sign_up_with(&pilot, "al", Some(&token)).await?;
    let org = jo.organization();
    let member = |who: &Person| format!("/api/organizations/{org}/members/{}", who.id());
    for (path, role) in [(member(&jo), "viewer"), (member(&al), "owner")] {
        let refused = al.send(Method::PATCH, &path, json!({ "role": role })).await?;
        assert_eq!(kind(&refused), (403, "role-too-great"), "{role}");
    }
    let refused = al.send(Method::DELETE, &member(&jo), json!({})).await?;
    assert_eq!(kind(&refused), (403, "role-too-great"));
    let invite = format!("/api/organizations/{org}/invitations");
    let refused = al.post(&invite, json!({ "role": "owner" })).await?;
    assert_eq!(kind(&refused), (403, "role-too-great"));
    let (_, members) = al.get(&format!("/api/organizations/{org}/members")).await?;
    let roles: Vec<_> =
        members["items"].as_array().unwrap().iter().map(|member| &member["role"]).collect();
    assert_eq!(roles, ["owner", "admin"]);
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_owner_stays_also_when_two_go_at_once() -> Outcome {
    let pilot = open().await?;
    let jo = Person::sign_up(&pilot, "jo").await?;
    let org = jo.organization();
    let leave =
        |who: &Person| answer(who.ask(Method::POST, &format!("/api/organizations/{org}/leave")));
    assert_eq!(kind(&leave(&jo).await?), (409, "last-owner"));
    let token = jo.invite("owner").await?;
    let al = Person::sign_up_with(&pilot, "al", Some(&token)).await?;
    let path = format!("/api/organizations/{org}/members/{}", jo.id());
    let step_down = answer(jo.ask(Method::PATCH, &path).json(&json!({ "role": "viewer" })));
    let (one, other) = futures::future::join(step_down, leave(&al)).await;
    let refused = [kind(&one?).0, kind(&other?).0].into_iter().filter(|status| *status == 409);
    assert_eq!(refused.count(), 1);
    let mut db = pilot.database.connect().await?;
    let owners: i64 = sqlx::query_scalar(
        "select count(*) from memberships m join organizations o on o.id = m.organization_id
          where o.slug = $1 and m.role = 'owner'",
    )
    .bind(org)
    .fetch_one(&mut db)
    .await?;
    assert_eq!(owners, 1);
    pilot.stop().await
}
