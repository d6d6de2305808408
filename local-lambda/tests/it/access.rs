//! Who is let in.

use crate::common::{self, Lab, Result};
use aws_sdk_lambda::error::ProvideErrorMetadata;
use aws_sdk_lambda::types::FunctionUrlAuthType;
use local_lambda::{Host, StartError};

#[tokio::test(flavor = "multi_thread")]
async fn only_signed_requests_reach_the_api() -> Result<()> {
    let lab = Lab::start().await?;
    let address = lab.host().address();
    let list = format!("http://{address}/2015-03-31/functions");
    let unsigned = common::http().get(&list).send().await?;
    assert_eq!(unsigned.status(), 403);
    assert_eq!(unsigned.headers()["x-amzn-errortype"], "MissingAuthenticationTokenException");

    let wrong = common::client_with(lab.host(), "wrong").list_functions().send().await;
    assert_eq!(wrong.unwrap_err().code(), Some("InvalidSignatureException"));
    lab.client.list_functions().send().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn web_pages_and_other_names_are_refused() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let host =
        Host::start(local_lambda::Settings { auth: false, ..common::settings(&dir) }).await?;
    let list = format!("http://{}/2015-03-31/functions", host.address());
    let get = || common::http().get(&list);
    assert_eq!(get().send().await?.status(), 200);
    assert_eq!(get().header("origin", "https://evil.example").send().await?.status(), 403);
    assert_eq!(get().header("host", "evil.example").send().await?.status(), 403);
    assert_eq!(get().header("host", "localhost").send().await?.status(), 200);
    host.shutdown().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_iam_url_asks_for_a_signature() -> Result<()> {
    let lab = Lab::start().await?;
    lab.function("closed").await?;
    let url = lab.client.create_function_url_config().function_name("closed");
    let url = url.auth_type(FunctionUrlAuthType::AwsIam).send().await?.function_url;
    assert_eq!(common::http().get(&url).send().await?.status(), 403);

    // curl signs by itself, which makes it a judge.
    let keys = lab.host().credentials();
    let user = format!("{}:{}", keys.access_key_id(), keys.secret_access_key());
    let signed = tokio::process::Command::new("curl")
        .args([
            "-sS",
            "--aws-sigv4",
            &format!("aws:amz:{}:lambda", common::REGION),
            "--user",
            &user,
        ])
        .args(["-H", "content-type: text/plain", "-d", "hello", &format!("{url}a/b?c=d")])
        .output()
        .await?;
    let event: serde_json::Value = serde_json::from_slice(&signed.stdout)?;
    assert_eq!(event["body"], "hello");
    assert_eq!(event["requestContext"]["authorizer"]["iam"]["accessKey"], keys.access_key_id());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_has_one_host() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let first = Host::start(common::settings(&dir)).await?;
    let second = Host::start(common::settings(&dir)).await;
    assert!(matches!(second, Err(StartError::DataInUse { .. })));
    first.shutdown().await;
    Host::start(common::settings(&dir)).await?.shutdown().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_in_use_is_named() -> Result<()> {
    let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
    let dir = tempfile::tempdir()?;
    let listen = taken.local_addr()?;
    let refused = Host::start(local_lambda::Settings { listen, ..common::settings(&dir) }).await;
    let refused = refused.unwrap_err();
    assert!(matches!(refused, StartError::PortInUse { .. }));
    assert!(
        refused.to_string().contains(&format!("port {} is in use", listen.port())),
        "{refused}"
    );
    Ok(())
}
