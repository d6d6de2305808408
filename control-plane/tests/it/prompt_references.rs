//! Endpoints that refer to prompts: what is found, what is deployed, and what a moved label means.

use promptpilot_control_plane::deploy::model::Status;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Outcome, person::kind, pilot::Pilot};

/// An endpoint that answers with the prompt of a reference.
fn endpoint(name: &str, reference: &str) -> String {
    format!(
        r#"
name = "{name}"
[prompt]
use = "{reference}"
[model]
provider = "sandbox"
name = "echo"
[request.word]
type = "string"
max_length = 100
[auth]
mode = "public"
"#
    )
}

fn says(text: &str) -> Value {
    json!({ "content": { "prompt": { "template": text } } })
}

async fn make(pilot: &Pilot, name: &str, text: &str) -> Outcome {
    let mut new = says(text);
    new["name"] = json!(name);
    let (status, made) = pilot.post("/api/prompts", new).await?;
    assert_eq!(status, 201, "{made}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_that_leads_nowhere_says_what_was_probably_meant() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    make(&pilot, "greet", "Hi {{ wrod }}").await?;
    pilot.request(Method::PUT, "/api/prompts/greet/labels/staging", Some(json!({}))).await?;
    for (reference, code, words) in [
        ("gret", "no-prompt", "did you mean `greet`?"),
        ("greet@stagin", "no-prompt-label", "did you mean `staging`?"),
        ("greet@production", "no-prompt-label", "its labels are `staging`"),
        ("greet@7", "no-prompt-version", "its newest version is 1"),
        ("greet@latest", "prompt-reference", "`name` for the newest"),
        ("Greet!", "prompt-reference", "lower-case"),
    ] {
        let body = json!({ "definitions": [
            { "file": "a.toml", "toml": endpoint("a", reference) }] });
        let refused = pilot.post("/api/deployments", body).await?;
        assert_eq!(kind(&refused), (422, "definition-invalid"));
        let finding = &refused.1["findings"][0];
        assert_eq!((&finding["code"], &finding["pointer"]), (&json!(code), &json!("/prompt/use")));
        assert_eq!(finding["location"]["line"], 4, "{finding}");
        assert!(finding["hint"].as_str().unwrap().contains(words), "{finding}");
    }
    // What is wrong inside the prompt is told with its place in there.
    let body = json!({ "definitions": [{ "file": "a.toml", "toml": endpoint("a", "greet@1") }] });
    let (_, checked) = pilot.post("/api/endpoints/check", body).await?;
    let finding = &checked["results"][0]["findings"][0];
    assert_eq!(
        finding["message"],
        "in `greet@1`, `template`, line 1, column 7: the template uses `wrod`, which is no request \
         field"
    );
    assert_eq!(finding["hint"], "did you mean `word`?");
    assert_eq!(
        (&finding["location"]["line"], &finding["location"]["column"]),
        (&json!(4), &json!(1))
    );
    let place = json!({ "line": 1, "column": 7, "offset": 6 });
    assert_eq!(finding["prompt"]["within"], place, "{finding}");
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moved_label_is_not_live_until_it_is_deployed() -> Outcome {
    let pilot = Pilot::start().await?;
    let put = async |version: i32| {
        let path = "/api/prompts/chat%2Fgreet/labels/production";
        let (status, moved) =
            pilot.request(Method::PUT, path, Some(json!({ "version": version }))).await?;
        assert_eq!(status.as_u16(), 200, "{moved}");
        Ok::<Value, crate::support::Failure>(moved)
    };
    make(&pilot, "chat/greet", "Hello {{ word }}").await?;
    put(1).await?;
    let toml = endpoint("hello", "chat/greet@production");
    let first = pilot.deployed(&toml).await?;
    assert_eq!(first.status, Status::Live, "{first:?}");
    let url = first.url.clone().unwrap();
    let answer = async || {
        let (_, version, body) = pilot.call(&url, json!({ "word": "world" })).await?;
        Ok::<_, crate::support::Failure>((
            version,
            body["text"].as_str().unwrap_or_default().to_owned(),
        ))
    };
    assert!(answer().await?.1.contains("Hello world"));

    // The code is what it would be with the text in its place.
    let inline = toml.replace("use = \"chat/greet@production\"", "template = \"Hello {{ word }}\"");
    let body = json!({ "code": true, "definitions": [{ "file": "a.toml", "toml": inline }] });
    let (_, checked) = pilot.post("/api/endpoints/check", body).await?;
    let source = pilot.get("/api/endpoints/hello/source").await?;
    assert_eq!(checked["results"][0]["code"], source["files"]);

    let (_, second) = pilot
        .request(Method::PATCH, "/api/prompts/chat%2Fgreet", Some(says("Bye {{ word }}")))
        .await?;
    assert_eq!(second["version"], 2, "{second}");
    assert_eq!(second["used_by"], json!(["hello"]));
    assert!(!pilot.get("/api/endpoints").await?["items"][0]["prompt"]["newer"].as_bool().unwrap());

    assert_eq!(put(2).await?["endpoints"], json!(["hello"]));
    let listed = pilot.get("/api/endpoints").await?["items"][0]["prompt"].clone();
    assert_eq!(
        listed,
        json!({ "use": "chat/greet@production", "name": "chat/greet", "version": 2,
                "live_version": 1, "newer": true })
    );
    let (version, text) = answer().await?;
    assert!(version == "1" && text.contains("Hello world"), "{text}");

    let refused =
        pilot.request(Method::DELETE, "/api/prompts/chat%2Fgreet", Some(json!({}))).await?;
    assert_eq!(kind(&(refused.0.as_u16(), refused.1)), (409, "prompt-in-use"));

    let deployed = pilot.deployed(&toml).await?;
    assert_eq!((deployed.status, deployed.version), (Status::Live, 2));
    let (version, text) = answer().await?;
    assert!(version == "2" && text.contains("Bye world"), "{text}");
    assert_eq!(pilot.get("/api/endpoints").await?["items"][0]["prompt"]["newer"], false);
    let uses = pilot.get("/api/prompts/chat%2Fgreet/uses").await?;
    assert_eq!(uses["items"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&uses["items"][0]["prompt_version"], &uses["items"][0]["live"]),
        (&json!(2), &json!(["production"]))
    );

    // The way back is the version that served, with the text that it had.
    let (status, back) = pilot.post("/api/endpoints/hello/rollback", json!({})).await?;
    assert_eq!((status, &back["to"]), (200, &json!(1)), "{back}");
    assert!(answer().await?.1.contains("Hello world"));
    assert_eq!(pilot.get("/api/endpoints").await?["items"][0]["prompt"]["newer"], true);
    pilot.stop().await
}
