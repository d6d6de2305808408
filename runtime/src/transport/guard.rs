//! Keeps requests away from private addresses where a deployer says so: what a definition names as
//! `base_url` may lead to the machine that runs the function, or to its neighbours. Addresses are
//! judged where connections are made, so no name and no form of writing an address leads around it;
//! and no redirect is ever followed.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    task::{Context, Poll},
    vec,
};

use futures::{FutureExt, future::BoxFuture};
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use tower_service::Service;

/// Why no connection was made.
#[derive(Debug, thiserror::Error)]
#[error("{0} is a private address, and those may not be called from here")]
pub(super) struct PrivateAddress(IpAddr);

/// Which addresses may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// All.
    Everywhere,
    /// Those of the public internet.
    Public,
}

impl Reach {
    /// From the variable that a deployer sets.
    pub(super) fn of(setting: Option<&str>) -> Self {
        if setting == Some("deny") { Self::Public } else { Self::Everywhere }
    }

    /// Whether a host that is written as an address may be called; names are judged once they are
    /// looked up.
    pub(super) fn check(self, host: &str) -> Result<(), PrivateAddress> {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        match bare.parse() {
            Ok(address) if self == Self::Public && is_private(address) => {
                Err(PrivateAddress(address))
            }
            _ => Ok(()),
        }
    }
}

/// Looks names up and leaves out what may not be called.
#[derive(Debug, Clone)]
pub(super) struct Resolver {
    names: GaiResolver,
    reach: Reach,
}

impl Resolver {
    pub(super) fn new(reach: Reach) -> Self {
        Self { names: GaiResolver::new(), reach }
    }
}

impl Service<Name> for Resolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = BoxFuture<'static, io::Result<Self::Response>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.names.poll_ready(context)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let (found, reach) = (self.names.call(name), self.reach);
        async move { allowed(found.await?.collect(), reach) }.boxed()
    }
}

fn allowed(found: Vec<SocketAddr>, reach: Reach) -> io::Result<vec::IntoIter<SocketAddr>> {
    let is_refused = |address: &SocketAddr| reach == Reach::Public && is_private(address.ip());
    let refused = found.iter().find(|address| is_refused(address)).copied();
    let public: Vec<_> = found.into_iter().filter(|address| !is_refused(address)).collect();
    match refused.filter(|_| public.is_empty()) {
        Some(address) => Err(io::Error::other(PrivateAddress(address.ip()))),
        None => Ok(public.into_iter()),
    }
}

/// Whether an address is not one of the public internet.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_private_v4(address),
        IpAddr::V6(address) => is_private_v6(address),
    }
}

fn is_private_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    a == 0
        || address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_documentation()
        // Shared by a provider's customers, protocol assignments, and benchmarks.
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (18..20).contains(&b))
        // Multicast, reserved, broadcast.
        || a >= 224
}

fn is_private_v6(address: Ipv6Addr) -> bool {
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_private_v4(inner);
    }
    let [a, b, .., g, h] = address.segments();
    let inner = Ipv4Addr::from((u32::from(g) << 16) | u32::from(h));
    // Only 2000::/3 is the public internet, beside addresses that carry one of version 4.
    let carries = a == 0x64 && b == 0xff9b;
    let is_public = (0x2000..0x4000).contains(&a) && !(a == 0x2001 && b == 0xdb8) && a != 0x2002;
    if carries { is_private_v4(inner) } else { !is_public }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_known_in_every_form() {
        for private in [
            "127.0.0.1",
            "127.9.9.9",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "192.0.0.8",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.1.2.3",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:db8::1",
        ] {
            let address = private.parse().expect("an address");
            assert!(is_private(address), "{private}");
            assert!(Reach::Public.check(&format!("[{private}]")).is_err(), "{private}");
            assert!(Reach::Everywhere.check(private).is_ok(), "{private}");
        }
        for public in [
            "1.1.1.1",
            "8.8.8.8",
            "172.32.0.1",
            "100.128.0.1",
            "2606:4700::1111",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
        ] {
            assert!(!is_private(public.parse().expect("an address")), "{public}");
        }
    }

    #[test]
    fn of_several_addresses_the_public_ones_are_left() {
        let at = |text: &str| SocketAddr::new(text.parse().expect("an address"), 443);
        let both = vec![at("10.0.0.1"), at("1.1.1.1")];
        let left: Vec<_> = allowed(both.clone(), Reach::Public).expect("one is public").collect();
        assert_eq!(left, [at("1.1.1.1")]);
        assert_eq!(allowed(both, Reach::Everywhere).expect("all").count(), 2);
        assert!(allowed(vec![at("10.0.0.1")], Reach::Public).is_err());
    }
}
