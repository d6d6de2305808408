//! From a definition to a live URL, against a real host and a real database.

use promptpilot_control_plane::deploy::model::Status;
use serde_json::json;

use crate::support::{
    Outcome,
    pilot::{Pilot, echo},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_definition_becomes_a_url_and_an_edit_is_answered_there() -> Outcome {
    let pilot = Pilot::start().await?;
    let first = pilot.deployed(&echo("hello", "Hello")).await?;
    assert_eq!(first.status, Status::Live, "{first:?} {:?}", pilot.log(&first).await?);
    let url = first.url.clone().unwrap();
    let (status, version, body) = pilot.call(&url, json!({ "word": "world" })).await?;
    assert_eq!((status, &*version), (200, "1"), "{body}");
    assert!(body["text"].as_str().unwrap().contains("Hello world"), "{body}");

    let second = pilot.deployed(&echo("hello", "Good evening")).await?;
    assert_eq!((second.status, second.version), (Status::Live, 2));
    assert_eq!(second.url.as_deref(), Some(&*url));
    let (_, version, body) = pilot.call(&url, json!({ "word": "world" })).await?;
    assert_eq!(version, "2");
    assert!(body["text"].as_str().unwrap().contains("Good evening world"), "{body}");

    let passed: Vec<Status> = second.stages.iter().map(|stage| stage.status).collect();
    assert_eq!(passed, Status::ALL[..7]);
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_serves_can_be_tried_without_a_key() -> Outcome {
    let pilot = Pilot::start().await?;
    let tried = |request| pilot.post("/api/endpoints/hello/try", json!({ "request": request }));
    let (status, problem) = tried(json!({ "word": "world" })).await?;
    assert_eq!(
        (status, &problem["type"]),
        (404, &json!("urn:promptpilot:problem:endpoint-not-found"))
    );

    let live = pilot.deployed(&echo("hello", "Hello")).await?;
    let copied = pilot.get("/api/endpoints/hello/snippets").await?;
    assert_eq!(copied["url"], json!(live.url));
    assert_eq!(copied["request"], json!({ "word": "some word" }));
    let languages: Vec<_> =
        copied["snippets"].as_array().unwrap().iter().map(|it| it["language"].clone()).collect();
    assert_eq!(languages, ["curl", "python", "typescript"]);
    let curl = copied["snippets"][0]["code"].as_str().unwrap();
    assert!(curl.starts_with(&format!("curl {}", live.url.unwrap())), "{curl}");
    let (status, answer) = tried(json!({ "word": "world" })).await?;
    assert_eq!((status, &answer["status"], &answer["version"]), (200, &json!(200), &json!(1)));
    assert!(answer["body"]["text"].as_str().unwrap().contains("Hello world"), "{answer}");
    assert!(answer["call"].is_string(), "{answer}");

    let (status, refused) = tried(json!({})).await?;
    assert_eq!((status, &refused["status"]), (200, &json!(422)));
    assert_eq!(refused["body"]["errors"][0]["pointer"], "/word", "{refused}");
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_not_changed_is_not_deployed_again() -> Outcome {
    let pilot = Pilot::start().await?;
    let toml = echo("hello", "Hello");
    let first = pilot.deployed(&toml).await?;
    // Comments and order are no change.
    let again = pilot.deploy(&[format!("# a comment\n{toml}")]).await?;
    assert_eq!(again.batch, None);
    let unchanged = &again.deployments[0];
    assert!(unchanged.unchanged);
    assert_eq!((unchanged.id, unchanged.status, unchanged.version), (first.id, Status::Live, 1));
    assert_eq!(unchanged.url, first.url);

    let body = json!({ "force": true, "definitions": [{ "file": "hello.toml", "toml": toml }] });
    let (status, forced) = pilot.post("/api/deployments", body).await?;
    assert_eq!(status, 202);
    let forced = pilot.finished(&serde_json::from_value(forced)?).await?;
    assert_eq!((forced[0].status, forced[0].version), (Status::Live, 1));
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_says_what_a_deploy_will_do() -> Outcome {
    let pilot = Pilot::start().await?;
    let plan = async |toml: &[String]| {
        let files = toml.iter().map(|toml| json!({ "file": "a.toml", "toml": toml }));
        let body = json!({ "definitions": files.collect::<Vec<_>>() });
        let (status, plan) = pilot.post("/api/endpoints/plan", body).await?;
        assert_eq!(status, 200, "{plan}");
        Ok::<_, crate::support::Failure>(plan)
    };
    let toml = echo("hello", "Hello");
    let new = plan(std::slice::from_ref(&toml)).await?;
    assert_eq!((&new["environment"], &new["changes"]), (&json!("production"), &json!(true)));
    let one = &new["endpoints"][0];
    assert_eq!((&one["action"], &one["version"]), (&json!("create"), &json!(1)), "{one}");
    assert_eq!(one["artifact"]["reused"], false);
    assert_eq!(one["ceiling"]["micro_usd"], json!({ "at_most": 0 }));
    assert_eq!(pilot.get("/api/endpoints").await?["items"], json!([]), "nothing is saved");

    pilot.deployed(&toml).await?;
    let changed = toml.replace("max_length = 100", "max_length = 50").replace("Hello", "Welcome");
    let model = "[[model.fallback]]\nprovider = \"openai\"\nname = \"gpt-4o-mini\"\n[request.word]";
    let other = echo("other", "Hi").replace("[request.word]", model);
    let same = plan(std::slice::from_ref(&toml)).await?;
    let same = &same["endpoints"][0];
    assert_eq!((&same["action"], &same["artifact"]["reused"]), (&json!("unchanged"), &json!(true)));
    let next = plan(&[changed, other]).await?;
    let [changed, other] = &next["endpoints"].as_array().unwrap()[..] else { panic!("{next}") };
    assert_eq!(
        (&changed["action"], &changed["version"], &changed["live_version"]),
        (&json!("change"), &json!(2), &json!(1))
    );
    assert_eq!(
        changed["changes"],
        json!([
            { "pointer": "/prompt/template", "from": "Hello {{ word }}", "to": "Welcome {{ word }}" },
            { "pointer": "/request/word/max_length", "from": 100, "to": 50 },
        ])
    );
    let broken = &changed["breaks"];
    assert_eq!(
        (broken.as_array().unwrap().len(), &broken[0]["code"]),
        (1, &json!("request-narrowed"))
    );
    let missing = json!([{ "provider": "openai", "name": "default" }]);
    assert_eq!((&other["action"], &other["missing_credentials"]), (&json!("create"), &missing));
    assert!(other["ceiling"]["micro_usd"]["at_most"].as_u64().unwrap() > 0, "{other}");

    let body = json!({ "definitions": [{ "file": "a.toml", "toml": "name = 1" }] });
    let (status, problem) = pilot.post("/api/endpoints/plan", body).await?;
    assert_eq!((status, problem["findings"].is_array()), (422, true), "{problem}");
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn going_back_to_an_earlier_text_finds_its_artifact() -> Outcome {
    let pilot = Pilot::start().await?;
    for text in ["first", "second"] {
        pilot.deployed(&echo("hello", text)).await?;
    }
    let third = pilot.deployed(&echo("hello", "first")).await?;
    assert_eq!((third.status, third.version), (Status::Live, 3));
    let log = pilot.log(&third).await?;
    assert!(log.iter().any(|line| line.text == "built before: nothing to compile"), "{log:?}");
    let (_, version, body) = pilot.call(&third.url.unwrap(), json!({ "word": "x" })).await?;
    assert_eq!(version, "3");
    assert!(body["text"].as_str().unwrap().contains("first x"));
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_endpoints_go_live_together() -> Outcome {
    let pilot = Pilot::start().await?;
    let definitions: Vec<String> =
        (0..8).map(|index| echo(&format!("hello-{index}"), &format!("{index} says"))).collect();
    let batch = pilot.deploy(&definitions).await?;
    let ended = pilot.finished(&batch).await?;
    assert!(ended.iter().all(|deployment| deployment.status == Status::Live), "{ended:?}");
    for (index, deployment) in ended.iter().enumerate() {
        let url = deployment.url.as_deref().unwrap();
        let (_, _, body) = pilot.call(url, json!({ "word": "hi" })).await?;
        assert!(body["text"].as_str().unwrap().contains(&format!("{index} says hi")), "{body}");
    }
    pilot.stop().await
}

/// A definition whose own test cannot pass.
fn failing(name: &str) -> String {
    let definition = echo(name, "Hello");
    format!(
        "{definition}[[tests]]\nrequest = {{ word = \"x\" }}\nexpect = {{ contains = [\"rhyme\"] }}\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_test_leaves_the_old_version_serving() -> Outcome {
    let pilot = Pilot::start().await?;
    let first = pilot.deployed(&echo("hello", "Old")).await?;
    let second = pilot.deployed(&failing("hello")).await?;
    assert_eq!(second.status, Status::Failed);
    let error = second.error.clone().unwrap();
    assert_eq!(error.stage, Status::Verifying);
    assert_eq!(error.message, "test 1 failed: the answer does not contain `rhyme`");
    assert_eq!(error.pointer.as_deref(), Some("/tests/0/expect/contains/0"));
    let location = error.location.unwrap();
    assert_eq!((&*location.file, location.line), ("0.toml", 15));
    assert!(!error.internal);
    let (status, version, body) = pilot.call(&first.url.unwrap(), json!({ "word": "x" })).await?;
    assert_eq!((status, &*version), (200, "1"), "{body}");
    // Tried again it fails again, as a deployment of its own.
    let (status, retried) =
        pilot.post(&format!("/api/deployments/{}/retry", second.id), json!({})).await?;
    assert_eq!(status, 202, "{retried}");
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_batch_all_go_live_or_none() -> Outcome {
    let pilot = Pilot::start().await?;
    let before = pilot.deployed(&echo("alpha", "Before")).await?;
    let batch =
        pilot.deploy(&[echo("alpha", "After"), failing("beta"), echo("gamma", "New")]).await?;
    let ended = pilot.finished(&batch).await?;
    let statuses: Vec<Status> = ended.iter().map(|deployment| deployment.status).collect();
    assert_eq!(statuses, [Status::Cancelled, Status::Failed, Status::Cancelled]);
    assert_eq!(
        ended[0].error.as_ref().unwrap().message,
        "stopped because `beta` failed: all of a deploy goes live, or nothing"
    );
    let (_, version, body) = pilot.call(&before.url.unwrap(), json!({ "word": "x" })).await?;
    assert_eq!(version, "1");
    assert!(body["text"].as_str().unwrap().contains("Before"));
    for name in ["beta", "gamma"] {
        let endpoint = pilot.get(&format!("/api/endpoints/{name}")).await?;
        assert_eq!(endpoint["url"], json!(null), "a first deploy that fails leaves no URL");
    }
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn rolling_back_moves_the_alias_and_builds_nothing() -> Outcome {
    let pilot = Pilot::start().await?;
    let mut url = String::new();
    for text in ["one", "two", "three"] {
        url = pilot.deployed(&echo("hello", text)).await?.url.unwrap();
    }
    let (status, back) = pilot.post("/api/endpoints/hello/rollback", json!({})).await?;
    assert_eq!((status, &back["from"], &back["to"]), (200, &json!(3), &json!(2)), "{back}");
    assert_eq!(pilot.call(&url, json!({ "word": "x" })).await?.1, "2");
    // Once more goes further back, not forth again.
    let (_, back) = pilot.post("/api/endpoints/hello/rollback", json!({})).await?;
    assert_eq!((&back["from"], &back["to"]), (&json!(2), &json!(1)));
    let (status, none) = pilot.post("/api/endpoints/hello/rollback", json!({})).await?;
    assert_eq!(
        (status, &none["type"]),
        (409, &json!("urn:promptpilot:problem:nothing-to-roll-back-to"))
    );
    let (_, forth) = pilot.post("/api/endpoints/hello/rollback", json!({ "version": 3 })).await?;
    assert_eq!(forth["to"], json!(3));
    assert_eq!(pilot.call(&url, json!({ "word": "x" })).await?.1, "3");
    let versions = pilot.get("/api/endpoints/hello/versions").await?;
    let live: Vec<_> =
        versions["items"].as_array().unwrap().iter().map(|v| v["live"].clone()).collect();
    assert_eq!(live, [true, false, false]);
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_endpoint_answers_no_more_and_its_name_is_free() -> Outcome {
    let pilot = Pilot::start().await?;
    let first = pilot.deployed(&echo("hello", "Hello")).await?;
    let url = first.url.unwrap();
    let (status, _) = pilot.request(reqwest::Method::DELETE, "/api/endpoints/hello", None).await?;
    assert_eq!(status, 200);
    assert_ne!(pilot.call(&url, json!({ "word": "x" })).await?.0, 200);
    let (status, _) = pilot.request(reqwest::Method::GET, "/api/endpoints/hello", None).await?;
    assert_eq!(status, 404);
    let again = pilot.deployed(&echo("hello", "Hello")).await?;
    assert_eq!((again.status, again.version), (Status::Live, 1));
    assert_ne!(again.url.unwrap(), url);
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn old_versions_are_swept_and_those_that_served_last_are_kept() -> Outcome {
    let mut pilot = Pilot::without_worker().await?;
    let mut settings = pilot.settings.clone();
    settings.worker.keep_versions = 2;
    pilot.add_worker_with(settings).await?;
    for text in ["one", "two", "three", "four"] {
        pilot.deployed(&echo("hello", text)).await?;
    }
    // Sweeping comes after the deploy has ended: stopping waits for it.
    pilot.stop_workers().await?;
    let (status, gone) =
        pilot.post("/api/endpoints/hello/rollback", json!({ "version": 1 })).await?;
    assert_eq!(status, 409, "{gone}");
    let (status, back) =
        pilot.post("/api/endpoints/hello/rollback", json!({ "version": 3 })).await?;
    assert_eq!(status, 200, "{back}");
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_is_the_same_bytes_alone_and_beside_others() -> Outcome {
    let toml = echo("hello", "Hello");
    let mut alone = artifacts(std::slice::from_ref(&toml)).await?;
    let others = (0..4).map(|index| echo(&format!("other-{index}"), &format!("{index}")));
    let beside = artifacts(&others.chain([toml]).collect::<Vec<_>>()).await?;
    let (id, code) = alone.pop().unwrap();
    assert!(beside.contains(&(id, code)), "{beside:?}");
    Ok(())
}

/// Identity and code of what a system of its own builds of these definitions.
async fn artifacts(
    definitions: &[String],
) -> Result<Vec<(String, String)>, crate::support::Failure> {
    let pilot = Pilot::start().await?;
    let batch = pilot.deploy(definitions).await?;
    let ended = pilot.finished(&batch).await?;
    assert!(ended.iter().all(|deployment| deployment.status == Status::Live), "{ended:?}");
    let mut db = pilot.database.connect().await?;
    let built = sqlx::query_as("select id, code_sha256 from artifacts").fetch_all(&mut db).await?;
    drop(db);
    pilot.stop().await?;
    Ok(built)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_not_used_is_not_in_the_program() -> Outcome {
    const HOST: &[u8] = b"api.openai.com";
    let pilot = Pilot::start().await?;
    let live = pilot.deployed(&echo("hello", "Hello")).await?;
    assert_eq!(live.status, Status::Live);
    let mut folders = vec![pilot.settings.data.join("artifacts")];
    let mut programs = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let mut archive = zip::ZipArchive::new(std::fs::File::open(path)?)?;
            let mut program = Vec::new();
            std::io::Read::read_to_end(&mut archive.by_name("bootstrap")?, &mut program)?;
            assert!(!program.windows(HOST.len()).any(|window| window == HOST));
            programs += 1;
        }
    }
    assert_eq!(programs, 1);
    pilot.stop().await
}
