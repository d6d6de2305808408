//! Signing in by an OpenID provider.

use promptpilot_control_plane::{Authority, Oidc, SignUps};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::Executor;
use time::OffsetDateTime;

use super::{
    mail_server::Server,
    oidc_provider::{BEGIN, Browser, Provider, SITE, confirmed},
    second_step::{complete, enrolled},
};
use crate::support::{
    Failure, Outcome,
    person::{PASSWORD, Person, answer, cookie, kind},
    pilot::Pilot,
};

/// Where a sign-in that failed ends.
fn refused(kind: &str) -> String {
    format!("/#sign-in={kind}")
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_new_gets_an_account_and_comes_back_to_it() -> Outcome {
    let ada = confirmed("ada@example.com");
    let people =
        json!({ "1": ada, "2": { "email": "bob@example.com", "email_verified": false }, "3": {} });
    let provider = Provider::of(people).await?;
    let mut mail = Server::start().await?;
    let to = mail.starttls()?;
    let pilot = provider
        .pilot(|settings| {
            settings.sign_ups = SignUps::Open;
            settings.mail = to;
        })
        .await?;
    let ways = answer(pilot.client.get(format!("{}/api/sign-in/ways", pilot.url))).await?;
    let oidc = json!({ "name": "Example", "url": BEGIN });
    assert_eq!(ways, (200, json!({ "oidc": oidc, "sign_up": true })));

    let mut browser = Browser::new(&pilot)?;
    assert_eq!(browser.sign_in(&format!("{BEGIN}?to=/calls"), "1").await?, "/calls");
    let ada = browser.me().await?;
    assert_eq!((&ada["name"], &ada["organizations"][0]["role"]), (&json!("Ada"), &json!("owner")));
    // In another browser, and with another address at the provider: it is who they are that counts.
    provider.change("people", json!({ "1": { "email": "ada@elsewhere.example" } })).await?;
    let mut other = Browser::new(&pilot)?;
    assert_eq!(other.sign_in(&format!("{BEGIN}?to=//evil.example.com"), "1").await?, "/");
    assert_eq!(other.me().await?["id"], ada["id"]);

    // Who came without a password chooses a first one by letter.
    let body = json!({ "email": "ada@example.com" });
    let asked = pilot.client.post(format!("{}/api/password-resets", pilot.url)).json(&body);
    assert_eq!(answer(asked).await?.0, 202);
    let letter = mail.letter().await?;
    let (_, token) = letter.text.split_once("?token=").unwrap();
    let token = token.split_whitespace().next().unwrap();
    let body = json!({ "token": token, "password": PASSWORD });
    let chosen = pilot.client.post(format!("{}/api/password-resets/complete", pilot.url));
    assert_eq!(answer(chosen.json(&body)).await?.0, 204);
    assert!(Person::sign_in(&pilot, "ada@example.com").await.is_ok());

    provider
        .change("people", json!({ "2": { "email": "bob@example.com", "email_verified": false } }))
        .await?;
    for who in ["2", "3"] {
        let ended = Browser::new(&pilot)?.sign_in(BEGIN, who).await?;
        assert_eq!(ended, refused("oidc-email-unverified"), "{who}");
    }
    let denied = Browser::new(&pilot)?.sign_in(&format!("{BEGIN}?to=/calls"), "").await?;
    assert_eq!(denied, "/calls#sign-in=oidc-refused");
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_linked_where_both_sides_have_seen_the_address() -> Outcome {
    let provider = Provider::of(json!({ "7": confirmed("JO@example.com") })).await?;
    let pilot = provider.pilot(|settings| settings.sign_ups = SignUps::Open).await?;
    let jo = Person::sign_up(&pilot, "jo").await?;
    let mut browser = Browser::new(&pilot)?;
    assert_eq!(browser.sign_in(BEGIN, "7").await?, refused("identity-unlinked"));
    assert_eq!(browser.me().await?["status"], 401);
    let mut db = pilot.database.connect().await?;
    db.execute("update users set email_verified_at = now()").await?;
    assert_eq!(browser.sign_in(BEGIN, "7").await?, "/");
    assert_eq!(browser.me().await?["id"], jo.me["id"]);
    let (_, audit) = jo.get("/api/audit?subject=identity").await?;
    let event = &audit["items"][0];
    let told = (&event["action"], &event["origin"]["via"], &event["after"]["issuer"]);
    assert_eq!(told, (&json!("created"), &json!("oidc"), &json!(provider.issuer)));

    // The password is good as before, and who has a second step is asked for it here, too.
    assert!(Person::sign_in(&pilot, &jo.email).await.is_ok());
    let (_, recovery) = enrolled(&jo, &pilot).await?;
    let mut again = Browser::new(&pilot)?;
    let ended = again.sign_in(&format!("{BEGIN}?to=/calls"), "7").await?;
    let challenge = ended.strip_prefix("/calls#challenge=").ok_or(&*ended)?;
    assert_eq!(again.me().await?["status"], 401, "the provider alone opens nothing");
    let (status, me) = complete(&pilot, challenge, &recovery[0]).await?;
    assert_eq!((status, &me["id"]), (200, &jo.me["id"]), "{me}");
    pilot.stop().await
}

const IDENTITIES: &str = "/api/me/identities";

/// Links somebody at the provider to who is signed in: the page that it ends at.
async fn link(pilot: &Pilot, person: &Person, who: &str) -> Result<String, Failure> {
    let request = person.ask(Method::POST, IDENTITIES).json(&json!({ "password": PASSWORD }));
    let response = request.send().await?;
    let kept = cookie(&response).ok_or("no cookie")?;
    let (name, value) = kept.split_once('=').ok_or("an odd cookie")?;
    let mut browser = Browser::new(pilot)?;
    browser.cookies.push((name.to_owned(), value.to_owned()));
    let linking: Value = response.json().await?;
    let back = browser.through(linking["url"].as_str().unwrap().to_owned(), who).await?;
    browser.sent(&back).await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_signed_in_links_and_unlinks_whom_they_are_at_the_provider() -> Outcome {
    let provider = Provider::of(json!({ "7": confirmed("jo@elsewhere.example") })).await?;
    let pilot = provider.pilot(|settings| settings.sign_ups = SignUps::Open).await?;
    let (jo, al) = (Person::sign_up(&pilot, "jo").await?, Person::sign_up(&pilot, "al").await?);
    let wrong = json!({ "password": "wrong" });
    assert_eq!(kind(&jo.post(IDENTITIES, wrong.clone()).await?), (401, "sign-in-refused"));
    assert_eq!(link(&pilot, &jo, "7").await?, "/profile");
    assert_eq!(link(&pilot, &jo, "7").await?, "/profile", "it is linked already");
    assert_eq!(link(&pilot, &al, "7").await?, "/profile#sign-in=identity-taken");
    let mut browser = Browser::new(&pilot)?;
    assert_eq!(browser.sign_in(BEGIN, "7").await?, "/");
    assert_eq!(browser.me().await?["id"], jo.me["id"]);

    let (_, linked) = jo.get(IDENTITIES).await?;
    assert_eq!(linked["items"].as_array().map(Vec::len), Some(1), "{linked}");
    assert_eq!(linked["items"][0]["issuer"], json!(provider.issuer));
    let path = format!("{IDENTITIES}/{}", linked["items"][0]["id"].as_str().unwrap());
    let right = json!({ "password": PASSWORD });
    for (who, body, refused) in
        [(&al, &right, (404, "identity-not-found")), (&jo, &wrong, (401, "sign-in-refused"))]
    {
        assert_eq!(kind(&who.send(Method::DELETE, &path, body.clone()).await?), refused);
    }
    assert_eq!(jo.send(Method::DELETE, &path, right).await?.0, 204);
    let mut browser = Browser::new(&pilot)?;
    browser.sign_in(BEGIN, "7").await?;
    assert_ne!(browser.me().await?["id"], jo.me["id"], "they are somebody new");
    let (_, audit) = jo.get("/api/audit?subject=identity").await?;
    let told = audit["items"].as_array().unwrap().iter().map(|event| event["action"].as_str());
    assert_eq!(told.collect::<Vec<_>>(), [Some("deleted"), Some("created")], "{audit}");
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_taken_once_and_from_the_browser_that_asked() -> Outcome {
    let provider = Provider::of(json!({ "1": confirmed("ada@example.com") })).await?;
    let pilot = provider.pilot(|settings| settings.sign_ups = SignUps::Open).await?;
    let (mut ada, mut mallory) = (Browser::new(&pilot)?, Browser::new(&pilot)?);
    let back = ada.at_provider(BEGIN, "1").await?;
    // In another browser, where another sign-in is under way.
    mallory.at_provider(BEGIN, "1").await?;
    assert_eq!(mallory.sent(&back).await?, refused("oidc-refused"));
    assert_eq!(mallory.me().await?["status"], 401);
    let kept = ada.cookies.clone();
    assert_eq!(ada.sent(&back).await?, "/");
    assert_eq!(ada.sent(&back).await?, refused("oidc-refused"), "its flow has ended");
    // With the cookie put back, the provider does not take its code again.
    ada.cookies = kept;
    assert_eq!(ada.sent(&back).await?, refused("oidc-refused"));
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_have_an_account_is_what_it_is_without_a_provider() -> Outcome {
    let people = json!({ "1": confirmed("ada@example.com"), "2": confirmed("al@example.org") });
    let provider = Provider::of(people).await?;
    let pilot = provider.pilot(|_| ()).await?;
    let mut browser = Browser::new(&pilot)?;
    assert_eq!(browser.sign_in(BEGIN, "1").await?, refused("sign-up-closed"));
    let slug = pilot.get("/api/me").await?["organizations"][0]["slug"].clone();
    let slug = slug.as_str().unwrap();
    let path = format!("/api/organizations/{slug}/invitations");
    let (_, invited) = pilot.post(&path, json!({ "role": "developer" })).await?;
    let invitation = invited["token"].as_str().unwrap();
    let begin = format!("{BEGIN}?invitation={invitation}");
    assert_eq!(browser.sign_in(&begin, "1").await?, format!("/#organization={slug}"));
    let me = browser.me().await?;
    let roles = me["organizations"].as_array().unwrap().iter().map(|of| of["role"].as_str());
    assert_eq!(roles.collect::<Vec<_>>(), [Some("owner"), Some("developer")]);
    let taken = Browser::new(&pilot)?.sent(&format!("{SITE}{begin}")).await?;
    assert_eq!(taken, format!("/invite/{invitation}#sign-in=invitation-not-found"));
    // Who has an account already decides by the invitation's page.
    let (_, invited) = pilot.post(&path, json!({ "role": "developer" })).await?;
    let invitation = invited["token"].as_str().unwrap();
    let begin = format!("{BEGIN}?invitation={invitation}");
    assert_eq!(browser.sign_in(&begin, "1").await?, format!("/invite/{invitation}"));
    pilot.stop().await?;

    let closed = provider
        .pilot(|settings| {
            settings.sign_ups = SignUps::Open;
            settings.oidc.as_mut().unwrap().domains = vec!["example.com".to_owned()];
        })
        .await?;
    for (who, ended) in [("1", "/".to_owned()), ("2", refused("oidc-domain-refused"))] {
        assert_eq!(Browser::new(&closed)?.sign_in(BEGIN, who).await?, ended, "{who}");
    }
    closed.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_believed_where_all_of_it_is_right() -> Outcome {
    let provider = Provider::of(json!({ "1": confirmed("ada@example.com") })).await?;
    let pilot = provider.pilot(|settings| settings.sign_ups = SignUps::Open).await?;
    let now = OffsetDateTime::now_utc().unix_timestamp();
    for forgery in [
        json!({ "by": "somebody else" }),
        json!({ "by": "nobody" }),
        json!({ "by": "the client" }),
        json!({ "claims": { "exp": now - 120 } }),
        json!({ "claims": { "exp": null } }),
        json!({ "claims": { "nbf": now + 600 } }),
        json!({ "claims": { "iss": "https://evil.example.com" } }),
        json!({ "claims": { "aud": "another" } }),
        json!({ "claims": { "azp": "another" } }),
        json!({ "claims": { "nonce": "another" } }),
        json!({ "claims": { "nonce": null } }),
        json!({ "claims": { "sub": "2" } }),
    ] {
        provider.change("forgery", forgery.clone()).await?;
        let mut browser = Browser::new(&pilot)?;
        let ended = browser.sign_in(BEGIN, "1").await?;
        assert_eq!(ended, refused("oidc-token-invalid"), "{forgery}");
        assert_eq!(browser.me().await?["status"], 401, "{forgery}");
    }
    provider.change("forgery", Value::Null).await?;
    // With each kind of key, and with keys that were not there when they were asked for last.
    for algorithm in ["RS256", "PS256", "ES256", "EdDSA"] {
        provider.change("keys", json!(algorithm)).await?;
        assert_eq!(Browser::new(&pilot)?.sign_in(BEGIN, "1").await?, "/", "{algorithm}");
    }
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_cannot_be_asked_is_told_of() -> Outcome {
    let provider = Provider::of(json!({})).await?;
    let begin = format!("{SITE}{BEGIN}");
    let nowhere = |issuer: &str| {
        let issuer = issuer.to_owned();
        provider.pilot(move |settings| settings.oidc.as_mut().unwrap().issuer = issuer)
    };
    // Nobody listens there; and it calls itself otherwise.
    let otherwise = provider.issuer.replace("127.0.0.1", "localhost");
    for issuer in ["http://127.0.0.1:9", &otherwise] {
        let pilot = nowhere(issuer).await?;
        let ended = Browser::new(&pilot)?.sent(&begin).await?;
        assert_eq!(ended, refused("oidc-unavailable"), "{issuer}");
        pilot.stop().await?;
    }
    let off = Pilot::without_worker().await?;
    let ways = answer(off.client.get(format!("{}/api/sign-in/ways", off.url))).await?;
    assert_eq!(ways, (200, json!({ "oidc": null, "sign_up": false })));
    assert_eq!(Browser::new(&off)?.sent(&begin).await?, refused("oidc-off"));
    off.stop().await?;
    // Where private addresses may not be called, the provider is at none. This holds for the process from
    // here on.
    let hosted = provider.pilot(|settings| settings.private_addresses = false).await?;
    assert_eq!(Browser::new(&hosted)?.sent(&begin).await?, refused("oidc-unavailable"));
    hosted.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_with_an_authority_of_its_own_is_believed_where_that_is_named() -> Outcome {
    let provider = Provider::over_tls(json!({ "1": confirmed("ada@example.com") })).await?;
    let pilot_that_believes = |authority| {
        provider.pilot(move |settings| {
            settings.sign_ups = SignUps::Open;
            settings.oidc = settings.oidc.take().map(|oidc| Oidc { authority, ..oidc });
        })
    };
    let pilot = pilot_that_believes(None).await?;
    let mut browser = Browser::trusting(&pilot, &provider)?;
    assert_eq!(browser.sent(&format!("{SITE}{BEGIN}")).await?, refused("oidc-unavailable"));
    pilot.stop().await?;

    // It is asked what it is, for a token, for its keys, and about the person.
    let authority = provider.authority.as_deref().ok_or("no authority")?;
    let pilot = pilot_that_believes(Some(Authority::from_pem(authority.as_bytes())?)).await?;
    let mut browser = Browser::trusting(&pilot, &provider)?;
    assert_eq!(browser.sign_in(BEGIN, "1").await?, "/");
    assert_eq!(browser.me().await?["email"], "ada@example.com");
    pilot.stop().await
}
