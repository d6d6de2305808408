//! People: how they come in, how they stay, and that refusals change nothing.

use promptpilot_control_plane::SignUps;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::Executor;

use crate::support::{
    Failure, Outcome,
    person::{PASSWORD, Person, answer, cookie, kind},
    pilot::{Pilot, TOKEN, echo},
};

async fn open() -> Result<Pilot, Failure> {
    Pilot::without_worker_with(|settings| settings.sign_ups = SignUps::Open).await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_up_owns_an_organization_and_is_signed_in() -> Outcome {
    let pilot = open().await?;
    let jo = Person::sign_up(&pilot, "jo").await?;
    assert_eq!(jo.me["organizations"][0]["role"], "owner");
    let (status, me) = jo.get("/api/me").await?;
    assert_eq!((status, &me["email"]), (200, &json!("jo@example.com")));
    assert_eq!(jo.get("/api/endpoints").await?.1["items"], json!([]));
    // Passwords are kept as hashes that take time, and what cookies hold as hashes that need not.
    let mut db = pilot.database.connect().await?;
    let (password, session): (String, String) =
        sqlx::query_as("select p.hash, s.hash from passwords p join sessions s using (user_id)")
            .fetch_one(&mut db)
            .await?;
    assert!(password.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{password}");
    assert!(!jo.cookie.contains(&session));

    for (change, status, wanted) in [
        (json!({}), 409, "email-taken"),
        (json!({ "email": "JO@example.com" }), 409, "email-taken"),
        (json!({ "email": "nowhere" }), 422, "email-invalid"),
        (json!({ "email": "al@example.com", "password": "short" }), 422, "password-invalid"),
        (json!({ "email": "al@example.com", "name": " " }), 422, "name-invalid"),
        (json!({ "email": "al@example.com", "invitation": "x" }), 404, "invitation-not-found"),
    ] {
        let mut body = json!({ "email": "jo@example.com", "name": "Jo", "password": PASSWORD });
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let request = pilot.client.post(format!("{}/api/sign-up", pilot.url)).json(&body);
        assert_eq!(kind(&answer(request).await?), (status, wanted), "{body}");
    }
    let people: i64 = sqlx::query_scalar("select count(*) from users").fetch_one(&mut db).await?;
    assert_eq!(people, 2);
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cookie_is_for_our_pages_only_and_over_tls_for_tls_only() -> Outcome {
    for (url, begins, ends) in [
        (None, "promptpilot=", "; Path=/; HttpOnly; SameSite=Lax; Max-Age=2592000"),
        (
            Some("https://pilot.example.com"),
            "__Host-promptpilot=",
            "; Path=/; HttpOnly; SameSite=Lax; Max-Age=2592000; Secure",
        ),
    ] {
        let pilot = Pilot::without_worker_with(|settings| {
            settings.sign_ups = SignUps::Open;
            settings.public_url = url.map(ToOwned::to_owned);
        })
        .await?;
        let body = json!({ "email": "jo@example.com", "name": "Jo", "password": PASSWORD });
        let request = pilot.client.post(format!("{}/api/sign-up", pilot.url)).json(&body);
        let response = request.send().await?;
        let set = response.headers()["set-cookie"].to_str()?;
        assert!(set.starts_with(begins) && set.ends_with(ends), "{set}");
        pilot.stop().await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn whether_an_address_is_known_is_not_told() -> Outcome {
    let pilot = open().await?;
    Person::sign_up(&pilot, "jo").await?;
    let try_it = |email: &str, password: &str| {
        let body = json!({ "email": email, "password": password });
        answer(pilot.client.post(format!("{}/api/sign-in", pilot.url)).json(&body))
    };
    let wrong = try_it("jo@example.com", "wrong password").await?;
    assert_eq!(kind(&wrong), (401, "sign-in-refused"));
    for (email, password) in [
        ("nobody@example.com", PASSWORD),
        // Nobody's hash is one of the empty password, and the local owner has none.
        ("nobody@example.com", ""),
        ("owner@localhost", ""),
        ("' or true --", "' or true --"),
    ] {
        assert_eq!(try_it(email, password).await?, wrong, "{email}");
    }
    let right = try_it("Jo@Example.com", PASSWORD).await?;
    assert_eq!(right.0, 200, "addresses are the same in any case");
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_new_at_each_sign_in_and_the_one_before_ends() -> Outcome {
    let pilot = open().await?;
    let jo = Person::sign_up(&pilot, "jo").await?;
    // Fixation: a cookie that somebody else has planted is worth nothing afterwards.
    let body = json!({ "email": jo.email, "password": PASSWORD });
    let sign_in = |cookie: &str| {
        let request = pilot.client.post(format!("{}/api/sign-in", pilot.url)).json(&body);
        request.header("cookie", cookie).send()
    };
    let fresh = cookie(&sign_in(&jo.cookie).await?).unwrap();
    assert_ne!(fresh, jo.cookie);
    assert_eq!(jo.get("/api/me").await?.0, 401);
    assert_ne!(cookie(&sign_in("promptpilot=planted").await?).unwrap(), "promptpilot=planted");
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_when_it_is_unused_or_old() -> Outcome {
    let pilot = open().await?;
    let mut db = pilot.database.connect().await?;
    let jo = Person::sign_up(&pilot, "jo").await?;
    for (age, status) in [("6 days", 200), ("8 days", 401)] {
        let unused = format!("update sessions set seen_at = now() - interval '{age}'");
        db.execute(sqlx::AssertSqlSafe(unused)).await?;
        jo.until("/api/me", status).await?;
    }
    let jo = Person::sign_in(&pilot, &jo.email).await?;
    let seen: bool =
        sqlx::query_scalar("select bool_or(seen_at > now() - interval '1 minute') from sessions")
            .fetch_one(&mut db)
            .await?;
    assert!(seen);
    db.execute("update sessions set expires_at = now()").await?;
    jo.until("/api/me", 401).await?;
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_by_cookie_take_the_token_of_that_session() -> Outcome {
    let pilot = open().await?;
    let jo = Person::sign_up(&pilot, "jo").await?;
    let al = Person::sign_up(&pilot, "al").await?;
    let body = json!({ "slug": "acme", "name": "Acme" });
    let with = |csrf: Option<&str>| {
        let request = pilot.client.post(format!("{}/api/organizations", pilot.url));
        let request = request.header("cookie", &jo.cookie).json(&body);
        answer(match csrf {
            Some(csrf) => request.header("x-csrf-token", csrf),
            None => request,
        })
    };
    for wrong in [None, Some(""), Some("guess"), Some(&*al.csrf)] {
        assert_eq!(kind(&with(wrong).await?), (403, "csrf-token-wrong"), "{wrong:?}");
    }
    // The one of the same person's other session is replayed in vain.
    let later = Person::sign_in(&pilot, &jo.email).await?;
    assert_eq!(kind(&with(Some(&later.csrf)).await?), (403, "csrf-token-wrong"));
    assert_eq!(with(Some(&jo.csrf)).await?.0, 201);
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn people_see_and_end_their_own_sessions() -> Outcome {
    let pilot = open().await?;
    let jo = Person::sign_up(&pilot, "jo").await?;
    let other = Person::sign_in(&pilot, &jo.email).await?;
    let sessions = other.get("/api/me/sessions").await?.1;
    let current: Vec<&Value> =
        sessions["items"].as_array().unwrap().iter().map(|session| &session["current"]).collect();
    assert_eq!(current, [&json!(true), &json!(false)]);
    let path = format!("/api/me/sessions/{}", sessions["items"][1]["id"].as_str().unwrap());
    let al = Person::sign_up(&pilot, "al").await?;
    let stranger = al.send(Method::DELETE, &path, json!({})).await?;
    assert_eq!(kind(&stranger), (404, "session-not-found"));
    assert_eq!(jo.get("/api/me").await?.0, 200);
    assert_eq!(other.send(Method::DELETE, &path, json!({})).await?.0, 204);
    assert_eq!(jo.get("/api/me").await?.0, 401);

    let response = other.ask(Method::POST, "/api/sign-out").send().await?;
    assert_eq!(response.status().as_u16(), 204);
    assert!(response.headers()["set-cookie"].to_str()?.contains("Max-Age=0"));
    assert_eq!(other.get("/api/me").await?.0, 401);
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_is_slowed_down_and_the_right_password_with_it() -> Outcome {
    let pilot = open().await?;
    Person::sign_up(&pilot, "jo").await?;
    let url = format!("{}/api/sign-in", pilot.url);
    let mut statuses = Vec::new();
    for _ in 0..12 {
        let body = json!({ "email": "jo@example.com", "password": "guess" });
        statuses.push(answer(pilot.client.post(&url).json(&body)).await?.0);
    }
    assert!(statuses.contains(&401) && statuses.ends_with(&[429, 429]), "{statuses:?}");
    let body = json!({ "email": "jo@example.com", "password": PASSWORD });
    let response = pilot.client.post(&url).json(&body).send().await?;
    assert_eq!(response.status().as_u16(), 429);
    assert!(response.headers()["retry-after"].to_str()?.parse::<u64>()? <= 31);
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_up_is_open_by_invitation_or_closed() -> Outcome {
    let sign_up = |ups| Pilot::without_worker_with(move |settings| settings.sign_ups = ups);
    let pilot = sign_up(SignUps::Closed).await?;
    let refused = Person::sign_up(&pilot, "jo").await.unwrap_err();
    assert!(refused.to_string().contains("sign-up-closed"), "{refused}");
    pilot.stop().await?;

    let pilot = sign_up(SignUps::Invite).await?;
    let refused = Person::sign_up(&pilot, "jo").await.unwrap_err();
    assert!(refused.to_string().contains("sign-up-closed"), "{refused}");
    let local = pilot.get("/api/me").await?["organizations"][0]["slug"].clone();
    let path = format!("/api/organizations/{}/invitations", local.as_str().unwrap());
    let (_, invited) = pilot.post(&path, json!({ "role": "developer" })).await?;
    let jo = Person::sign_up_with(&pilot, "jo", invited["token"].as_str()).await?;
    let roles: Vec<&Value> =
        jo.me["organizations"].as_array().unwrap().iter().map(|of| &of["role"]).collect();
    assert_eq!(roles, ["owner", "developer"]);
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_acts_for_its_person_in_its_organization_until_it_ends() -> Outcome {
    let pilot = open().await?;
    let jo = Person::sign_up(&pilot, "jo").await?;
    jo.post("/api/organizations", json!({ "slug": "acme", "name": "Acme" })).await?;
    let token = jo.token("acme").await?;
    assert!(token.starts_with("pp_pat_"));
    let by_token = |method: Method, path: &str| {
        pilot.client.request(method, format!("{}{path}", pilot.url)).bearer_auth(&token)
    };
    let deploy = json!({ "definitions": [{ "file": "a.toml", "toml": echo("hello", "x") }] });
    let deployed = answer(by_token(Method::POST, "/api/deployments").json(&deploy)).await?;
    assert_eq!(deployed.0, 202, "{}", deployed.1);
    assert_eq!(jo.get("/api/endpoints/hello?org=acme").await?.0, 200);
    let own = format!("/api/endpoints/hello?org={}", jo.organization());
    assert_eq!(kind(&jo.get(&own).await?), (404, "endpoint-not-found"));
    let elsewhere = answer(by_token(Method::GET, &own)).await?;
    assert_eq!(kind(&elsewhere), (403, "token-of-another-organization"));
    let nowhere = answer(by_token(Method::GET, "/api/endpoints?org=nowhere")).await?;
    assert_eq!(kind(&nowhere), (404, "organization-not-found"));
    let me = answer(by_token(Method::GET, "/api/me")).await?.1;
    assert_eq!(me["organizations"].as_array().unwrap().len(), 1);

    let (_, list) = jo.get("/api/access-tokens?org=acme").await?;
    assert_eq!(list["items"][0]["shown"], token[..12]);
    assert!(list["items"][0]["used"].is_string() && !list.to_string().contains(&token));
    let path = format!("/api/access-tokens/{}?org=acme", list["items"][0]["id"].as_str().unwrap());
    assert_eq!(jo.send(Method::DELETE, &path, json!({})).await?.0, 204);
    assert_eq!(kind(&answer(by_token(Method::GET, "/api/me")).await?), (401, "unauthorized"));

    let over = json!({ "name": "x", "expires": "2020-01-01T00:00:00Z" });
    let over = jo.post("/api/access-tokens?org=acme", over).await?;
    assert_eq!(kind(&over), (422, "token-invalid"));
    let token = jo.token("acme").await?;
    pilot.database.connect().await?.execute("update access_tokens set expires_at = now()").await?;
    let expired = answer(pilot.client.get(format!("{}/api/me", pilot.url)).bearer_auth(&token));
    assert_eq!(kind(&expired.await?), (401, "unauthorized"));
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_line_comes_in_by_a_code_that_somebody_approves() -> Outcome {
    let pilot = open().await?;
    let jo = Person::sign_up(&pilot, "jo").await?;
    let begun = pilot.client.post(format!("{}/api/logins", pilot.url));
    let (status, login) = answer(begun.json(&json!({ "name": "jo's laptop" }))).await?;
    assert_eq!(status, 201, "{login}");
    let (token, code) = (login["token"].as_str().unwrap(), login["code"].as_str().unwrap());
    assert_eq!(login["url"], format!("{}/device?code={code}", pilot.url));
    let me = || answer(pilot.client.get(format!("{}/api/me", pilot.url)).bearer_auth(token));
    assert_eq!(kind(&me().await?), (401, "unauthorized"));

    let shown = jo.get(&format!("/api/logins/{}", code.to_lowercase())).await?;
    assert_eq!((shown.0, &shown.1["name"]), (200, &json!("jo's laptop")));
    let approve = format!("/api/logins/{code}/approve");
    assert_eq!(jo.post(&approve, json!({})).await?.0, 204);
    let (status, come_in) = me().await?;
    assert_eq!((status, &come_in["email"]), (200, &json!("jo@example.com")));
    // A code is good once, and for ten minutes.
    assert_eq!(kind(&jo.post(&approve, json!({})).await?), (404, "login-not-found"));
    let begun = pilot.client.post(format!("{}/api/logins", pilot.url));
    let (_, login) = answer(begun.json(&json!({ "name": "late" }))).await?;
    pilot.database.connect().await?.execute("update pending_logins set expires_at = now()").await?;
    let late = format!("/api/logins/{}/approve", login["code"].as_str().unwrap());
    assert_eq!(kind(&jo.post(&late, json!({})).await?), (404, "login-not-found"));
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_local_owner_is_signed_in_where_the_machine_is_theirs() -> Outcome {
    let pilot = open().await?;
    let cookie = pilot.plane.sign_in_local_owner().await?;
    let cookie = cookie.to_str()?.split(';').next().unwrap().to_owned();
    let me = pilot.client.get(format!("{}/api/me", pilot.url)).header("cookie", cookie);
    assert_eq!(answer(me).await?.1["email"], "owner@localhost");
    // The installation's token means the owner's first organization where none is named.
    for path in ["/api/organizations", "/api/endpoints"] {
        let body = json!({ "slug": "acme", "name": "Acme" });
        if path == "/api/organizations" {
            assert_eq!(pilot.post(path, body).await?.0, 201);
        }
        let answered = pilot.client.get(format!("{}{path}", pilot.url)).bearer_auth(TOKEN);
        assert_eq!(answer(answered).await?.0, 200, "{path}");
    }
    pilot.stop().await
}
