//! Where a request comes from (the peer, or whom a trusted proxy names), and where it went to.

use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
};

use aide::OperationInput;
use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{Extensions, HeaderMap, header, request::Parts},
};

use crate::{plane::ControlPlane, settings::Settings};

/// The caller's address, where the server was told its peers'.
#[derive(Debug)]
pub(crate) struct Address(pub(crate) Option<IpAddr>);

impl FromRequestParts<ControlPlane> for Address {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        plane: &ControlPlane,
    ) -> Result<Self, Infallible> {
        Ok(Self(of(&parts.headers, &parts.extensions, plane.settings())))
    }
}

impl OperationInput for Address {}

/// Where people reach this server: as its settings say, or as this request did.
#[derive(Debug)]
pub(crate) struct Site(String);

impl Site {
    /// The address of one of our pages.
    pub(crate) fn page(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}

impl FromRequestParts<ControlPlane> for Site {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        plane: &ControlPlane,
    ) -> Result<Self, Infallible> {
        let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let here = || format!("http://{}", host.unwrap_or("localhost"));
        Ok(Self(plane.settings().public_url.clone().unwrap_or_else(here)))
    }
}

impl OperationInput for Site {}

/// The caller's address, where the server was told its peers'.
pub(crate) fn of(
    headers: &HeaderMap,
    extensions: &Extensions,
    settings: &Settings,
) -> Option<IpAddr> {
    let ConnectInfo(peer) = extensions.get::<ConnectInfo<SocketAddr>>()?;
    Some(behind(headers, peer.ip(), &settings.trusted_proxies))
}

/// Each proxy adds its own peer at the end, so the last address that is no proxy of ours is the
/// caller's; whatever stands before it the caller may have made up.
fn behind(headers: &HeaderMap, peer: IpAddr, trusted: &[IpAddr]) -> IpAddr {
    if !trusted.contains(&peer) {
        return peer;
    }
    let named = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|address| address.trim().parse::<IpAddr>().ok());
    named.rev().find(|address| !trusted.contains(address)).unwrap_or(peer)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn address(peer: &str, forwarded: &str) -> String {
        let headers = HeaderMap::from_iter([(
            "x-forwarded-for".parse().unwrap(),
            forwarded.parse().unwrap(),
        )]);
        behind(&headers, peer.parse().unwrap(), &["10.0.0.1".parse().unwrap()]).to_string()
    }

    #[test]
    fn a_trusted_proxy_is_believed_and_nobody_else() {
        assert_eq!(address("10.0.0.1", "203.0.113.7"), "203.0.113.7");
        assert_eq!(address("198.51.100.2", "203.0.113.7"), "198.51.100.2");
        assert_eq!(address("10.0.0.1", "1.2.3.4, 203.0.113.7, 10.0.0.1"), "203.0.113.7");
        assert_eq!(address("10.0.0.1", "nonsense"), "10.0.0.1");
    }
}
