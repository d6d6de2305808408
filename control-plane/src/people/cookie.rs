//! The cookie of a session. Scripts cannot read it, and other sites' pages cannot send it along
//! with writes.

use axum::http::{HeaderMap, HeaderValue, header};
use time::Duration;

use crate::settings::Settings;

/// How long somebody stays signed in.
pub(crate) const LIFETIME: Duration = Duration::days(30);

/// Over TLS the name says that no other host and no plain connection can have set it.
fn name(settings: &Settings) -> &'static str {
    if settings.is_public_by_tls() { "__Host-promptpilot" } else { "promptpilot" }
}

/// The header that leaves a cookie.
pub(crate) fn set(token: &str, settings: &Settings) -> HeaderValue {
    written(token, LIFETIME.whole_seconds(), settings)
}

/// The header that takes it away.
pub(crate) fn clear(settings: &Settings) -> HeaderValue {
    written("", 0, settings)
}

fn written(value: &str, seconds: i64, settings: &Settings) -> HeaderValue {
    let secure = if settings.is_public_by_tls() { "; Secure" } else { "" };
    let name = name(settings);
    let cookie =
        format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    let mut cookie = HeaderValue::try_from(cookie)
        .unwrap_or_else(|_| unreachable!("session tokens are hexadecimal"));
    cookie.set_sensitive(true);
    cookie
}

/// What a request's cookie holds.
pub(crate) fn read<'a>(headers: &'a HeaderMap, settings: &Settings) -> Option<&'a str> {
    let name = name(settings);
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find_map(|(of, value)| (of == name).then_some(value))
}
