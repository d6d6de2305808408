//! Calls are kept as long as their organization says, and no longer.

use promptpilot_control_plane::SignUps;
use reqwest::Method;
use serde_json::json;
use sqlx::Executor;
use time::Duration;

use crate::{
    reading::Outcome,
    reading::ids,
    reading::with_calls,
    support::{
        person::Person,
        pilot::Pilot,
        records::{has_function, ingest, record},
    },
};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_older_than_an_organization_keeps_is_swept_and_the_rest_stays() -> Outcome {
    let calls = [1, 20, 40].map(|days| record(Duration::days(days)));
    let pilot = with_calls(&calls).await?;
    assert_eq!(pilot.get("/api/calls/retention").await?, json!({ "days": 400 }));
    pilot.plane.keep_calls().await;
    assert_eq!(ids(&pilot.get("/api/calls").await?).len(), 3);
    let keep = |days: i32| {
        pilot.request(Method::PUT, "/api/calls/retention", Some(json!({ "days": days })))
    };
    assert_eq!(keep(30).await?.0, 200);
    pilot.plane.keep_calls().await;
    assert_eq!(ids(&pilot.get("/api/calls").await?), [calls[0].call_id, calls[1].call_id]);
    for bad in [0, 401, -1] {
        let (status, problem) = keep(bad).await?;
        assert_eq!(status, 422, "{problem}");
    }
    let audit = pilot.get("/api/audit?subject=organization").await?;
    assert_eq!(audit["items"][0]["after"], json!({ "calls_kept_days": 30 }));
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn months_are_made_in_time_and_go_when_nobody_keeps_them() -> Outcome {
    let pilot = Pilot::without_worker_with(|settings| settings.sign_ups = SignUps::Open).await?;
    has_function(&pilot).await?;
    let old = record(Duration::days(200));
    ingest(&pilot, std::slice::from_ref(&old)).await?;
    let mut db = pilot.database.connect().await?;
    let months = "select count(*) from pg_inherits where inhparent = 'calls'::regclass";
    pilot.plane.keep_calls().await;
    let before: i64 = sqlx::query_scalar(months).fetch_one(&mut db).await?;
    assert_eq!(before, 3, "that of the call, this one and the next");
    // Somebody else keeps it still.
    Person::sign_up(&pilot, "ada").await?;
    pilot.request(Method::PUT, "/api/calls/retention", Some(json!({ "days": 30 }))).await?;
    pilot.plane.keep_calls().await;
    assert_eq!(sqlx::query_scalar::<_, i64>(months).fetch_one(&mut db).await?, before);
    assert!(ids(&pilot.get("/api/calls").await?).is_empty());
    db.execute("update organizations set calls_kept_days = 30").await?;
    pilot.plane.keep_calls().await;
    assert_eq!(sqlx::query_scalar::<_, i64>(months).fetch_one(&mut db).await?, 2);
    pilot.stop().await
}
