//! Letters: forgotten passwords, addresses that are confirmed, invitations. The mail server is one that
//! others wrote.

use promptpilot_control_plane::{Mail, SignUps};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    people::mail_server::Server,
    support::{
        Failure, Outcome,
        person::{PASSWORD, Person, answer, kind},
        pilot::Pilot,
    },
};

const SITE: &str = "https://pilot.example.com";

async fn open(mail: Mail, verify: bool) -> Result<Pilot, Failure> {
    Pilot::without_worker_with(|settings| {
        settings.sign_ups = SignUps::Open;
        settings.public_url = Some(SITE.to_owned());
        settings.mail = mail;
        settings.verify_emails = verify;
    })
    .await
}

async fn post(pilot: &Pilot, path: &str, body: Value) -> Result<(u16, Value), Failure> {
    answer(pilot.client.post(format!("{}{path}", pilot.url)).json(&body)).await
}

async fn sign_in(pilot: &Pilot, password: &str) -> Result<(u16, Value), Failure> {
    post(pilot, "/api/sign-in", json!({ "email": "jo@example.com", "password": password })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_password_is_replaced_by_a_link_that_works_once() -> Outcome {
    let mut server = Server::start().await?;
    let pilot = open(server.starttls()?, false).await?;
    let jo = Person::sign_up(&pilot, "jo").await?;
    let token = jo.token(jo.organization()).await?;
    // The letter goes to the address as it was signed up with, by whatever case it was asked for.
    for email in ["jo@example.com", "JO@EXAMPLE.COM"] {
        let asked = post(&pilot, "/api/password-resets", json!({ "email": email })).await?;
        assert_eq!(asked, (202, Value::Null));
    }
    let (first, letter) = (server.letter().await?, server.letter().await?);
    assert_eq!(letter.to, ["jo@example.com"]);
    assert_eq!(letter.sender, "Prompt Pilot <pilot@example.com>");
    assert_eq!(letter.subject, "Choose a new password");
    assert!(letter.tls);
    assert!(letter.link().starts_with(&format!("{SITE}/reset?token=")), "{}", letter.link());
    // Only the hash is kept.
    let mut db = pilot.database.connect().await?;
    let kept: Vec<String> =
        sqlx::query_scalar("select hash from mailed_tokens").fetch_all(&mut db).await?;
    assert!(kept.len() == 2 && !kept.iter().any(|hash| hash == letter.token()));

    let reset = |token: &str, password: &str, end_tokens: bool| {
        let body = json!({ "token": token, "password": password, "end_tokens": end_tokens });
        post(&pilot, "/api/password-resets/complete", body)
    };
    let wrong = reset("guess", "staple this here", false).await?;
    assert_eq!(kind(&wrong), (404, "link-not-found"));
    assert_eq!(
        kind(&reset(letter.token(), "short", false).await?),
        (422, "password-invalid"),
        "and the link is still good"
    );
    assert_eq!(jo.get("/api/me").await?.0, 200, "nothing has happened so far");
    assert_eq!(reset(letter.token(), "staple this here", false).await?.0, 204);
    for used in [&letter, &first] {
        let again = reset(used.token(), "staple that there", false).await?;
        assert_eq!(kind(&again), (404, "link-not-found"), "all links end with one");
    }
    let told = server.letter().await?;
    assert_eq!(
        (told.to, &*told.subject),
        (vec!["jo@example.com".into()], "Your password was changed")
    );
    assert_eq!(jo.get("/api/me").await?.0, 401, "sessions end");
    assert_eq!(kind(&sign_in(&pilot, PASSWORD).await?), (401, "sign-in-refused"));
    assert_eq!(sign_in(&pilot, "staple this here").await?.0, 200);
    let by_token = || pilot.client.get(format!("{}/api/me", pilot.url)).bearer_auth(&token);
    assert_eq!(answer(by_token()).await?.0, 200, "access tokens go on");

    post(&pilot, "/api/password-resets", json!({ "email": "jo@example.com" })).await?;
    let letter = server.letter().await?;
    assert_eq!(reset(letter.token(), PASSWORD, true).await?.0, 204);
    assert_eq!(answer(by_token()).await?.0, 401, "unless they are said to end");
    let jo = Person::sign_in(&pilot, "jo@example.com").await?;
    let audit = jo.get("/api/audit?subject=password").await?.1;
    assert_eq!(audit["items"].as_array().map(Vec::len), Some(2), "{audit}");
    assert_eq!(audit["items"][0]["origin"]["via"], "letter");
    assert_eq!(audit["items"][0]["actor"], "jo@example.com");
    assert!(audit["items"][0]["origin"]["address"].is_string());
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_a_link_learns_nothing_and_cannot_flood() -> Outcome {
    let mut server = Server::start().await?;
    let pilot = open(server.tls()?, false).await?;
    Person::sign_up(&pilot, "jo").await?;
    let ask =
        async |email: &str| post(&pilot, "/api/password-resets", json!({ "email": email })).await;
    // The same answers in the same order, with an account, without one, and for who has no password.
    let mut answers = Vec::new();
    for email in ["jo@example.com", "nobody@example.com", "owner@localhost"] {
        let mut of_one = Vec::new();
        for _ in 0..4 {
            let (status, body) = ask(email).await?;
            of_one.push((status, body["type"].clone()));
        }
        answers.push(of_one);
    }
    assert_eq!(
        answers[0].iter().map(|(status, _)| *status).collect::<Vec<_>>(),
        [202, 202, 202, 429]
    );
    assert!(answers.iter().all(|of_one| *of_one == answers[0]), "{answers:?}");
    assert_eq!(kind(&ask("nowhere").await?), (422, "email-invalid"));
    for _ in 0..3 {
        let letter = server.letter().await?;
        assert_eq!((letter.to, letter.tls), (vec!["jo@example.com".to_owned()], true));
    }
    // A link that is too old is none.
    let mut db = pilot.database.connect().await?;
    let old = "update mailed_tokens set expires_at = now(), hash = encode(sha256('x'), 'hex')
                where id = (select max(id::text)::uuid from mailed_tokens)";
    sqlx::query(old).execute(&mut db).await?;
    let body = json!({ "token": "x", "password": "staple this here" });
    let late = post(&pilot, "/api/password-resets/complete", body).await?;
    assert_eq!(kind(&late), (404, "link-not-found"));
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_confirmed_before_anybody_signs_in_with_it() -> Outcome {
    let mut server = Server::start().await?;
    let pilot = open(server.starttls()?, true).await?;
    let new = json!({ "email": "jo@example.com", "name": "Jo", "password": PASSWORD });
    let request = pilot.client.post(format!("{}/api/sign-up", pilot.url)).json(&new);
    let response = request.send().await?;
    assert_eq!(response.status().as_u16(), 202);
    assert!(response.headers().get("set-cookie").is_none());
    let letter = server.letter().await?;
    assert_eq!(
        (&*letter.subject, letter.to[0].as_str()),
        ("Confirm your address", "jo@example.com")
    );
    assert!(letter.link().starts_with(&format!("{SITE}/verify?token=")));
    assert_eq!(kind(&sign_in(&pilot, "wrong password").await?), (401, "sign-in-refused"));
    assert_eq!(kind(&sign_in(&pilot, PASSWORD).await?), (403, "email-unverified"));

    let again = post(&pilot, "/api/email-verifications", json!({ "email": "jo@example.com" }));
    assert_eq!(again.await?.0, 202);
    let another = server.letter().await?;
    // It is good for nothing else.
    let body = json!({ "token": another.token(), "password": "staple this here" });
    let misused = post(&pilot, "/api/password-resets/complete", body).await?;
    assert_eq!(kind(&misused), (404, "link-not-found"));
    let confirm = async |token: &str| {
        post(&pilot, "/api/email-verifications/complete", json!({ "token": token })).await
    };
    assert_eq!(confirm(another.token()).await?.0, 204);
    assert_eq!(kind(&confirm(letter.token()).await?), (404, "link-not-found"));
    assert_eq!(sign_in(&pilot, PASSWORD).await?.0, 200);
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_sent_to_whom_it_is_for() -> Outcome {
    let mut server = Server::start().await?;
    let pilot = open(server.plain()?, false).await?;
    let jo = Person::sign_up(&pilot, "jo").await?;
    let named = json!({ "name": "Bäckerei & Söhne" });
    let path = format!("/api/organizations/{}", jo.organization());
    assert_eq!(jo.send(Method::PATCH, &path, named).await?.0, 200);
    let invite = async |email: Option<&str>| {
        let body = json!({ "role": "developer", "email": email });
        jo.post(&format!("{path}/invitations"), body).await
    };
    let (status, open) = invite(None).await?;
    assert_eq!((status, &open["mailed"]), (201, &json!(false)), "{open}");
    let (status, invited) = invite(Some("al@example.com")).await?;
    assert_eq!((status, &invited["mailed"]), (201, &json!(true)), "{invited}");
    let letter = server.letter().await?;
    assert_eq!(letter.to, ["al@example.com"]);
    assert_eq!(letter.subject, "jo invites you to Bäckerei & Söhne");
    assert_eq!(json!(letter.link()), invited["url"]);
    assert!(!letter.tls, "which was asked for, and is the same machine");
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_mail_is_sent_none_is_promised() -> Outcome {
    let pilot = open(Mail::Nowhere, false).await?;
    let jo = Person::sign_up(&pilot, "jo").await?;
    for path in ["/api/password-resets", "/api/email-verifications"] {
        let refused = post(&pilot, path, json!({ "email": "jo@example.com" })).await?;
        assert_eq!(kind(&refused), (409, "mail-missing"));
    }
    let path = format!("/api/organizations/{}/invitations", jo.organization());
    let (_, invited) =
        jo.post(&path, json!({ "role": "viewer", "email": "al@example.com" })).await?;
    assert_eq!(invited["mailed"], false);
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_speaks_no_tls_gets_no_letter() -> Outcome {
    let mut server = Server::start().await?;
    let pilot = open(server.without_starttls()?, false).await?;
    let jo = Person::sign_up(&pilot, "jo").await?;
    assert_eq!(post(&pilot, "/api/password-resets", json!({ "email": jo.email })).await?.0, 202);
    // What comes first is what another control plane sends, which was allowed to.
    let other = open(server.plain()?, false).await?;
    let al = Person::sign_up(&other, "al").await?;
    assert_eq!(post(&other, "/api/password-resets", json!({ "email": al.email })).await?.0, 202);
    assert_eq!(server.letter().await?.to, ["al@example.com"]);
    pilot.stop().await?;
    other.stop().await
}
