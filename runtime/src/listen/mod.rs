//! The endpoint as a plain server, without a Lambda host: `--listen ADDRESS`, HTTP/1.1 and HTTP/2 with
//! prior knowledge. A request goes the way that an event goes; only the door is another one.
//!
//! Only builds with the feature `serve` have it: functions that are deployed do not.

mod arguments;
mod connection;
mod otlp;
mod request;
mod signals;

use std::{convert::Infallible, env, io, net, sync::Arc, time::Duration};

use promptpilot_spec::deployment::{IDENTITY_VARIABLE, Identity, TOKEN_VARIABLE};
use tokio::{
    net::TcpListener,
    sync::{mpsc, watch},
    time::{sleep, timeout},
};
use uuid::Uuid;

pub(crate) use self::arguments::{Arguments, USAGE};
use self::{connection::Door, otlp::Exporter, signals::Signals};
use crate::{
    endpoint::Endpoint,
    function::Function,
    log::{LEVEL_VARIABLE, Level, log},
    output,
};

/// Calls that run when the end is asked for may take what the endpoint allows them, and this.
const GRACE: Duration = Duration::from_secs(1);

/// How long to wait where no connection can be accepted, such as for want of file descriptors.
const PAUSE: Duration = Duration::from_millis(50);

/// How far the server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Open,
    /// No new requests; those under way are finished.
    Draining,
    /// Callers have waited long enough.
    Over,
}

/// Serves an endpoint at an address until a signal asks for the end.
pub(crate) fn run(endpoint: &'static Endpoint, address: &str) -> Result<(), String> {
    let variable = |name: &str| variable(endpoint, name);
    let (output, spans) = otlp::beside(Box::new(output::to_stdout), endpoint.name, variable);
    let function =
        Function::start(endpoint, variable, output).map_err(|error| error.to_string())?;
    let refused = |error: io::Error| format!("could not listen at `{address}`: {error}");
    let listener = net::TcpListener::bind(address).map_err(refused)?;
    listener.set_nonblocking(true).map_err(refused)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("could not start the runtime: {error}"))?;
    runtime
        .block_on(serve(Arc::new(function), listener, spans))
        .map_err(|error| format!("the server failed: {error}"))
}

/// The environment. What only a deployment has need not be there, unless the endpoint looks up keys
/// as that deployment.
fn variable(endpoint: &Endpoint, name: &str) -> Option<String> {
    let given = env::var(name).ok().filter(|value| !value.is_empty());
    given.or_else(|| match name {
        LEVEL_VARIABLE => Some("info".to_owned()),
        _ if !endpoint.state.is_empty() => None,
        IDENTITY_VARIABLE => serde_json::to_string(&nobodys()).ok(),
        // It opens nothing here: requests never claim to be the deployment's own.
        TOKEN_VARIABLE => Some(Uuid::new_v4().to_string()),
        _ => None,
    })
}

/// Who an endpoint is that nobody deployed.
fn nobodys() -> Identity {
    Identity {
        organization: Uuid::nil(),
        environment: "standalone".to_owned(),
        endpoint: Uuid::nil(),
        version: 0,
        deployment: Uuid::nil(),
    }
}

async fn serve(
    function: Arc<Function>,
    listener: net::TcpListener,
    spans: Option<Exporter>,
) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    let mut signals = Signals::listen()?;
    let patience = Duration::from_millis(function.endpoint.timeout_ms) + GRACE;
    let (phase, seen) = watch::channel(Phase::Open);
    // Whatever runs holds a sender, so that all has ended once there is none.
    let (running, mut ended) = mpsc::channel::<Infallible>(1);
    if let Some(spans) = spans {
        let running = running.clone();
        tokio::spawn(async move {
            // It ends with the last call, once nothing more can come.
            spans.run().await;
            drop(running);
        });
    }
    let door = Door { function, phase: seen, running };
    log(Level::Info, &format!("listening at http://{}", listener.local_addr()?));
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    drop(tokio::spawn(connection::serve(door.clone(), stream, peer.ip())));
                }
                Err(error) => {
                    log(Level::Warn, &format!("could not accept a connection: {error}"));
                    sleep(PAUSE).await;
                }
            },
            () = signals.next() => break,
        }
    }
    drop((listener, door));
    log(Level::Info, "ending: calls that run are finished first");
    let _ = phase.send(Phase::Draining);
    tokio::select! {
        _ = ended.recv() => return Ok(()),
        () = sleep(patience) => log(Level::Warn, "ending: some calls took too long"),
        () = signals.next() => log(Level::Warn, "ending: asked for a second time"),
    }
    // Their callers are told nothing; their records are written.
    let _ = phase.send(Phase::Over);
    let _ = timeout(GRACE, ended.recv()).await;
    Ok(())
}
