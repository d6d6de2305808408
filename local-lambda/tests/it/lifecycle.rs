//! The way of a publisher: create, publish, alias, URL, permission, call, update, delete.

use crate::common::{self, Lab, Result, example, package};
use aws_sdk_lambda::error::ProvideErrorMetadata;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{
    AliasRoutingConfiguration, Environment, FunctionUrlAuthType, InvokeMode, LastUpdateStatus,
    State,
};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_brings_a_function_to_its_url() -> Result<()> {
    let lab = Lab::start().await?;
    lab.function("echo").await?;

    let settled = lab.client.get_function().function_name("echo").send().await?;
    let settled = settled.configuration.unwrap();
    assert_eq!(settled.state, Some(State::Active));
    assert_eq!(settled.last_update_status, Some(LastUpdateStatus::Successful));

    let published = lab.client.publish_version().function_name("echo").send().await?;
    assert_eq!(published.version.as_deref(), Some("1"));
    let again = lab.client.publish_version().function_name("echo").send().await?;
    assert_eq!(again.version.as_deref(), Some("1"), "nothing has changed");

    let alias = lab.client.create_alias().function_name("echo").name("live");
    alias.function_version("1").send().await?;
    let url = lab.client.create_function_url_config().function_name("echo").qualifier("live");
    let url = url.auth_type(FunctionUrlAuthType::None).send().await?.function_url;

    let closed = common::http().get(&url).send().await?;
    assert_eq!(closed.status(), 403);
    assert_eq!(closed.headers()["x-amzn-errortype"], "AccessDeniedException");
    lab.permit("echo", Some("live")).await?;

    let answer = common::http().post(format!("{url}some/path?a=1")).body("hello").send().await?;
    assert_eq!(answer.status(), 200);
    let event: serde_json::Value = answer.json().await?;
    assert_eq!(event["rawPath"], "/some/path");
    assert_eq!(event["queryStringParameters"]["a"], "1");
    assert_eq!(event["requestContext"]["http"]["method"], "POST");

    let invoked = lab.invoke("echo:live", json!({ "hello": "world" })).await?;
    assert_eq!((invoked.version.as_str(), invoked.error), ("1", None));
    assert_eq!(invoked.payload, json!({ "hello": "world" }));

    lab.client.delete_function().function_name("echo").send().await?;
    let gone = lab.client.get_function().function_name("echo").send().await.unwrap_err();
    assert!(gone.as_service_error().unwrap().is_resource_not_found_exception());
    assert_eq!(common::http().get(&url).send().await?.status(), 403);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_serves_at_once_and_a_rollback_is_an_alias() -> Result<()> {
    let lab = Lab::start().await?;
    lab.function_with("greet", 10, &[("GREETING", "one")]).await?;
    let client = &lab.client;
    client.publish_version().function_name("greet").send().await?;
    client.create_alias().function_name("greet").name("live").function_version("1").send().await?;
    let greeting = async || -> Result<String> {
        let invoked = lab.invoke("greet:live", json!({ "do": "environment" })).await?;
        Ok(invoked.payload["variables"]["GREETING"].as_str().unwrap().to_owned())
    };
    assert_eq!(greeting().await?, "one");

    let two = Environment::builder().variables("GREETING", "two").build();
    let update = client.update_function_configuration().function_name("greet").environment(two);
    let updated = update.send().await?;
    assert_eq!(updated.last_update_status, Some(LastUpdateStatus::InProgress));
    let published = client.publish_version().function_name("greet").send().await?;
    assert_eq!(published.version.as_deref(), Some("2"));
    assert_eq!(greeting().await?, "one", "the alias has not moved");

    client.update_alias().function_name("greet").name("live").function_version("2").send().await?;
    assert_eq!(greeting().await?, "two");
    client.update_alias().function_name("greet").name("live").function_version("1").send().await?;
    assert_eq!(greeting().await?, "one");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn revisions_guard_against_others() -> Result<()> {
    let lab = Lab::start().await?;
    lab.function("guarded").await?;
    let client = &lab.client;
    let seen = client.get_function_configuration().function_name("guarded").send().await?;
    let seen = seen.revision_id.unwrap();

    let code = Blob::new(example()?);
    let update = client.update_function_code().function_name("guarded").zip_file(code.clone());
    let dry = update.clone().dry_run(true).revision_id(&seen).send().await?;
    assert_eq!(dry.version.as_deref(), Some("$LATEST"));
    update.clone().revision_id(&seen).send().await?;
    let stale = update.revision_id(&seen).send().await.unwrap_err();
    assert!(stale.as_service_error().unwrap().is_precondition_failed_exception());

    let wrong = client.publish_version().function_name("guarded").code_sha256("other").send().await;
    let wrong = wrong.unwrap_err();
    assert!(wrong.message().unwrap().starts_with("CodeSHA256 (other) is different from current"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn weights_of_an_alias_are_honoured() -> Result<()> {
    let lab = Lab::start().await?;
    lab.function("split").await?;
    let client = &lab.client;
    client.publish_version().function_name("split").send().await?;
    client.update_function_configuration().function_name("split").timeout(9).send().await?;
    client.publish_version().function_name("split").send().await?;
    let routing = |weight| {
        AliasRoutingConfiguration::builder().additional_version_weights("2", weight).build()
    };
    let alias = client.create_alias().function_name("split").name("both").function_version("1");
    alias.routing_config(routing(0.5)).send().await?;

    let mut seen = std::collections::BTreeMap::<String, u32>::new();
    for _ in 0..60 {
        *seen.entry(lab.invoke("split:both", json!({})).await?.version).or_default() += 1;
    }
    assert!(seen["1"] > 5 && seen["2"] > 5, "{seen:?}");

    let all =
        client.update_alias().function_name("split").name("both").routing_config(routing(1.0));
    all.send().await?;
    assert_eq!(lab.invoke("split:both", json!({})).await?.version, "2");
    let refused = client.delete_function().function_name("split").qualifier("2").send().await;
    assert!(refused.unwrap_err().as_service_error().unwrap().is_resource_conflict_exception());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_survives_a_restart() -> Result<()> {
    let mut lab = Lab::start().await?;
    lab.function_with("kept", 10, &[("SECRET", "tell-nobody")]).await?;
    lab.client.publish_version().function_name("kept").send().await?;
    let url = lab.open_url("kept", InvokeMode::Buffered).await?;
    let id = url.trim_end_matches('/').rsplit('/').next().unwrap().to_owned();
    lab.client
        .tag_resource()
        .resource(format!("arn:aws:lambda:{}:000000000000:function:kept", common::REGION))
        .tags("team", "a")
        .send()
        .await?;

    let stored = std::fs::read_to_string(lab.dir.path().join("data/functions/kept.json"))?;
    assert!(!stored.contains("tell-nobody"));
    lab.restart().await?;

    let found = lab.client.get_function().function_name("kept").qualifier("1").send().await?;
    let variables = found.configuration.unwrap().environment.unwrap().variables.unwrap();
    assert_eq!(variables["SECRET"], "tell-nobody");
    assert_eq!(found.tags.unwrap()["team"], "a");
    let url = format!("http://{}/e/{id}/", lab.host().address());
    assert_eq!(common::http().get(url).send().await?.status(), 200);

    let location = found.code.unwrap().location.unwrap();
    assert_eq!(common::http().get(location).send().await?.bytes().await?, example()?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_come_in_pages() -> Result<()> {
    let lab = Lab::start().await?;
    for number in 0..5 {
        lab.create(&format!("f{number}"), package(&[("bootstrap", 0o755, b"")]), 3, &[]).await?;
    }
    let pages = lab.client.list_functions().into_paginator().page_size(2).items().send();
    let names: Vec<_> =
        pages.try_collect().await?.into_iter().filter_map(|it| it.function_name).collect();
    assert_eq!(names, ["f0", "f1", "f2", "f3", "f4"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_functions_are_ready_soon() -> Result<()> {
    let mut lab = Lab::start().await?;
    let package = package(&[("bootstrap", 0o755, b"#!/bin/sh\n")]);
    for number in 0..500 {
        lab.create(&format!("f{number}"), package.clone(), 3, &[("KEY", "value")]).await?;
    }
    lab.host.take().unwrap().shutdown().await;
    let begun = std::time::Instant::now();
    lab.restart().await?;
    let took = begun.elapsed();
    assert!(took < std::time::Duration::from_secs(1), "{took:?}");
    let settings = lab.client.get_account_settings().send().await?;
    assert_eq!(settings.account_usage.unwrap().function_count, 500);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_says_so() -> Result<()> {
    let lab = Lab::start().await?;
    let missing = lab.client.list_layers().send().await.unwrap_err();
    assert_eq!(missing.raw_response().unwrap().status().as_u16(), 501);
    assert!(missing.message().unwrap().contains("ListLayers"));
    Ok(())
}
