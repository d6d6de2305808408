//! Packages that are too large, broken or ill-meant, and packages from S3.

use std::collections::HashMap;
use std::io::{Cursor, Write};
use std::sync::{Arc, Mutex};

use aws_sdk_lambda::error::ProvideErrorMetadata;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{FunctionCode, Runtime};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use local_lambda::{Host, Limits, Settings};
use serde_json::json;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::common::{self, Lab, ROLE, Result};

const NO_ZIP: &str =
    "Could not unzip uploaded file. Please check your file, then try to upload again.";

/// Tries to create a function of `code`, and says what the host said.
async fn refusal(lab: &Lab, code: FunctionCode) -> (String, String) {
    let create = lab.client.create_function().function_name("bad").role(ROLE);
    let create = create.runtime(Runtime::Providedal2023).handler("bootstrap").code(code);
    let refused = create.send().await.unwrap_err();
    let part = |text: Option<&str>| text.unwrap_or_default().to_owned();
    (part(refused.code()), part(refused.message()))
}

fn zipped(package: Vec<u8>) -> FunctionCode {
    FunctionCode::builder().zip_file(Blob::new(package)).build()
}

/// A zip with one entry that `write` writes.
fn zip(write: impl FnOnce(&mut ZipWriter<Cursor<Vec<u8>>>)) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    write(&mut writer);
    writer.finish().unwrap().into_inner()
}

