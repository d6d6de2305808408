//! The yardstick for calls: a bare axum server that gives back what it is sent.

use axum::Router;
use axum::body::Bytes;
use axum::routing::any;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    #[allow(clippy::print_stdout)] // the address is what the caller waits for
    {
        println!("{}", listener.local_addr()?);
    }
    let echo = any(|body: Bytes| async { ([("content-type", "application/json")], body) });
    axum::serve(listener, Router::new().route("/", echo)).await
}
