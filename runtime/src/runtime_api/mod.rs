//! The Runtime API of a Lambda host: calls are fetched there, and answered.
//!
//! A client of our own, since an answer that is there already then leaves in one packet, and a caller
//! who goes away ends a call and not the process. The protocol is
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>, with response streaming as in
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html>.

mod answer;
mod connection;

use std::{io, sync::Arc};

use bytes::Bytes;
use serde_json::json;
use tokio::task::JoinSet;

use self::{
    answer::Sent,
    connection::{Connection, Invocation},
};
use crate::{
    event::{Incoming, UrlEvent},
    function::Function,
    log::{Level, log},
    problem::{EVENT_INVALID, Problem},
    reply::Reply,
    route::{self, Platform},
};

/// Where the Runtime API listens; set by every Lambda host.
pub(crate) const ADDRESS_VARIABLE: &str = "AWS_LAMBDA_RUNTIME_API";

/// The Runtime API did not do as it should. There is nothing to be done without it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    #[error("could not connect to {address}: {source}")]
    Connect { address: String, source: io::Error },
    #[error("the connection to {address} broke: {source}")]
    Broken { address: String, source: hyper::Error },
    #[error("`{path}` was answered with status {status}")]
    Refused { path: String, status: u16 },
    #[error("a call came without a usable `{0}` header")]
    Header(&'static str),
}

/// Takes calls, so many at once, until the host ends the process or fails.
pub(crate) async fn serve(
    function: Function,
    address: &str,
    at_once: usize,
) -> Result<(), ApiError> {
    let function = Arc::new(function);
    let mut pollers = JoinSet::new();
    for _ in 0..at_once {
        let (function, mut connection) = (Arc::clone(&function), Connection::to(address));
        pollers.spawn(async move {
            loop {
                if let Err(error) = take_call(&function, &mut connection).await {
                    return error;
                }
            }
        });
    }
    while let Some(ended) = pollers.join_next().await {
        // A poller that panicked has said so; the others go on.
        if let Ok(error) = ended {
            return Err(error);
        }
    }
    Ok(())
}

/// One call, from its event to its record.
async fn take_call(function: &Arc<Function>, connection: &mut Connection) -> Result<(), ApiError> {
    let Invocation { request_id, deadline_ms, event } = connection.next().await?;
    let incoming = match serde_json::from_slice::<UrlEvent>(&event) {
        Ok(event) => Incoming::try_from(event)
            .map_err(|error| Problem::new(EVENT_INVALID, error.to_string())),
        Err(error) => {
            let message = format!("the event cannot be read: {error}");
            return connection.fail(&request_id, "Runtime.InvalidEvent", &message).await;
        }
    };
    let (reply, answered) = Reply::new();
    let platform = Platform { request_id: request_id.clone(), deadline_ms };
    let call = tokio::spawn(route::handle(Arc::clone(function), incoming, platform, reply));
    let sent = connection.answer(&request_id, answered).await;
    // The host may freeze the process as soon as it asks for more: the record comes before that.
    let panicked = call.await.is_err();
    match sent {
        Ok(Sent::Whole) => Ok(()),
        Ok(Sent::Nothing) => {
            let message = if panicked { "the call panicked" } else { "the call has no answer" };
            connection.fail(&request_id, "Runtime.NoAnswer", message).await
        }
        // This is how a host tells that the caller went away. Whatever else it may be shows when the
        // next call is asked for.
        Err(error) => {
            log(Level::Info, &format!("an answer was not taken: {error}"));
            Ok(())
        }
    }
}

/// Tells the host why there will be no calls, so that it can tell the deployer.
pub(crate) async fn report(address: &str, error: &impl ToString) -> Result<(), ApiError> {
    Connection::to(address).fail_init("Runtime.InitError", &error.to_string()).await
}

/// An error document as the service has them.
fn document(kind: &str, message: &str) -> Bytes {
    json!({ "errorType": kind, "errorMessage": message }).to_string().into()
}
