//! Signing in in two steps. The codes are those of pyotp, which others wrote, made of the address that apps
//! scan.

use std::{path::Path, process::Stdio};

use promptpilot_control_plane::{SecretKey, SignUps, rotate_key};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::Executor;
use time::OffsetDateTime;
use tokio::process::Command;

use crate::support::{
    Failure, Outcome,
    person::{PASSWORD, Person, answer, cookie, kind},
    pilot::Pilot,
};

pub(super) const AUTHENTICATOR: &str = "/api/me/authenticator";

/// What an authenticator shows three steps ago, in the last step, in this one and in the next.
pub(super) struct Codes([String; 4]);

impl Codes {
    async fn of(url: &str) -> Result<Self, Failure> {
        let hint =
            "PROMPTPILOT_JUDGES must name a virtual environment with pyotp: `scripts/need judges`";
        let judges = std::env::var_os("PROMPTPILOT_JUDGES").ok_or(hint)?;
        let code = "import pyotp, sys\nfor at in sys.argv[2:]: print(pyotp.parse_uri(sys.argv[1]).at(int(at)))";
        let now = OffsetDateTime::now_utc().unix_timestamp();
        let times = [now - 90, now - 30, now, now + 30].map(|time| time.to_string());
        let made = Command::new(Path::new(&judges).join("bin/python"))
            .args(["-c", code, url])
            .args(times)
            .stderr(Stdio::inherit())
            .output()
            .await?;
        let made: Vec<String> =
            String::from_utf8(made.stdout)?.lines().map(ToOwned::to_owned).collect();
        Ok(Self(made.try_into().map_err(|made| format!("no codes: {made:?}"))?))
    }
}

async fn open() -> Result<Pilot, Failure> {
    Pilot::without_worker_with(|settings| settings.sign_ups = SignUps::Open).await
}

/// The first step: a challenge.
pub(super) async fn challenge(pilot: &Pilot) -> Result<String, Failure> {
    let body = json!({ "email": "jo@example.com", "password": PASSWORD });
    let response =
        pilot.client.post(format!("{}/api/sign-in", pilot.url)).json(&body).send().await?;
    assert_eq!((response.status().as_u16(), cookie(&response)), (202, None));
    let challenge: Value = response.json().await?;
    Ok(challenge["challenge"].as_str().ok_or("no challenge")?.to_owned())
}

pub(super) async fn complete(
    pilot: &Pilot,
    challenge: &str,
    code: &str,
) -> Result<(u16, Value), Failure> {
    let body = json!({ "challenge": challenge, "code": code });
    answer(pilot.client.post(format!("{}/api/sign-in/complete", pilot.url)).json(&body)).await
}

/// Forgets which codes were used, as time would have it.
async fn another_time(pilot: &Pilot) -> Outcome {
    pilot.database.connect().await?.execute("update authenticators set used_step = 0").await?;
    Ok(())
}

