//! Prompts: written, versioned, labelled, and what is refused.

use promptpilot_control_plane::SignUps;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    Failure, Outcome,
    person::{Person, kind},
    pilot::{Pilot, TOKEN},
};

/// A prompt with one text.
fn prompt(name: &str, text: &str) -> Value {
    json!({ "name": name, "content": { "prompt": { "template": text } } })
}

/// A content with one text.
fn says(text: &str) -> Value {
    json!({ "content": { "prompt": { "template": text } } })
}

async fn ask(
    pilot: &Pilot,
    method: Method,
    path: &str,
    body: Value,
) -> Result<(u16, Value), Failure> {
    let (status, body) = pilot.request(method, path, Some(body)).await?;
    Ok((status.as_u16(), body))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_save_that_changes_what_is_said_is_a_version() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    let (status, made) =
        pilot.post("/api/prompts", prompt("support/reply", "Hi {{ name }}")).await?;
    assert_eq!((status, &made["version"]), (201, &json!(1)), "{made}");
    assert_eq!(made["variables"], json!(["name"]));

    let path = "/api/prompts/support%2Freply";
    let (_, same) = ask(&pilot, Method::PATCH, path, says("Hi {{ name }}")).await?;
    assert_eq!(same["version"], 1, "what says the same is no version");
    let about = json!({ "description": "First words", "tags": ["b", "a", "b"] });
    let (_, told) = ask(&pilot, Method::PATCH, path, about).await?;
    assert_eq!((&told["version"], &told["tags"]), (&json!(1), &json!(["a", "b"])));
    let mut change = says("Dear {{ name }}, {{ text }}");
    change["message"] = json!("More polite");
    let (_, second) = ask(&pilot, Method::PATCH, path, change).await?;
    assert_eq!((&second["version"], &second["message"]), (&json!(2), &json!("More polite")));
    assert_eq!(second["description"], "First words");

    let (status, back) = pilot.post(&format!("{path}/rollback"), json!({ "version": 1 })).await?;
    assert_eq!((status, &back["version"]), (200, &json!(3)), "{back}");
    let versions = pilot.get(&format!("{path}/versions?limit=2")).await?;
    let items = versions["items"].as_array().unwrap();
    assert_eq!((&items[0]["version"], &items[0]["back_to"]), (&json!(3), &json!(1)));
    assert_eq!(versions["next"], "2");
    let first = pilot.get(&format!("{path}/versions/1")).await?;
    assert_eq!(first["sha256"], items[0]["sha256"]);
    assert_eq!(first["content"]["prompt"]["template"], "Hi {{ name }}");

    let diff = pilot.get(&format!("{path}/diff?from=1&to=2")).await?;
    let added: Vec<&str> = diff["texts"][0]["parts"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|part| part["change"] == "added")
        .map(|part| part["text"].as_str().unwrap())
        .collect();
    assert_eq!(added, ["Dear", ", {{ text }}"]);
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_save_at_once_are_both_shown_what_both_wrote() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    pilot.post("/api/prompts", prompt("hello", "one")).await?;
    let url = format!("{}/api/prompts/hello", pilot.url);
    let seen = pilot.client.get(&url).bearer_auth(TOKEN).send().await?;
    let seen = seen.headers()["etag"].to_str()?.to_owned();
    let save = |text: &str| {
        let request = pilot.client.patch(&url).bearer_auth(TOKEN).header("if-match", &seen);
        request.json(&says(text)).send()
    };
    let (a, b) = tokio::try_join!(save("by Ana"), save("by Bo"))?;
    let mut answers = [(a.status().as_u16(), a), (b.status().as_u16(), b)];
    answers.sort_by_key(|(status, _)| *status);
    let [(200, won), (412, lost)] = answers else { panic!("{answers:?}") };
    let (won, lost): (Value, Value) = (won.json().await?, lost.json().await?);
    assert_eq!(lost["current"]["content"], won["content"]);
    assert_eq!(lost["seen"]["content"]["prompt"]["template"], "one");
    assert_eq!(pilot.get("/api/prompts/hello").await?["version"], 2);
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_a_prompt_is_refused_with_a_reason() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    let many: String = (0..1000).map(|number| format!("{{{{ v{number} }}}}")).collect();
    let nul = json!({ "name": "a", "content": { "prompt": { "template": "a\0b" } } });
    let two = json!({ "name": "a", "content": {
        "prompt": { "template": "a", "messages": [{ "role": "user", "content": "b" }] } } });
    for (body, status, problem, words) in [
        (prompt("a", &"x".repeat(10 << 20)), 413, "prompt-too-large", "1024 KiB"),
        (prompt("a", &many), 422, "prompt-invalid", "has 1000"),
        (prompt("a", "Hi {{ name"), 422, "prompt-invalid", "line 1, column"),
        (prompt("a", "Hi {{ имя }}"), 422, "prompt-invalid", "line 1, column 7"),
        (prompt("a", "{{ x|shout }}"), 422, "prompt-invalid", "no filter `shout`"),
        (prompt("a", " "), 422, "prompt-invalid", "no text"),
        (json!({ "name": "a" }), 422, "prompt-invalid", "empty"),
        (two, 422, "prompt-invalid", "more than one form"),
        (nul, 400, "text-invalid", "U+0000"),
        (prompt("smile-😀", "x"), 422, "prompt-invalid", "U+1F600"),
        (prompt("a\u{202e}b", "x"), 422, "prompt-invalid", "U+202E"),
        (prompt("Reply", "x"), 422, "prompt-invalid", "U+0052"),
        (prompt("a//b", "x"), 422, "prompt-invalid", "begins with a letter"),
        (prompt("import", "x"), 422, "prompt-invalid", "reserved"),
        (prompt(&"a".repeat(129), "x"), 422, "prompt-invalid", "128"),
    ] {
        let shown: String = body["name"].to_string().chars().take(20).collect();
        let refused = pilot.post("/api/prompts", body).await?;
        assert_eq!(kind(&refused), (status, problem), "{shown} {}", refused.1["detail"]);
        let detail = refused.1["detail"].as_str().unwrap();
        assert!(detail.contains(words), "{detail}");
    }
    assert_eq!(pilot.get("/api/prompts").await?["items"], json!([]));
    pilot.post("/api/prompts", prompt("a", "x")).await?;
    let taken = pilot.post("/api/prompts", prompt("a", "y")).await?;
    assert_eq!(kind(&taken), (409, "prompt-name-taken"));
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn prompts_are_found_by_words_and_tags_and_come_in_pages() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    for (name, text, tag) in
        [("mail/a", "Greet", "mail"), ("mail/b", "Thank 100%_", "mail"), ("c", "Write SQL", "code")]
    {
        let mut new = prompt(name, text);
        new["tags"] = json!([tag]);
        pilot.post("/api/prompts", new).await?;
    }
    let names = async |query: &str| {
        let page = pilot.get(&format!("/api/prompts?{query}")).await?;
        let items = page["items"].as_array().unwrap().iter();
        let names: Vec<String> =
            items.map(|item| item["name"].as_str().unwrap().to_owned()).collect();
        Ok::<_, Failure>((names.join(" "), page["next"].clone()))
    };
    assert_eq!(names("q=sql").await?.0, "c");
    assert_eq!(names("q=MAIL/").await?.0, "mail/a mail/b");
    assert_eq!(names("q=%25_").await?.0, "mail/b", "a text, and no pattern");
    assert_eq!(names("tag=mail").await?.0, "mail/a mail/b");
    assert_eq!(names("limit=2").await?, ("c mail/a".to_owned(), json!("mail/a")));
    assert_eq!(names("limit=2&after=mail/a").await?, ("mail/b".to_owned(), Value::Null));

    let (status, _) = ask(&pilot, Method::DELETE, "/api/prompts/c", json!({})).await?;
    assert_eq!(status, 200);
    assert_eq!(names("").await?.0, "mail/a mail/b");
    assert_eq!(names("deleted=true").await?.0, "c");
    let gone = ask(&pilot, Method::GET, "/api/prompts/c", json!({})).await?;
    assert_eq!(kind(&gone), (404, "prompt-not-found"));
    let (status, back) = pilot.post("/api/prompts/c/restore", json!({})).await?;
    assert_eq!((status, &back["content"]["prompt"]["template"]), (200, &json!("Write SQL")));
    let twice = pilot.post("/api/prompts/c/restore", json!({})).await?;
    assert_eq!(kind(&twice), (409, "prompt-name-taken"));
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn labels_point_at_versions_and_their_moves_are_kept() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    pilot.post("/api/prompts", prompt("a", "one")).await?;
    ask(&pilot, Method::PATCH, "/api/prompts/a", says("two")).await?;
    let label = "/api/prompts/a/labels/staging";
    let put = async |version: Value| ask(&pilot, Method::PUT, label, version).await;
    let (status, set) = put(json!({ "version": 1 })).await?;
    assert_eq!((status, &set["from"], &set["to"]), (200, &Value::Null, &json!(1)), "{set}");
    put(json!({})).await?;
    let same = put(json!({ "version": 2 })).await?.1;
    assert_eq!((&same["from"], &same["to"]), (&json!(2), &json!(2)));
    let absent = put(json!({ "version": 3 })).await?;
    assert_eq!(kind(&absent), (404, "version-not-found"));
    for odd in ["latest", "3", "A", "a%2Fb"] {
        let path = format!("/api/prompts/a/labels/{odd}");
        let refused = ask(&pilot, Method::PUT, &path, json!({})).await?;
        assert_eq!(kind(&refused), (422, "label-invalid"), "{odd}");
    }
    let prompt = pilot.get("/api/prompts/a").await?;
    assert_eq!(prompt["labels"], json!([{ "label": "staging", "version": 2 }]));
    let (_, taken) = ask(&pilot, Method::DELETE, label, json!({})).await?;
    assert_eq!((&taken["from"], &taken["to"]), (&json!(2), &Value::Null));
    let absent = ask(&pilot, Method::DELETE, label, json!({})).await?;
    assert_eq!(kind(&absent), (404, "label-not-found"));
    let moves = pilot.get("/api/prompts/a/labels").await?;
    let moves: Vec<(&Value, &Value)> = moves["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (&item["from"], &item["to"]))
        .collect();
    let (none, one, two) = (Value::Null, json!(1), json!(2));
    assert_eq!(moves, [(&two, &none), (&one, &two), (&none, &one)]);
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_protected_label_takes_the_role_that_its_rule_says() -> Outcome {
    let pilot = Pilot::without_worker_with(|settings| settings.sign_ups = SignUps::Open).await?;
    let owner = Person::sign_up(&pilot, "owner").await?;
    let mut others = Vec::new();
    for role in ["developer", "admin"] {
        let invited = owner.invite(role).await?;
        others.push(Person::sign_up_with(&pilot, role, Some(&invited)).await?);
    }
    let [developer, admin] = others.try_into().unwrap();
    let org = owner.organization();
    let at = |path: &str| format!("{path}?org={org}");
    developer.post(&at("/api/prompts"), prompt("a", "one")).await?;
    let put = async |who: &Person, label: &str| {
        let path = at(&format!("/api/prompts/a/labels/{label}"));
        let answer = who.send(Method::PUT, &path, json!({})).await?;
        Ok::<_, Failure>(kind(&answer).0)
    };
    assert_eq!(put(&developer, "staging").await?, 200);
    assert_eq!(put(&developer, "production").await?, 403);
    assert_eq!(put(&admin, "production").await?, 200);

    let rule = async |who: &Person, label: &str, role: Value| {
        let path = at(&format!("/api/label-rules/{label}"));
        who.send(Method::PUT, &path, json!({ "role": role })).await
    };
    rule(&admin, "production", json!("developer")).await?;
    rule(&admin, "staging", json!("admin")).await?;
    assert_eq!(put(&developer, "production").await?, 200);
    assert_eq!(put(&developer, "staging").await?, 403);
    assert_eq!(kind(&rule(&admin, "staging", json!("owner")).await?), (403, "role-too-great"));
    rule(&owner, "staging", json!("owner")).await?;
    assert_eq!(kind(&rule(&admin, "staging", Value::Null).await?), (403, "role-too-great"));
    rule(&owner, "staging", Value::Null).await?;
    let (_, rules) = developer.get(&at("/api/label-rules")).await?;
    assert_eq!(rules["items"], json!([{ "label": "production", "role": "developer" }]));
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_is_whole_or_nothing_and_an_export_is_one() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    let mut rows: Vec<Value> =
        (0..1000).map(|number| prompt(&format!("p{number}"), "Hi {{ name }}")).collect();
    rows[736]["content"]["prompt"]["template"] = json!("Hi {{ name");
    let refused = pilot.post("/api/prompts/import", json!({ "prompts": rows })).await?;
    assert_eq!(kind(&refused), (422, "prompt-invalid"));
    assert_eq!(refused.1["row"], 737);
    let detail = refused.1["detail"].as_str().unwrap();
    assert!(detail.starts_with("row 737, `p736`: ") && detail.contains("nothing"), "{detail}");
    assert_eq!(pilot.get("/api/prompts").await?["items"], json!([]));

    rows[736] = prompt("p736", "Hello");
    let (status, imported) = pilot.post("/api/prompts/import", json!({ "prompts": rows })).await?;
    assert_eq!((status, imported["created"].as_array().unwrap().len()), (200, 1000));
    let exported = pilot.get("/api/prompts/export").await?;
    assert_eq!(exported["prompts"].as_array().unwrap().len(), 1000);
    rows[3] = prompt("p3", "Changed");
    let (_, imported) = pilot.post("/api/prompts/import", json!({ "prompts": rows })).await?;
    assert_eq!((&imported["changed"], &imported["unchanged"]), (&json!(["p3"]), &json!(999)));
    let twice = json!({ "prompts": [rows[0], rows[0]] });
    assert_eq!(pilot.post("/api/prompts/import", twice).await?.1["row"], 2);
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_library_gives_prompts_to_begin_with() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    let library = pilot.get("/api/prompt-templates?sandbox=true").await?;
    assert!(library["items"].as_array().unwrap().len() >= 20);
    let path = "/api/prompt-templates/translate-with-glossary/use";
    let (status, made) = pilot.post(path, json!({ "name": "l10n/translate" })).await?;
    assert_eq!((status, &made["name"]), (201, &json!("l10n/translate")), "{made}");
    assert_eq!(made["content"]["model"]["provider"], "anthropic");
    let taken = pilot.post(path, json!({ "name": "l10n/translate" })).await?;
    assert_eq!(kind(&taken), (409, "prompt-name-taken"));
    let near = pilot.post("/api/prompt-templates/write-sqll/use", json!({})).await?;
    assert_eq!(near.1["hint"], "did you mean `write-sql`?");
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn variables_are_found_with_their_places_and_types() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    let template = "Für {{ who }}:\n{% for item in items %}{{ item.title }}{% endfor %}";
    let body = json!({ "prompt": { "template": template }, "values": { "who": 7 } });
    let (status, checked) = pilot.post("/api/templates/check", body).await?;
    assert_eq!(status, 200, "{checked}");
    let who = &checked["variables"][0];
    assert_eq!((&who["name"], &who["field"]["type"]), (&json!("who"), &json!("integer")));
    let place = json!({ "line": 1, "column": 8, "offset": 8 });
    assert_eq!(who["uses"][0]["start"], place, "{who}");
    assert_eq!(who["uses"][0]["end"]["column"], 11);
    let items = &checked["variables"][1]["field"];
    assert_eq!((&items["type"], &items["items"]["type"]), (&json!("array"), &json!("object")));

    let broken = json!({ "prompt": { "template": "a\n{{ b" } });
    let (_, checked) = pilot.post("/api/templates/check", broken).await?;
    assert_eq!(checked["findings"][0]["within"]["line"], 2, "{checked}");
    pilot.stop().await
}
