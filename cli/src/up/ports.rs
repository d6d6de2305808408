//! The ports. Addresses of deployed functions are passed on to callers, and functions are
//! told for good where their state is, so a port once taken is kept in the data directory and asked
//! for again at each start.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::Hint;

/// Ports asked for on the command line; 0 means any.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wanted {
    pub(crate) api: Option<u16>,
    pub(crate) functions: Option<u16>,
    pub(crate) state: Option<u16>,
}

/// Ports as kept in the data directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    api: u16,
    functions: u16,
    state: u16,
}

/// What a first start tries before it takes any free one.
const FIRST: Kept = Kept { api: 7433, functions: 7434, state: 7435 };

/// The listeners. The functions' one is closed again just before its host opens it.
#[derive(Debug)]
pub(crate) struct Ports {
    pub(crate) api: TcpListener,
    pub(crate) functions: TcpListener,
    pub(crate) state: TcpListener,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum PortError {
    #[error("port {port}, kept for the {purpose}, is in use by another program")]
    Kept { port: u16, purpose: &'static str, flag: &'static str },
    #[error("port {port} is in use by another program")]
    Wanted { port: u16, flag: &'static str },
    #[error("could not listen on port {port}")]
    Listen { port: u16, source: io::Error },
    #[error("could not keep the ports in `{}`", path.display())]
    Keep { path: PathBuf, source: io::Error },
}

impl Hint for PortError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Kept { flag, .. } => Some(format!(
                "end that program, or take another port for good with `{flag} PORT` (0 means any)"
            )),
            Self::Wanted { flag, .. } => {
                Some(format!("choose another with `{flag} PORT`; 0 means any free one"))
            }
            Self::Listen { .. } | Self::Keep { .. } => None,
        }
    }
}

impl Ports {
    /// Opens the ports and keeps their numbers in `file`.
    pub(crate) fn open(file: &Path, wanted: Wanted) -> Result<Self, PortError> {
        let kept: Option<Kept> =
            std::fs::read_to_string(file).ok().and_then(|text| serde_json::from_str(&text).ok());
        let api = listen(wanted.api, kept.map(|kept| kept.api), FIRST.api, "API", "--port")?;
        let functions = listen(
            wanted.functions,
            kept.map(|kept| kept.functions),
            FIRST.functions,
            "functions' URLs",
            "--functions-port",
        )?;
        let state = listen(
            wanted.state,
            kept.map(|kept| kept.state),
            FIRST.state,
            "state of the functions",
            "--state-port",
        )?;
        let ports = Self { api, functions, state };
        let now = Kept {
            api: ports.api().port(),
            functions: ports.functions().port(),
            state: ports.state().port(),
        };
        if kept != Some(now) {
            let text = serde_json::json!(now).to_string();
            crate::secret::write(file, &text)
                .map_err(|source| PortError::Keep { path: file.to_owned(), source })?;
        }
        Ok(ports)
    }

    pub(crate) fn api(&self) -> SocketAddr {
        address(&self.api)
    }

    pub(crate) fn functions(&self) -> SocketAddr {
        address(&self.functions)
    }

    pub(crate) fn state(&self) -> SocketAddr {
        address(&self.state)
    }
}

fn address(listener: &TcpListener) -> SocketAddr {
    listener.local_addr().unwrap_or_else(|_| unreachable!("a bound listener has an address"))
}

/// The wanted port, else the kept one, else the usual one, else any.
fn listen(
    wanted: Option<u16>,
    kept: Option<u16>,
    usual: u16,
    purpose: &'static str,
    flag: &'static str,
) -> Result<TcpListener, PortError> {
    let in_use = |error: &io::Error| error.kind() == io::ErrorKind::AddrInUse;
    // `--port 0` at a later start means the port that the first start got.
    match (wanted.filter(|port| *port != 0), kept) {
        (Some(port), _) => bind(port).map_err(|source| match in_use(&source) {
            true => PortError::Wanted { port, flag },
            false => PortError::Listen { port, source },
        }),
        (None, Some(port)) if wanted.is_none() => {
            bind(port).map_err(|source| match in_use(&source) {
                true => PortError::Kept { port, purpose, flag },
                false => PortError::Listen { port, source },
            })
        }
        (None, Some(port)) => bind(port).or_else(|_| any()),
        (None, None) if wanted.is_none() => bind(usual).or_else(|_| any()),
        (None, None) => any(),
    }
}

fn any() -> Result<TcpListener, PortError> {
    bind(0).map_err(|source| PortError::Listen { port: 0, source })
}

fn bind(port: u16) -> io::Result<TcpListener> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANY: Wanted = Wanted { api: Some(0), functions: Some(0), state: Some(0) };

    #[test]
    fn ports_are_the_same_at_each_start() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ports.json");
        let first = Ports::open(&file, ANY).unwrap();
        let opened = (first.api(), first.functions(), first.state());
        drop(first);
        let second = Ports::open(&file, Wanted::default()).unwrap();
        assert_eq!((second.api(), second.functions(), second.state()), opened);
    }

    #[test]
    fn a_kept_port_that_somebody_else_took_is_told_with_its_flag() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ports.json");
        let squatter = Ports::open(&file, ANY).unwrap();
        let error = Ports::open(&file, Wanted::default()).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "port {}, kept for the API, is in use by another program",
                squatter.api().port()
            )
        );
        assert!(error.hint().unwrap().contains("`--port PORT`"));
    }

    #[test]
    fn a_wanted_port_is_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let squatter = Ports::open(&folder.path().join("a.json"), ANY).unwrap();
        let wanted = Wanted { api: Some(squatter.api().port()), ..ANY };
        let error = Ports::open(&folder.path().join("b.json"), wanted).unwrap_err();
        assert!(matches!(error, PortError::Wanted { .. }), "{error}");
    }
}
