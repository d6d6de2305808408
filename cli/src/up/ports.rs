//! The ports. Addresses of deployed functions are passed on to callers, and functions are
//! told for good where their state is, so a port once taken is kept in the data directory and asked
//! for again at each start.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::Hint;

/// Ports asked for on the command line; 0 means any.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    /// Where the API and the functions listen; their state is for this machine alone.
    pub(crate) bind: IpAddr,
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
        let here = Ipv4Addr::LOCALHOST.into();
        let api = Port { ip: wanted.bind, usual: FIRST.api, purpose: "API", flag: "--port" };
        let api = api.listen(wanted.api, kept.map(|kept| kept.api))?;
        let functions = Port {
            ip: wanted.bind,
            usual: FIRST.functions,
            purpose: "functions' URLs",
            flag: "--functions-port",
        };
        let functions = functions.listen(wanted.functions, kept.map(|kept| kept.functions))?;
        let state = Port {
            ip: here,
            usual: FIRST.state,
            purpose: "state of the functions",
            flag: "--state-port",
        };
        let state = state.listen(wanted.state, kept.map(|kept| kept.state))?;
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

/// A port to open.
#[derive(Debug, Clone, Copy)]
struct Port {
    ip: IpAddr,
    usual: u16,
    purpose: &'static str,
    flag: &'static str,
}

impl Port {
    /// The wanted port, else the kept one, else the usual one, else any.
    fn listen(self, wanted: Option<u16>, kept: Option<u16>) -> Result<TcpListener, PortError> {
        let Self { usual, purpose, flag, .. } = self;
        let in_use = |error: &io::Error| error.kind() == io::ErrorKind::AddrInUse;
        // `--port 0` at a later start means the port that the first start got.
        match (wanted.filter(|port| *port != 0), kept) {
            (Some(port), _) => self.bind(port).map_err(|source| match in_use(&source) {
                true => PortError::Wanted { port, flag },
                false => PortError::Listen { port, source },
            }),
            (None, Some(port)) if wanted.is_none() => {
                self.bind(port).map_err(|source| match in_use(&source) {
                    true => PortError::Kept { port, purpose, flag },
                    false => PortError::Listen { port, source },
                })
            }
            (None, Some(port)) => self.bind(port).or_else(|_| self.any()),
            (None, None) if wanted.is_none() => self.bind(usual).or_else(|_| self.any()),
            (None, None) => self.any(),
        }
    }

    fn any(self) -> Result<TcpListener, PortError> {
        self.bind(0).map_err(|source| PortError::Listen { port: 0, source })
    }

    fn bind(self, port: u16) -> io::Result<TcpListener> {
        let listener = TcpListener::bind((self.ip, port))?;
        listener.set_nonblocking(true)?;
        Ok(listener)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    const ANY: Wanted = Wanted { bind: HERE, api: Some(0), functions: Some(0), state: Some(0) };
    const USUAL: Wanted = Wanted { bind: HERE, api: None, functions: None, state: None };

    #[test]
    fn ports_are_the_same_at_each_start() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ports.json");
        let first = Ports::open(&file, ANY).unwrap();
        let opened = (first.api(), first.functions(), first.state());
        drop(first);
        let second = Ports::open(&file, USUAL).unwrap();
        assert_eq!((second.api(), second.functions(), second.state()), opened);
    }

    #[test]
    fn a_kept_port_that_somebody_else_took_is_told_with_its_flag() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ports.json");
        let squatter = Ports::open(&file, ANY).unwrap();
        let error = Ports::open(&file, USUAL).unwrap_err();
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
