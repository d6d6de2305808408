//! A connection to the Runtime API, made again when it has broken between two requests.

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use hyper::{
    body::Incoming,
    client::conn::http1::{SendRequest, handshake},
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::{
    ApiError,
    answer::{self, Outgoing, Sent},
    document,
};
use crate::reply::Answered;

const PREFIX: &str = "/2018-06-01/runtime";
const REQUEST_ID: &str = "lambda-runtime-aws-request-id";
const DEADLINE: &str = "lambda-runtime-deadline-ms";
const ERROR_TYPE: &str = "lambda-runtime-function-error-type";
const RESPONSE_MODE: &str = "lambda-runtime-function-response-mode";

/// What content type a URL's host takes apart into head and body.
const WITH_PRELUDE: &str = "application/vnd.awslambda.http-integration-response";

/// A call as it comes.
pub(super) struct Invocation {
    pub(super) request_id: String,
    /// Milliseconds since 1970.
    pub(super) deadline_ms: u64,
    pub(super) event: Bytes,
}

pub(super) struct Connection {
    /// Host and port.
    address: String,
    sender: Option<SendRequest<Outgoing>>,
}

impl Connection {
    pub(super) fn to(address: &str) -> Self {
        Self { address: address.to_owned(), sender: None }
    }

    /// Waits for the next call.
    pub(super) async fn next(&mut self) -> Result<Invocation, ApiError> {
        let path = format!("{PREFIX}/invocation/next");
        let request = self.request(Method::GET, &path);
        let response = self.send(&path, request, answer::whole(Bytes::new())).await?;
        let (head, body) = response.into_parts();
        Ok(Invocation {
            request_id: text(&head.headers, REQUEST_ID)?.to_owned(),
            deadline_ms: text(&head.headers, DEADLINE)?
                .parse()
                .map_err(|_| ApiError::Header(DEADLINE))?,
            event: body.collect().await.map_err(|source| self.broken(source))?.to_bytes(),
        })
    }

    /// Sends a call's answer while it is made.
    pub(super) async fn answer(
        &mut self,
        request_id: &str,
        answered: Answered,
    ) -> Result<Sent, ApiError> {
        let Some(body) = answer::stream(answered).await else { return Ok(Sent::Nothing) };
        let path = format!("{PREFIX}/invocation/{request_id}/response");
        let request = self
            .request(Method::POST, &path)
            .header(header::CONTENT_TYPE, WITH_PRELUDE)
            .header(RESPONSE_MODE, "streaming");
        self.deliver(&path, request, body).await?;
        Ok(Sent::Whole)
    }

    /// Tells that a call failed.
    pub(super) async fn fail(
        &mut self,
        request_id: &str,
        kind: &str,
        message: &str,
    ) -> Result<(), ApiError> {
        let path = format!("{PREFIX}/invocation/{request_id}/error");
        self.tell(&path, kind, message).await
    }

    /// Tells that there will be no calls.
    pub(super) async fn fail_init(&mut self, kind: &str, message: &str) -> Result<(), ApiError> {
        self.tell(&format!("{PREFIX}/init/error"), kind, message).await
    }

    async fn tell(&mut self, path: &str, kind: &str, message: &str) -> Result<(), ApiError> {
        let request = self
            .request(Method::POST, path)
            .header(header::CONTENT_TYPE, "application/json")
            .header(ERROR_TYPE, kind);
        self.deliver(path, request, answer::whole(document(kind, message))).await
    }

    /// Sends what is answered by nothing but its status.
    async fn deliver(
        &mut self,
        path: &str,
        request: http::request::Builder,
        body: Outgoing,
    ) -> Result<(), ApiError> {
        let response = self.send(path, request, body).await?;
        // Read to its end, so that the connection can be used again.
        response.into_body().collect().await.map_err(|source| self.broken(source))?;
        Ok(())
    }

    fn request(&self, method: Method, path: &str) -> http::request::Builder {
        Request::builder().method(method).uri(path).header(header::HOST, &self.address)
    }

    async fn send(
        &mut self,
        path: &str,
        request: http::request::Builder,
        body: Outgoing,
    ) -> Result<http::Response<Incoming>, ApiError> {
        let request = request.body(body).map_err(|_| ApiError::Header(REQUEST_ID))?;
        let mut sender = self.sender().await?;
        let response = sender.send_request(request).await.map_err(|source| self.broken(source))?;
        let status = response.status();
        if status != StatusCode::OK && status != StatusCode::ACCEPTED {
            return Err(ApiError::Refused { path: path.to_owned(), status: status.as_u16() });
        }
        self.sender = Some(sender);
        Ok(response)
    }

    /// The connection that is there, or a new one.
    async fn sender(&mut self) -> Result<SendRequest<Outgoing>, ApiError> {
        if let Some(mut sender) = self.sender.take()
            && sender.ready().await.is_ok()
        {
            return Ok(sender);
        }
        let refused = |source| ApiError::Connect { address: self.address.clone(), source };
        let stream = TcpStream::connect(&self.address).await.map_err(refused)?;
        stream.set_nodelay(true).map_err(refused)?;
        let (sender, connection) =
            handshake(TokioIo::new(stream)).await.map_err(|source| self.broken(source))?;
        // Whatever breaks it is told to the request that waits.
        tokio::spawn(connection);
        Ok(sender)
    }

    fn broken(&self, source: hyper::Error) -> ApiError {
        ApiError::Broken { address: self.address.clone(), source }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, ApiError> {
    headers.get(name).and_then(|value| value.to_str().ok()).ok_or(ApiError::Header(name))
}
