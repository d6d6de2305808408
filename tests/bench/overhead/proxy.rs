//! The yardstick for what stands between a caller and a provider: a bare axum server that hands each request
//! on by reqwest and gives back what it gets.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::post;
use axum::serve::ListenerExt;
use reqwest::Client;

#[derive(Clone)]
struct Provider {
    client: Client,
    url: String,
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let url = std::env::args().nth(1).ok_or_else(|| std::io::Error::other("whose proxy?"))?;
    let _ = rustls::crypto::ring::default_provider().install_default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    #[allow(clippy::print_stdout)] // the address is what the caller waits for
    {
        println!("{}", listener.local_addr()?);
    }
    let listener = listener.tap_io(|stream: &mut tokio::net::TcpStream| {
        let _ = stream.set_nodelay(true);
    });
    let provider = Provider { client: Client::new(), url };
    axum::serve(listener, Router::new().route("/", post(hand_on)).with_state(provider)).await
}

async fn hand_on(
    State(provider): State<Provider>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<impl IntoResponse, (StatusCode, String)> {
    let failed = |error: reqwest::Error| (StatusCode::BAD_GATEWAY, error.to_string());
    let mut request = provider.client.post(&provider.url).body(body);
    for name in [CONTENT_TYPE, AUTHORIZATION] {
        if let Some(value) = headers.get(&name) {
            request = request.header(name, value);
        }
    }
    let answer = request.send().await.map_err(failed)?;
    let (status, content_type) = (answer.status(), answer.headers().get(CONTENT_TYPE).cloned());
    let headers: HeaderMap = content_type.map(|it| (CONTENT_TYPE, it)).into_iter().collect();
    Ok((status, headers, answer.bytes().await.map_err(failed)?))
}