/// Somebody who signs in in two steps: their codes, and those for when the authenticator is lost.
pub(super) async fn enrolled(jo: &Person, pilot: &Pilot) -> Result<(Codes, Vec<String>), Failure> {
    let (status, begun) = jo.post(AUTHENTICATOR, json!({ "password": PASSWORD })).await?;
    assert_eq!(status, 200, "{begun}");
    let codes = Codes::of(begun["url"].as_str().ok_or("no address")?).await?;
    let confirm = format!("{AUTHENTICATOR}/confirm");
    let (status, confirmed) = jo.post(&confirm, json!({ "code": codes.0[2] })).await?;
    assert_eq!(status, 200, "{confirmed}");
    another_time(pilot).await?;
    Ok((codes, serde_json::from_value(confirmed["codes"].clone())?))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authenticator_is_asked_for_from_its_first_code_on() -> Outcome {
    let pilot = open().await?;
    let jo = Person::sign_up(&pilot, "jo").await?;
    let confirm = format!("{AUTHENTICATOR}/confirm");
    let early = jo.post(&confirm, json!({ "code": "123456" })).await?;
    assert_eq!(kind(&early), (409, "authenticator-not-begun"));
    let both = json!({ "password": PASSWORD, "code": "123456" });
    let none = jo.send(Method::DELETE, AUTHENTICATOR, both).await?;
    assert_eq!(kind(&none), (409, "authenticator-off"));
    let wrong = jo.post(AUTHENTICATOR, json!({ "password": "wrong" })).await?;
    assert_eq!(kind(&wrong), (401, "sign-in-refused"));

    let (_, begun) = jo.post(AUTHENTICATOR, json!({ "password": PASSWORD })).await?;
    assert!(begun["qr"].as_str().unwrap().contains("<svg"));
    assert!(begun["url"].as_str().unwrap().contains(begun["secret"].as_str().unwrap()));
    let codes = Codes::of(begun["url"].as_str().unwrap()).await?;
    assert!(Person::sign_in(&pilot, &jo.email).await.is_ok(), "it is not asked for yet");
    for code in ["", "abc", &codes.0[0]] {
        assert_eq!(kind(&jo.post(&confirm, json!({ "code": code })).await?), (401, "code-refused"));
    }
    // As apps show it, with a gap in its middle.
    let (first, second) = codes.0[2].split_at(3);
    let confirmed = jo.post(&confirm, json!({ "code": format!("{first} {second}") })).await?;
    assert_eq!(confirmed.1["codes"].as_array().map(Vec::len), Some(10), "{confirmed:?}");
    let (_, state) = jo.get(AUTHENTICATOR).await?;
    assert!(state["confirmed"].is_string() && state["recovery_codes"] == 10, "{state}");
    let again = jo.post(AUTHENTICATOR, json!({ "password": PASSWORD })).await?;
    assert_eq!(kind(&again), (409, "authenticator-on"));
    let challenge = challenge(&pilot).await?;
    let replayed = complete(&pilot, &challenge, &codes.0[2]).await?;
    assert_eq!(kind(&replayed), (401, "code-refused"), "the first code was used");

    // Nothing that opens anything is kept as it is.
    let mut db = pilot.database.connect().await?;
    let kept: Vec<Vec<u8>> = sqlx::query_scalar(
        "select sealed from authenticators union all select convert_to(hash, 'UTF8') from recovery_codes
         union all select convert_to(hash, 'UTF8') from sign_in_challenges",
    )
    .fetch_all(&mut db)
    .await?;
    let shown: Vec<String> = serde_json::from_value(confirmed.1["codes"].clone())?;
    assert_eq!(kept.len(), 12);
    for secret in shown.iter().chain([&challenge]) {
        assert!(!kept.iter().any(|kept| kept == secret.as_bytes()));
    }
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_step_takes_a_code_of_now_once() -> Outcome {
    let pilot = open().await?;
    let jo = Person::sign_up(&pilot, "jo").await?;
    let (codes, _) = enrolled(&jo, &pilot).await?;
    let [old, last, now, _] = &codes.0;
    let opened = challenge(&pilot).await?;
    // A challenge opens nothing else.
    let me = pilot.client.get(format!("{}/api/me", pilot.url));
    let by_challenge = answer(me.header("cookie", format!("promptpilot={opened}"))).await?;
    assert_eq!(kind(&by_challenge), (401, "unauthorized"));
    for code in [old, "000000", "", "abcd-abcd-abcd-abcd"] {
        assert_eq!(kind(&complete(&pilot, &opened, code).await?), (401, "code-refused"), "{code}");
    }
    let (status, me) = complete(&pilot, &opened, last).await?;
    assert_eq!((status, &me["email"]), (200, &json!("jo@example.com")), "{me}");
    assert_eq!(kind(&complete(&pilot, &opened, now).await?), (404, "challenge-not-found"));
    let second = challenge(&pilot).await?;
    assert_eq!(kind(&complete(&pilot, &second, last).await?), (401, "code-refused"), "replayed");
    assert_eq!(complete(&pilot, &second, now).await?.0, 200);

    another_time(&pilot).await?;
    let late = challenge(&pilot).await?;
    let mut db = pilot.database.connect().await?;
    db.execute("update sign_in_challenges set expires_at = now()").await?;
    assert_eq!(kind(&complete(&pilot, &late, now).await?), (404, "challenge-not-found"));
    // Who has another password has to show it first.
    let before = challenge(&pilot).await?;
    let change = json!({ "current": PASSWORD, "new": "another password" });
    assert_eq!(jo.send(Method::PUT, "/api/me/password", change).await?.0, 204);
    assert_eq!(kind(&complete(&pilot, &before, now).await?), (404, "challenge-not-found"));
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_authenticator_is_replaced_by_recovery_codes_each_once() -> Outcome {
    let pilot = open().await?;
    let jo = Person::sign_up(&pilot, "jo").await?;
    let token = jo.token(jo.organization()).await?;
    let (codes, recovery) = enrolled(&jo, &pilot).await?;
    let opened = challenge(&pilot).await?;
    let typed = recovery[0].to_uppercase().replace('-', " ");
    assert_eq!(complete(&pilot, &opened, &typed).await?.0, 200);
    let opened = challenge(&pilot).await?;
    assert_eq!(kind(&complete(&pilot, &opened, &recovery[0]).await?), (401, "code-refused"));
    assert_eq!(jo.get(AUTHENTICATOR).await?.1["recovery_codes"], 9);

    let renew = format!("{AUTHENTICATOR}/recovery-codes");
    let both = |password: &str, code: &str| json!({ "password": password, "code": code });
    for (body, wanted) in [
        (both("wrong", &codes.0[2]), "sign-in-refused"),
        (both(PASSWORD, &codes.0[0]), "code-refused"),
    ] {
        assert_eq!(kind(&jo.post(&renew, body).await?), (401, wanted));
    }
    let (_, renewed) = jo.post(&renew, both(PASSWORD, &codes.0[2])).await?;
    let renewed: Vec<String> = serde_json::from_value(renewed["codes"].clone())?;
    assert_eq!(kind(&complete(&pilot, &opened, &recovery[1]).await?), (401, "code-refused"));
    assert_eq!(complete(&pilot, &opened, &renewed[1]).await?.0, 200);

    let off = jo.send(Method::DELETE, AUTHENTICATOR, both(PASSWORD, &renewed[2])).await?;
    assert_eq!(off.0, 204, "{off:?}");
    assert!(Person::sign_in(&pilot, &jo.email).await.is_ok());
    // What command lines carry was not touched by any of it.
    let me = pilot.client.get(format!("{}/api/me", pilot.url)).bearer_auth(&token);
    assert_eq!(answer(me).await?.0, 200);

    let (_, audit) = jo.get("/api/audit?subject=authenticator").await?;
    let told: Vec<(&str, &str)> = audit["items"]
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .map(|event| (event["action"].as_str().unwrap(), event["origin"]["via"].as_str().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            ("created", "session"),
            ("changed", "session"),
            ("changed", "sign-in"),
            ("changed", "session"),
            ("changed", "sign-in"),
            ("changed", "session"),
            ("deleted", "session"),
        ],
        "{audit}"
    );
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_codes_is_slowed_down_as_guessing_passwords_is() -> Outcome {
    let pilot = open().await?;
    let jo = Person::sign_up(&pilot, "jo").await?;
    let (codes, _) = enrolled(&jo, &pilot).await?;
    let opened = challenge(&pilot).await?;
    let mut statuses = Vec::new();
    for _ in 0..10 {
        statuses.push(complete(&pilot, &opened, "000000").await?.0);
    }
    assert!(statuses.contains(&401) && statuses.ends_with(&[429, 429]), "{statuses:?}");
    let right = complete(&pilot, &opened, &codes.0[2]).await?;
    assert_eq!(kind(&right), (429, "sign-in-throttled"));
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn another_secret_key_seals_authenticators_anew() -> Outcome {
    let pilot = open().await?;
    let jo = Person::sign_up(&pilot, "jo").await?;
    let (codes, _) = enrolled(&jo, &pilot).await?;
    let (old, new) = (SecretKey::new([7; 32]), SecretKey::new([8; 32]));
    rotate_key(&pilot.database.url(), &old, &new).await?;
    let opened = challenge(&pilot).await?;
    let with_old = complete(&pilot, &opened, &codes.0[2]).await?;
    assert_eq!(kind(&with_old), (500, "internal"), "this server has the old key still");
    rotate_key(&pilot.database.url(), &new, &old).await?;
    assert_eq!(complete(&pilot, &opened, &codes.0[2]).await?.0, 200);
    pilot.stop().await
}
