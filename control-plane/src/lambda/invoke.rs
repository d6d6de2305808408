//! A call without a URL: the event that a URL would have made, and the whole answer.

use std::fmt;

use aws_sdk_lambda::{
    Client, primitives::Blob, types::InvokeWithResponseStreamResponseEvent as Event,
};
use serde_json::Value;

use super::{
    LambdaError,
    event::{Request, url_event},
    prelude::{self, Answer},
};

/// A function that did not answer, in its own words, such as on a variable that is missing.
#[derive(Debug)]
pub(crate) struct Crash(String);

impl fmt::Display for Crash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Calls a numbered version of a function.
pub(crate) async fn run(
    client: &Client,
    function: &str,
    version: &str,
    request: Request<'_>,
) -> Result<Result<Answer, Crash>, LambdaError> {
    let mut stream = client
        .invoke_with_response_stream()
        .function_name(function)
        .qualifier(version)
        .payload(Blob::new(url_event(request).to_string()))
        .send()
        .await
        .map_err(LambdaError::from_sdk("call the function"))?
        .event_stream;
    let mut bytes = Vec::new();
    loop {
        match stream.recv().await {
            Ok(Some(Event::PayloadChunk(chunk))) => {
                bytes.extend_from_slice(chunk.payload().map_or(&[], AsRef::as_ref));
            }
            Ok(Some(Event::InvokeComplete(end))) => {
                if let Some(code) = end.error_code() {
                    return Ok(Err(crash(code, end.error_details(), &bytes)));
                }
            }
            Ok(Some(_)) => {}
            Ok(None) => break,
            Err(error) => {
                return Err(LambdaError::from_sdk("read the function's answer")(error));
            }
        }
    }
    Ok(prelude::parse(&bytes).ok_or_else(|| crash("", None, &bytes)))
}

fn crash(code: &str, details: Option<&str>, bytes: &[u8]) -> Crash {
    let said = |text: &str| {
        let error = serde_json::from_str::<Value>(text).ok()?;
        Some(error.get("errorMessage")?.as_str()?.to_owned())
    };
    let payload = String::from_utf8_lossy(bytes);
    let why = details.map(|details| said(details).unwrap_or_else(|| details.to_owned()));
    let why = why.or_else(|| said(&payload));
    Crash(why.filter(|why| !why.is_empty()).unwrap_or_else(|| match code {
        "" => "its answer is no HTTP answer".to_owned(),
        code => code.to_owned(),
    }))
}