/// Sets the flag that says that an entry is encrypted, at both places.
fn encrypted(mut package: Vec<u8>) -> Vec<u8> {
    for (signature, flags) in [(b"PK\x03\x04", 6), (b"PK\x01\x02", 8)] {
        let at = package.windows(4).position(|window| window == signature).unwrap();
        package[at + flags] |= 1;
    }
    package
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_packages_are_refused_and_the_host_goes_on() -> Result<()> {
    let lab = Lab::start().await?;
    let invalid = "InvalidParameterValueException";
    let script: &[u8] = b"#!/bin/sh\nexit 1\n";
    let link = |target: &'static str| {
        zip(|it| it.add_symlink("bin/link", target, SimpleFileOptions::default()).unwrap())
    };
    let unsafe_entries = [
        ("../evil", common::package(&[("../evil", 0o755, script)])),
        ("/etc/evil", common::package(&[("/etc/evil", 0o755, script)])),
        ("bin/link", link("/etc/passwd")),
        ("bin/link", link("../../outside")),
        ("bin/link", link("a/../../../outside")),
    ];
    for (name, package) in unsafe_entries {
        let (code, message) = refusal(&lab, zipped(package)).await;
        assert_eq!(code, invalid);
        assert!(message.contains(name), "{message}");
    }
    let truncated = common::package(&[("bootstrap", 0o755, script)])[..40].to_vec();
    let whole = common::package(&[("bootstrap", 0o755, script)]);
    for package in [b"no zip".to_vec(), Vec::new(), truncated, encrypted(whole)] {
        let refused = refusal(&lab, zipped(package)).await;
        assert_eq!(refused, (invalid.to_owned(), NO_ZIP.to_owned()));
    }
    let left = std::fs::read_dir(lab.dir.path().join("data/code"))?.count();
    assert_eq!(left, 0, "nothing of them is kept");
    lab.function("good").await?;
    assert_eq!(lab.invoke("good", json!({ "a": 1 })).await?.payload, json!({ "a": 1 }));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn links_inside_of_a_package_lead_where_they_should() -> Result<()> {
    let lab = Lab::start().await?;
    let script = b"#!/bin/sh\nexec ./lib/real\n";
    let package = zip(|it| {
        let options = SimpleFileOptions::default().unix_permissions(0o755);
        it.add_symlink("bootstrap", "bin/start", options).unwrap();
        it.start_file("bin/start", options).unwrap();
        it.write_all(script).unwrap();
        it.add_symlink("lib/real", "../bin/real", options).unwrap();
        it.start_file("bin/real", options).unwrap();
        it.write_all(&std::fs::read(common::example_path("function").unwrap()).unwrap()).unwrap();
    });
    lab.create("linked", package, 10, &[]).await?;
    assert_eq!(lab.invoke("linked", json!({ "a": 1 })).await?.payload, json!({ "a": 1 }));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn packages_have_a_size_packed_and_unpacked() -> Result<()> {
    let lab = Lab::start().await?;
    let bomb = zip(|it| {
        it.start_file("bootstrap", SimpleFileOptions::default()).unwrap();
        let zeros = vec![0; 1 << 20];
        (0..251).for_each(|_| it.write_all(&zeros).unwrap());
    });
    assert!(bomb.len() < 1_000_000);
    let message = "Unzipped size must be smaller than 262144000 bytes".to_owned();
    let refused = refusal(&lab, zipped(bomb)).await;
    assert_eq!(refused, ("InvalidParameterValueException".to_owned(), message));

    let too_large = "RequestEntityTooLargeException".to_owned();
    let large = common::package(&[("bootstrap", 0o755, &vec![0; 52_428_800])]);
    let message = "Zipped size must be smaller than 52428800 bytes".to_owned();
    assert_eq!(refusal(&lab, zipped(large)).await, (too_large.clone(), message));

    let larger = zipped(vec![0; 52_700_000]);
    let message = "Request must be smaller than 70167211 bytes for the CreateFunction operation";
    assert_eq!(refusal(&lab, larger).await, (too_large, message.to_owned()));

    let fits = common::package(&[("bootstrap", 0o755, &vec![0; 35_000_000])]);
    lab.create("fits", fits, 3, &[]).await?;
    Ok(())
}

type Objects = Arc<Mutex<HashMap<String, Vec<u8>>>>;

/// A bucket by the name of `packages`, which asks for signatures of `someone`.
async fn object(
    State(objects): State<Objects>,
    Path((bucket, key)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let refused = |status, code, message| {
        let error = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
        (status, error).into_response()
    };
    let signature = headers["authorization"].to_str().unwrap_or_default();
    if !signature.starts_with("AWS4-HMAC-SHA256 Credential=someone/")
        || !signature.contains("/s3/aws4_request")
        || !headers.contains_key("x-amz-content-sha256")
    {
        return refused(StatusCode::FORBIDDEN, "AccessDenied", "Access Denied");
    }
    if bucket != "packages" {
        let message = "The specified bucket does not exist";
        return refused(StatusCode::NOT_FOUND, "NoSuchBucket", message);
    }
    match objects.lock().unwrap().get(&key) {
        Some(bytes) => bytes.clone().into_response(),
        None => refused(StatusCode::NOT_FOUND, "NoSuchKey", "The specified key does not exist."),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn code_may_come_from_s3() -> Result<()> {
    let objects = Objects::default();
    objects.lock().unwrap().insert("team a/function.zip".to_owned(), common::example()?);
    let app = axum::Router::new().route("/{bucket}/{*key}", axum::routing::get(object));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let endpoint = format!("http://someone:secret@{}", listener.local_addr()?);
    let bucket = tokio::spawn(async { axum::serve(listener, app.with_state(objects)).await });

    let dir = tempfile::tempdir()?;
    let settings = Settings { s3_endpoint: Some(endpoint), ..common::settings(&dir) };
    let host = Host::start_with(settings, Limits::default()).await?;
    let lab = Lab { client: common::client(&host), host: Some(host), dir };
    let code = |bucket, key| FunctionCode::builder().s3_bucket(bucket).s3_key(key).build();

    let create = lab.client.create_function().function_name("from-s3").role(ROLE).timeout(10);
    let create = create.runtime(Runtime::Providedal2023).handler("bootstrap");
    create.code(code("packages", "team a/function.zip")).send().await?;
    assert_eq!(lab.invoke("from-s3", json!({ "a": 1 })).await?.payload, json!({ "a": 1 }));
    let update = lab.client.update_function_code().function_name("from-s3").s3_bucket("packages");
    update.clone().s3_key("team a/function.zip").send().await?;

    let told = |code: &str, message: &str| {
        format!(
            "Error occurred while GetObject. S3 Error Code: {code}. S3 Error Message: {message}"
        )
    };
    let no_key = told("NoSuchKey", "The specified key does not exist.");
    let no_bucket = told("NoSuchBucket", "The specified bucket does not exist");
    assert_eq!(refusal(&lab, code("packages", "none")).await.1, no_key);
    assert_eq!(refusal(&lab, code("other", "none")).await.1, no_bucket);
    let refused = update.s3_key("none").send().await.unwrap_err();
    assert_eq!(refused.message(), Some(no_key.as_str()));
    bucket.abort();
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_without_s3_says_so() -> Result<()> {
    let lab = Lab::start().await?;
    let code = FunctionCode::builder().s3_bucket("b").s3_key("k").build();
    let (_, message) = refusal(&lab, code).await;
    assert!(message.contains("started without an S3 endpoint"), "{message}");
    Ok(())
}
