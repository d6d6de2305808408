//! Packages from S3, or from anything that speaks like it: one signed GetObject, path style.

use std::io;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials as SigningKey;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use http::header::HOST;
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::auth::Credentials;

/// What no package is larger than, unpacked or not.
const MAX_OBJECT: usize = 262_144_000;
const TIME_LIMIT: Duration = Duration::from_secs(60);
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Where objects are.
pub(crate) struct S3 {
    authority: String,
    region: String,
    key: SigningKey,
}

/// An object's name.
#[derive(Debug)]
pub(crate) struct Object<'a> {
    pub(crate) bucket: &'a str,
    pub(crate) key: &'a str,
    pub(crate) version: Option<&'a str>,
}

/// Why there is no object.
#[derive(Debug, thiserror::Error)]
pub(crate) enum S3Error {
    /// In the words of the service.
    #[error("Error occurred while GetObject. S3 Error Code: {code}. S3 Error Message: {message}")]
    Refused { code: String, message: String },
    #[error("could not get the object from {authority}")]
    Failed {
        authority: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl S3 {
    /// Reads an address such as `http://127.0.0.1:9000`. Keys before an `@` in it sign requests;
    /// without them this host's own do.
    pub(crate) fn at(endpoint: &str, region: &str, own: &Credentials) -> io::Result<Self> {
        let invalid = |what: &str| {
            io::Error::new(io::ErrorKind::InvalidInput, format!("the S3 endpoint {what}"))
        };
        let uri: Uri = endpoint.parse().map_err(|_| invalid("is no address"))?;
        if uri.scheme_str() != Some("http") {
            return Err(invalid("must begin with http://, as one on this machine does"));
        }
        let authority = uri.authority().ok_or_else(|| invalid("names no host"))?;
        let keys = authority.as_str().rsplit_once('@').map(|(keys, _)| keys);
        let key = match keys {
            None => (own.access_key_id().to_owned(), own.secret_access_key().to_owned()),
            Some(keys) => {
                let pair = keys.split_once(':');
                let (id, secret) = pair.ok_or_else(|| invalid("has a key without a secret"))?;
                (decoded(id), decoded(secret))
            }
        };
        let port = authority.port_u16().unwrap_or(80);
        Ok(Self {
            authority: format!("{}:{port}", authority.host()),
            region: region.to_owned(),
            key: SigningKey::from_keys(key.0, key.1, None),
        })
    }

    /// Gets an object whole.
    pub(crate) async fn get(&self, object: &Object<'_>) -> Result<Bytes, S3Error> {
        let failed = |source| S3Error::Failed { authority: self.authority.clone(), source };
        let answered = timeout(TIME_LIMIT, self.exchange(object)).await;
        let (status, body) = answered.map_err(|late| failed(late.into()))?.map_err(failed)?;
        if status.is_success() { Ok(body) } else { Err(refused(status, &body)) }
    }

    async fn exchange(
        &self,
        object: &Object<'_>,
    ) -> Result<(StatusCode, Bytes), Box<dyn std::error::Error + Send + Sync>> {
        let stream = TcpStream::connect(&self.authority).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // It ends with the exchange, and its errors come out of that.
        tokio::spawn(connection);
        let response = sender.send_request(self.signed(object)?).await?;
        let status = response.status();
        let body = Limited::new(response.into_body(), MAX_OBJECT).collect().await?;
        Ok((status, body.to_bytes()))
    }

    fn signed(
        &self,
        object: &Object<'_>,
    ) -> Result<Request<Empty<Bytes>>, Box<dyn std::error::Error + Send + Sync>> {
        let path = path_of(object);
        let mut request = Request::get(&path).header(HOST, &self.authority).body(Empty::new())?;
        let mut settings = SigningSettings::default();
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        let identity = self.key.clone().into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("s3")
            .time(SystemTime::now())
            .settings(settings)
            .build()?
            .into();
        let headers = [("host", self.authority.as_str())].into_iter();
        let uri = format!("http://{}{path}", self.authority);
        let body = SignableBody::Bytes(&[]);
        let signable = SignableRequest::new("GET", uri, headers, body)?;
        let (instructions, _) = sign(signable, &params)?.into_parts();
        instructions.apply_to_request_http1x(&mut request);
        Ok(request)
    }
}

impl std::fmt::Debug for S3 {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("S3").field("authority", &self.authority).finish_non_exhaustive()
    }
}

fn path_of(object: &Object<'_>) -> String {
    let encoded = |text| utf8_percent_encode(text, UNRESERVED).to_string();
    let key: Vec<_> = object.key.split('/').map(encoded).collect();
    let path = format!("/{}/{}", encoded(object.bucket), key.join("/"));
    match object.version {
        Some(version) => format!("{path}?versionId={}", encoded(version)),
        None => path,
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// Errors are small XML documents: `<Error><Code>…</Code><Message>…</Message></Error>`.
fn refused(status: StatusCode, body: &[u8]) -> S3Error {
    let text = String::from_utf8_lossy(body);
    let element = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>")).map(|(content, _)| content.to_owned())
    };
    S3Error::Refused {
        code: element("Code").unwrap_or_else(|| status.as_u16().to_string()),
        message: element("Message").unwrap_or_else(|| "no message".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_key_is_encoded_but_for_its_slashes() {
        let object = Object { bucket: "b", key: "a b/ü.zip", version: Some("v=1") };
        assert_eq!(path_of(&object), "/b/a%20b/%C3%BC.zip?versionId=v%3D1");
    }

    #[test]
    fn an_error_is_told_as_the_service_does() {
        let body = b"<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>";
        assert_eq!(
            refused(StatusCode::NOT_FOUND, body).to_string(),
            "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The \
             specified key does not exist."
        );
    }
}
