//! The provider: where its doors are, and what it says of a person for a code.

use jsonwebtoken::jwk::JwkSet;
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken,
    EndpointNotSet, EndpointSet, ExtraTokenFields, PkceCodeChallenge, PkceCodeVerifier,
    RedirectUrl, RequestTokenError, Scope, StandardRevocableToken, StandardTokenResponse,
    TokenResponse, TokenUrl,
    basic::{
        BasicErrorResponse, BasicErrorResponseType, BasicRevocationErrorResponse,
        BasicTokenIntrospectionResponse, BasicTokenType,
    },
};
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;
use url::Url;

use super::{
    claims::{self, About, Claims, Expected, NotBelieved},
    fetch::{Fetch, FetchError},
    flow::{Flow, Goal},
    keys::Keys,
    verifier,
};
use crate::settings::Oidc;

/// What is asked for: who it is, their address, their name.
const SCOPES: [&str; 3] = ["openid", "email", "profile"];

/// Why the provider could not say who somebody is.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProviderError {
    #[error("could not read what the provider says of itself")]
    Discovery(#[source] FetchError),
    #[error("the provider calls itself `{0}`: give that as `--oidc-issuer`")]
    Issuer(String),
    #[error("what should be an address is none")]
    Address(#[from] url::ParseError),
    #[error("the provider does not take the code: {0}")]
    Code(BasicErrorResponse),
    #[error("could not exchange the code: {0}")]
    Refused(String),
    #[error("could not exchange the code")]
    Exchange(#[source] FetchError),
    #[error("the provider gave no ID token: is it one for OpenID?")]
    NoToken,
    #[error("could not read the provider's keys")]
    Keys(#[source] FetchError),
    #[error(transparent)]
    Token(#[from] NotBelieved),
    #[error("could not ask the provider about a person")]
    Userinfo(#[source] FetchError),
    #[error("the provider tells of somebody else than its ID token does")]
    Somebody,
}

/// What is asked of `/.well-known/openid-configuration`.
#[derive(Debug, Deserialize)]
struct Discovered {
    issuer: String,
    authorization_endpoint: AuthUrl,
    token_endpoint: TokenUrl,
    jwks_uri: Url,
    userinfo_endpoint: Option<Url>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct WithIdToken {
    id_token: Option<String>,
}

impl ExtraTokenFields for WithIdToken {}

type Tokens = StandardTokenResponse<WithIdToken, BasicTokenType>;

/// A client of OAuth's that knows where to authorize and where tokens are.
type OauthClient = Client<
    BasicErrorResponse,
    Tokens,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// A provider that people sign in with.
#[derive(Debug)]
pub(crate) struct Provider {
    pub(super) settings: Oidc,
    fetch: Fetch,
    discovered: OnceCell<Discovered>,
    keys: Keys,
}

impl Provider {
    /// Asks nothing yet: the provider need not be there when this server starts.
    pub(crate) fn new(settings: Oidc) -> Self {
        verifier::install();
        let fetch = Fetch::trusting(settings.authority.as_ref());
        Self { settings, fetch, discovered: OnceCell::new(), keys: Keys::default() }
    }

    /// Begins a flow: where the browser goes, and what is to be remembered meanwhile.
    pub(super) async fn begin(
        &self,
        callback: String,
        to: String,
        goal: Goal,
    ) -> Result<(Url, Flow), ProviderError> {
        let client = self.client(callback).await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let nonce = CsrfToken::new_random();
        let (url, state) = client
            .authorize_url(CsrfToken::new_random)
            .add_scopes(SCOPES.map(|scope| Scope::new(scope.to_owned())))
            .set_pkce_challenge(challenge)
            .add_extra_param("nonce", nonce.secret())
            .url();
        Ok((url, Flow::new(state, nonce, verifier, to, goal)))
    }

    /// Who it is that came back with a code.
    pub(super) async fn complete(
        &self,
        callback: String,
        code: String,
        flow: &Flow,
    ) -> Result<Claims, ProviderError> {
        let tokens = self.exchange(callback, code, flow).await?;
        let token = tokens.extra_fields().id_token.as_deref().ok_or(ProviderError::NoToken)?;
        let keys = self.keys(claims::key_of(token)?.as_deref()).await?;
        let Oidc { issuer, client_id, .. } = &self.settings;
        let expected = Expected { issuer, client: client_id, nonce: &flow.nonce };
        let mut claims = claims::check(token, &keys, expected)?;
        if claims.about.email.is_none() {
            claims.about = self.userinfo(tokens.access_token().secret(), &claims.sub).await?;
        }
        Ok(claims)
    }

    async fn exchange(
        &self,
        callback: String,
        code: String,
        flow: &Flow,
    ) -> Result<Tokens, ProviderError> {
        let client = self.client(callback).await?;
        let exchanged = client
            .exchange_code(AuthorizationCode::new(code))
            .set_pkce_verifier(PkceCodeVerifier::new(flow.verifier.clone()))
            .request_async(&self.fetch)
            .await;
        exchanged.map_err(|error| match error {
            RequestTokenError::Request(error) => ProviderError::Exchange(error),
            RequestTokenError::ServerResponse(said)
                if *said.error() == BasicErrorResponseType::InvalidGrant =>
            {
                ProviderError::Code(said)
            }
            other => ProviderError::Refused(other.to_string()),
        })
    }

    async fn client(&self, callback: String) -> Result<OauthClient, ProviderError> {
        let discovered = self.discovered().await?;
        let Oidc { client_id, client_secret, .. } = &self.settings;
        let client = Client::new(ClientId::new(client_id.clone()))
            .set_client_secret(ClientSecret::new(client_secret.expose().to_owned()))
            .set_auth_uri(discovered.authorization_endpoint.clone())
            .set_token_uri(discovered.token_endpoint.clone())
            .set_redirect_uri(RedirectUrl::new(callback)?)
            .set_auth_type(discovered.auth_type());
        Ok(client)
    }

    /// What the provider says of itself; asked once, as soon as it answers.
    async fn discovered(&self) -> Result<&Discovered, ProviderError> {
        self.discovered.get_or_try_init(|| self.discover()).await
    }

    async fn discover(&self) -> Result<Discovered, ProviderError> {
        let issuer = self.settings.issuer.trim_end_matches('/');
        let url = format!("{issuer}/.well-known/openid-configuration").parse()?;
        let discovered: Discovered =
            self.fetch.json(&url, None).await.map_err(ProviderError::Discovery)?;
        if discovered.issuer != self.settings.issuer {
            return Err(ProviderError::Issuer(discovered.issuer));
        }
        Ok(discovered)
    }

    async fn keys(&self, kid: Option<&str>) -> Result<JwkSet, ProviderError> {
        let url = &self.discovered().await?.jwks_uri;
        self.keys.with(kid, &self.fetch, url).await.map_err(ProviderError::Keys)
    }

    /// What the provider says of a person beside the token, where it says more there.
    async fn userinfo(&self, token: &str, subject: &str) -> Result<About, ProviderError> {
        #[derive(Deserialize)]
        struct Userinfo {
            sub: String,
            #[serde(flatten)]
            about: About,
        }
        let Some(url) = &self.discovered().await?.userinfo_endpoint else {
            return Ok(About::default());
        };
        let Userinfo { sub, about } =
            self.fetch.json(url, Some(token)).await.map_err(ProviderError::Userinfo)?;
        if sub == subject { Ok(about) } else { Err(ProviderError::Somebody) }
    }
}

impl Discovered {
    /// How our secret is shown: in a header, unless the provider takes it in the body alone.
    fn auth_type(&self) -> AuthType {
        let takes = |wanted: &str| {
            self.token_endpoint_auth_methods_supported.iter().any(|method| method == wanted)
        };
        if takes("client_secret_post") && !takes("client_secret_basic") {
            AuthType::RequestBody
        } else {
            AuthType::BasicAuth
        }
    }
}
