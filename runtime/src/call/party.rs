//! Who is behind a call, as names under which the state store keeps things.

use std::net::{IpAddr, Ipv6Addr};

use sha2::{Digest, Sha256};

use super::{headers::CallHeaders, key::Caller};
use crate::{
    endpoint::{Budget, Whose},
    event::Incoming,
    function::Function,
    purse::Allowance,
};

/// The endpoint in its environment, and who calls it. What callers say of themselves is hashed, so
/// that it is neither long nor readable where it is kept.
#[derive(Debug)]
pub(super) struct Party {
    endpoint: String,
    key: String,
    user: String,
    address: String,
}

impl Party {
    pub(super) fn new(
        function: &Function,
        incoming: &Incoming,
        headers: &CallHeaders,
        caller: Caller,
    ) -> Self {
        let identity = &function.identity;
        let key = caller.key.map_or_else(|| "none".to_owned(), |id| id.to_string());
        Self {
            endpoint: format!("{}/{}", identity.endpoint, identity.environment),
            key,
            user: digest(headers.user.as_deref().unwrap_or_default()),
            address: network(&incoming.address),
        }
    }

    /// The name of those whose calls are taken together with this one.
    pub(super) fn name(&self, whose: Whose) -> String {
        let Self { endpoint, key, user, address } = self;
        match whose {
            Whose::Endpoint => endpoint.clone(),
            Whose::Key => format!("{endpoint}/key:{key}"),
            Whose::User => format!("{endpoint}/user:{user}"),
            Whose::Address => format!("{endpoint}/address:{address}"),
        }
    }

    /// The budgets that the call counts towards, the organization's last.
    pub(super) fn allowances(&self, budgets: &[Budget]) -> Vec<Allowance> {
        let allowance = |budget: &Budget| {
            // Another period counts for itself.
            let bucket = format!("{}/{}", self.name(budget.per), budget.limit.per);
            let name = match budget.per {
                Whose::Key => "per_key",
                Whose::User => "per_user",
                Whose::Endpoint | Whose::Address => "endpoint",
            };
            Allowance { bucket, limit: Some(budget.limit), soft: budget.soft, name }
        };
        budgets.iter().map(allowance).chain([Allowance::organization()]).collect()
    }
}

/// A name of fixed length for a text.
pub(super) fn digest(text: impl AsRef<[u8]>) -> String {
    hexadecimal(&Sha256::digest(text)[..16])
}

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An IPv6 address belongs to a household with all others of its /64.
fn network(address: &str) -> String {
    match address.parse() {
        Ok(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).to_string()
        }
        Ok(address) => address.to_string(),
        Err(_) => "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_stands_for_its_network() {
        assert_eq!(network("203.0.113.7"), "203.0.113.7");
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(network("2001:db8:1:2::9"), "2001:db8:1:2::");
        assert_eq!(network("\" or 1=1"), "unknown");
    }
}
