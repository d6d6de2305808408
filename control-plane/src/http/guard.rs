//! What stands in front of every handler: is this request meant for us, and from a page of ours?
//!
//! A page in somebody's browser can send requests to loopback addresses, and a name of its own can
//! resolve to one. So the `Host` must be a name that we know, and an `Origin`, where there is one,
//! must be ours.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{http::Problem, plane::ControlPlane};

/// Refuses requests that were addressed to another host or come from another site's page.
pub(crate) async fn same_site(
    State(plane): State<ControlPlane>,
    request: Request,
    next: Next,
) -> Response {
    let settings = plane.settings();
    match check_site(request.headers(), &settings.allowed_hosts, &settings.cors_origins) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

fn check_site(headers: &HeaderMap, allowed: &[String], origins: &[String]) -> Result<(), Problem> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if !is_known(host, allowed) {
        return Err(Problem::new(
            StatusCode::MISDIRECTED_REQUEST,
            "host-unknown",
            format!("this server does not answer for the host `{host}`"),
        )
        .hint("address it as 127.0.0.1 or localhost, or allow the name in its settings"));
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    let origin = origin.to_str().unwrap_or_default();
    let site = origin.split_once("://").map_or("", |(_, site)| site);
    // A page on another port of this machine is another site: functions answer there.
    let ours = is_known(site, allowed) && site == host;
    if ours || origins.iter().any(|known| known == origin) {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::FORBIDDEN,
        "origin-refused",
        format!("pages of `{origin}` may not use this API"),
    ))
}

/// Whether a `Host` is a loopback name or one from the settings, whatever the port.
fn is_known(host: &str, allowed: &[String]) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.chars().all(|c| c.is_ascii_digit()) => name,
        _ => host,
    };
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
        || allowed.iter().any(|known| known.eq_ignore_ascii_case(name))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn site(host: &str, origin: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        let (hosts, origins) = ("pilot.example.com", "https://friend.example.com");
        check_site(&headers, &[hosts.to_owned()], &[origins.to_owned()]).is_ok()
    }

    #[test]
    fn loopback_and_configured_hosts_are_ours() {
        for host in ["localhost", "127.0.0.1:7433", "[::1]:7433", "Pilot.example.com:443"] {
            assert!(site(host, None), "{host}");
        }
        for host in ["evil.example.com", "127.0.0.1.evil.example.com:7433", "", "localhost.evil"] {
            assert!(!site(host, None), "{host}");
        }
    }

    #[test]
    fn pages_of_other_sites_are_refused() {
        assert!(site("127.0.0.1:7433", Some("http://127.0.0.1:7433")));
        assert!(site("127.0.0.1:7433", Some("https://friend.example.com")));
        for origin in ["http://127.0.0.1:7434", "https://evil.example.com", "null"] {
            assert!(!site("127.0.0.1:7433", Some(origin)), "{origin}");
        }
    }
}
