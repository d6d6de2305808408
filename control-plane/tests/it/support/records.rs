//! Records of calls as a function would have written them, without one that runs.

use promptpilot_control_plane::EnvelopeLine;
use promptpilot_spec::{
    deployment::Identity,
    record::{Body, CallRecord, Served, Source},
};
use serde_json::json;
use sqlx::Executor;
use time::{Duration, OffsetDateTime};
use uuid::{Timestamp, Uuid};

use super::{
    Failure,
    pilot::{Pilot, echo},
};

/// Makes an endpoint `hello` with a deployment that has a function, as far as the database knows.
pub(crate) async fn has_function(pilot: &Pilot) -> Result<(), Failure> {
    let deploy = json!({ "definitions": [{ "file": "a.toml", "toml": echo("hello", "Hi") }] });
    assert_eq!(pilot.post("/api/deployments", deploy).await?.0, 202);
    let mut db = pilot.database.connect().await?;
    db.execute("update deployments set function_name = 'pp-hello', function_version = '1'").await?;
    Ok(())
}

/// The record of a call that went well, so long ago.
pub(crate) fn record(ago: Duration) -> CallRecord {
    let time = OffsetDateTime::now_utc() - ago;
    let (seconds, nanos) = (time.unix_timestamp().unsigned_abs(), time.nanosecond());
    let call = Uuid::new_v7(Timestamp::from_unix(uuid::NoContext, seconds, nanos));
    let identity = Identity {
        organization: Uuid::nil(),
        environment: String::new(),
        endpoint: Uuid::nil(),
        version: 1,
        deployment: Uuid::nil(),
    };
    let by = Served { identity, endpoint_name: String::new() };
    CallRecord {
        provider: Some("sandbox".to_owned()),
        model: Some("echo".to_owned()),
        request: Some(body(r#"{"word":"you"}"#)),
        response: Some(body(r#"{"text":"Hi you"}"#)),
        ..CallRecord::begun(call, time, Source::Call, by)
    }
}

pub(crate) fn body(text: &str) -> Body {
    Body { text: Some(text.to_owned()), cut: false, size: text.len() as u64, sha256: None }
}

/// Records as the function of `hello` writes them, taken in.
pub(crate) async fn ingest(pilot: &Pilot, records: &[CallRecord]) -> Result<(), Failure> {
    let lines = records.iter().map(|record| {
        let text = serde_json::to_string(record)?;
        Ok::<_, Failure>(EnvelopeLine {
            function: "pp-hello".to_owned(),
            version: "1".to_owned(),
            text,
        })
    });
    let taken = pilot.plane.ingest(&lines.collect::<Result<Vec<_>, _>>()?).await?;
    assert_eq!(taken.refused, []);
    Ok(())
}
