//! Our cookies. Scripts cannot read them, and other sites' pages cannot send them along with writes.

use axum::http::{HeaderMap, HeaderValue, header};
use time::Duration;

use crate::settings::Settings;

/// A cookie.
#[derive(Debug)]
pub(crate) struct Cookie {
    name: &'static str,
    /// Over TLS the name says that no other host and no plain connection can have set it.
    name_over_tls: &'static str,
    /// How long a browser keeps it.
    pub(crate) lifetime: Duration,
}

/// The cookie of a session: who has it is signed in.
pub(crate) const SESSION: Cookie = Cookie {
    name: "promptpilot",
    name_over_tls: "__Host-promptpilot",
    lifetime: Duration::days(30),
};

/// The cookie of a sign-in that is under way at the OpenID provider.
pub(crate) const OIDC: Cookie = Cookie {
    name: "promptpilot-oidc",
    name_over_tls: "__Host-promptpilot-oidc",
    lifetime: Duration::minutes(10),
};

impl Cookie {
    const fn name(&self, by_tls: bool) -> &'static str {
        if by_tls { self.name_over_tls } else { self.name }
    }

    /// The header that leaves it. A value is hexadecimal, or base64 for URLs.
    pub(crate) fn set(&self, value: &str, settings: &Settings) -> HeaderValue {
        self.written(value, self.lifetime.whole_seconds(), settings)
    }

    /// The header that takes it away.
    pub(crate) fn clear(&self, settings: &Settings) -> HeaderValue {
        self.written("", 0, settings)
    }

    fn written(&self, value: &str, seconds: i64, settings: &Settings) -> HeaderValue {
        let by_tls = settings.is_public_by_tls();
        let (name, secure) = (self.name(by_tls), if by_tls { "; Secure" } else { "" });
        let cookie =
            format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
        let mut cookie = HeaderValue::try_from(cookie)
            .unwrap_or_else(|_| unreachable!("values of cookies are plain ASCII"));
        cookie.set_sensitive(true);
        cookie
    }

    /// What a request's holds.
    pub(crate) fn read<'a>(&self, headers: &'a HeaderMap, settings: &Settings) -> Option<&'a str> {
        let name = self.name(settings.is_public_by_tls());
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|header| header.to_str().ok())
            .flat_map(|header| header.split(';'))
            .filter_map(|cookie| cookie.trim().split_once('='))
            .find_map(|(of, value)| (of == name).then_some(value))
    }
}
