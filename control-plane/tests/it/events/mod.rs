//! What pages follow: every change once, in order, to whom it may be told.

mod judges;
mod order;
mod told;

use promptpilot_control_plane::{Settings, SignUps};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::support::{
    Failure,
    follow::{Event, Follower},
    person::Person,
    pilot::{Pilot, TOKEN},
};

async fn pilot() -> Result<Pilot, Failure> {
    pilot_with(|_| {}).await
}

async fn pilot_with(change: impl FnOnce(&mut Settings)) -> Result<Pilot, Failure> {
    Pilot::without_worker_with(|settings| {
        settings.sign_ups = SignUps::Open;
        change(settings);
    })
    .await
}

/// The stream of the installation's own organization, after what was seen.
fn stream(pilot: &Pilot, url: &str, seen: Option<&str>) -> RequestBuilder {
    let request = pilot.client.get(format!("{url}/api/events")).bearer_auth(TOKEN);
    match seen {
        Some(seen) => request.header("last-event-id", seen),
        None => request,
    }
}

/// The stream of somebody's own organization.
fn stream_of(person: &Person) -> RequestBuilder {
    person.ask(Method::GET, &format!("/api/events?org={}", person.organization()))
}

async fn save(pilot: &Pilot, name: &str) -> Result<(), Failure> {
    let prompt = json!({ "name": name, "content": { "prompt": { "template": "Hi" } } });
    let (status, saved) = pilot.post("/api/prompts", prompt).await?;
    assert_eq!(status, 201, "{saved}");
    Ok(())
}

/// Saves a prompt in whatever transaction a connection is in.
async fn save_in(db: &mut PgConnection, organization: Uuid, name: &str) -> Result<(), Failure> {
    sqlx::query(
        "insert into prompts (organization_id, id, name, version, words)
         values ($1, gen_random_uuid(), $2, 1, '')",
    )
    .bind(organization)
    .bind(name)
    .execute(db)
    .await?;
    Ok(())
}

/// All changes that are kept, as the list has them.
async fn listed(pilot: &Pilot) -> Result<Vec<Value>, Failure> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let page = pilot.get(&format!("/api/events?limit=500{after}")).await?;
        all.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return Ok(all),
        }
    }
}

fn names<'a>(events: impl IntoIterator<Item = &'a Event>) -> Vec<&'a str> {
    events.into_iter().map(|event| event.data["name"].as_str().unwrap_or_default()).collect()
}

/// The next saves of prompts, so many. How the organization came about may be told before them, where
/// others' transactions held it back.
async fn saves(follower: &mut Follower, count: usize) -> Result<Vec<Event>, Failure> {
    let mut saves = Vec::with_capacity(count);
    while saves.len() < count {
        let change = follower.until("change").await?;
        if change.data["type"] == "prompt.saved" {
            saves.push(change);
        }
    }
    Ok(saves)
}

/// An event's place: its transaction, and its number.
fn place(event: &Event) -> (i64, i64) {
    let (xact, sequence) = event.id.split_once('.').unwrap();
    (xact.parse().unwrap(), sequence.parse().unwrap())
}
