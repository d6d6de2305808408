//! Somebody who has lost authenticator and recovery codes, and whoever runs the installation.

use promptpilot_control_plane::SignUps;
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    mail_server::Server,
    second_step::{AUTHENTICATOR, challenge, complete, enrolled},
};
use crate::support::{
    Failure, Outcome,
    person::{Person, answer, kind},
    pilot::{Pilot, TOKEN},
};

const SITE: &str = "https://pilot.example.com";

fn of(email: &str) -> String {
    format!("/api/installation/people/{email}/authenticator")
}

async fn turned_off(pilot: &Pilot, email: &str, token: &str) -> Result<(u16, Value), Failure> {
    let request = pilot.client.delete(format!("{}{}", pilot.url, of(email)));
    answer(request.bearer_auth(token)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_second_step_is_turned_off_by_who_runs_the_installation() -> Outcome {
    let mut mail = Server::start().await?;
    let to = mail.starttls()?;
    let pilot = Pilot::without_worker_with(|settings| {
        settings.sign_ups = SignUps::Open;
        settings.public_url = Some(SITE.to_owned());
        settings.mail = to;
    })
    .await?;
    let al = Person::sign_up(&pilot, "al").await?;
    let jo = Person::sign_up(&pilot, "jo").await?;
    let invitation = json!({ "token": al.invite("viewer").await? });
    assert_eq!(jo.post("/api/invitations/accept", invitation).await?.0, 200);
    let token = jo.token(jo.organization()).await?;
    let (_, recovery) = enrolled(&jo, &pilot).await?;
    let opened = challenge(&pilot).await?;

    // Neither they themselves may, nor anything that they have; and nobody is hit by mistake.
    for refused in [
        turned_off(&pilot, "jo@example.com", &token).await?,
        jo.send(Method::DELETE, &of("jo@example.com"), json!({})).await?,
    ] {
        assert_eq!(kind(&refused), (401, "unauthorized"));
    }
    let nobody = turned_off(&pilot, "nobody@example.com", TOKEN).await?;
    assert_eq!(kind(&nobody), (404, "person-not-found"));
    let none = turned_off(&pilot, "al@example.com", TOKEN).await?;
    assert_eq!(kind(&none), (409, "authenticator-off"));
    assert!(jo.get(AUTHENTICATOR).await?.1["confirmed"].is_string());

    assert_eq!(turned_off(&pilot, "JO@example.com", TOKEN).await?, (204, Value::Null));
    assert_eq!(jo.get("/api/me").await?.0, 401, "sessions end");
    let late = complete(&pilot, &opened, &recovery[0]).await?;
    assert_eq!(kind(&late), (404, "challenge-not-found"));
    let me = pilot.client.get(format!("{}/api/me", pilot.url)).bearer_auth(&token);
    assert_eq!(answer(me).await?.0, 200, "access tokens go on");
    let letter = mail.letter().await?;
    assert_eq!(letter.to, ["jo@example.com"]);
    assert_eq!(letter.subject, "Your second step was turned off");
    assert!(letter.text.contains(&format!("Whoever runs {SITE}")), "{}", letter.text);

    let jo = Person::sign_in(&pilot, "jo@example.com").await?;
    for who in [&jo, &al] {
        let path = format!("/api/audit?subject=authenticator&org={}", who.organization());
        let (_, audit) = who.get(&path).await?;
        let event = &audit["items"][0];
        let done = ["action", "subject_name", "actor"].map(|name| event[name].as_str());
        let wanted = ["deleted", "jo@example.com", "owner@localhost"].map(Some);
        assert_eq!(done, wanted, "{audit}");
        assert_eq!(event["origin"]["via"], "installation");
        assert!(event["origin"]["address"].is_string() && event["origin"]["request"].is_string());
    }
    let again = turned_off(&pilot, "jo@example.com", TOKEN).await?;
    assert_eq!(kind(&again), (409, "authenticator-off"));
    // Nothing is left of the old one, and another takes its place.
    let (_, anew) = enrolled(&jo, &pilot).await?;
    let opened = challenge(&pilot).await?;
    assert_eq!(kind(&complete(&pilot, &opened, &recovery[0]).await?), (401, "code-refused"));
    assert_eq!(complete(&pilot, &opened, &anew[0]).await?.0, 200);
    pilot.stop().await
}
