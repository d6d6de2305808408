//! A person who called can be forgotten: in every month, in the search for words, and for good.

use promptpilot_spec::record::CallRecord;
use reqwest::Method;
use serde_json::{Value, json};
use time::Duration;

use crate::{
    reading::Failure,
    reading::Outcome,
    reading::ids,
    reading::with_calls,
    support::{
        person::kind,
        records::{body, ingest, record},
    },
};

fn of(user: &str, days: i64) -> CallRecord {
    CallRecord {
        user: Some(user.to_owned()),
        request: Some(body(&format!(r#"{{"word":"secret of {user}"}}"#))),
        error_detail: Some(format!("no {user}")),
        cost_micro_usd: Some(7),
        ..record(Duration::days(days))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_user_remains_but_figures_of_nobody() -> Outcome {
    let calls = [of("lovelace", 1), of("lovelace", 40), of("grace", 1)];
    let pilot = with_calls(&calls).await?;
    let erase = async |query: &str| {
        let (status, answer) =
            pilot.request(Method::DELETE, &format!("/api/calls{query}"), None).await?;
        Ok::<_, Failure>((status.as_u16(), answer))
    };
    assert_eq!(ids(&pilot.get("/api/calls?text=lovelace").await?).len(), 2);
    for calls in [2, 0] {
        let erased = erase("?user=lovelace").await?;
        assert_eq!(erased, (200, json!({ "calls": calls, "finished": true })));
    }
    for (path, left) in
        [("user=lovelace", 0), ("text=lovelace", 0), ("text=grace", 1), ("user=grace", 1)]
    {
        assert_eq!(ids(&pilot.get(&format!("/api/calls?{path}")).await?).len(), left, "{path}");
    }
    // A record that comes once more, as records may, brings nothing back.
    ingest(&pilot, &calls).await?;
    for call in &calls[..2] {
        let shown = pilot.get(&format!("/api/calls/{}", call.call_id)).await?;
        assert!(!shown.to_string().contains("lovelace"), "{shown}");
        assert_eq!(
            (&shown["user"], &shown["request"], &shown["response"], &shown["cost_micro_usd"]),
            (&Value::Null, &Value::Null, &Value::Null, &json!(7))
        );
    }
    let audit = pilot.get("/api/audit?subject=calls").await?;
    let event = &audit["items"][0];
    assert_eq!((&event["action"], &event["after"]), (&json!("deleted"), &json!({ "calls": 2 })));
    // Who knows the user finds it in the log by their hash; nobody finds the user.
    assert_eq!(
        event["subject_id"],
        "fb1e7ec987523d2cb9e022cec1d6ae7c99dc46edfae4fe51254025fe4bea571f"
    );
    assert!(!audit.to_string().contains("lovelace"), "{audit}");
    assert_eq!(audit["items"].as_array().map(Vec::len), Some(1));
    for nobody in ["", "?user="] {
        assert_eq!(kind(&erase(nobody).await?), (400, "query-invalid"));
    }
    pilot.stop().await
}
