//! UpdateFunctionCode, and what it shares with CreateFunction.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Response, StatusCode};
use serde::Deserialize;

use crate::arn::{LATEST, function_arn};
use crate::body::Body;
use crate::clock;
use crate::context::Context;
use crate::model::{Code, Function, Version, new_revision};
use crate::registry::Change;
use crate::s3::{Object, S3Error};
use crate::store::{CodeError, CodeStore, Pin};

use super::configuration::architecture;
use super::error::ApiError;
use super::request::{ApiRequest, reply};
use super::shape::{Settled, Shown, configuration};
use super::versions;

/// Where code comes from.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct CodeInput {
    zip_file: Option<String>,
    s3_bucket: Option<String>,
    s3_key: Option<String>,
    s3_object_version: Option<String>,
    image_uri: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateFunctionCode {
    #[serde(flatten)]
    code: CodeInput,
    architectures: Option<Vec<String>>,
    #[serde(default)]
    publish: bool,
    #[serde(default)]
    dry_run: bool,
    revision_id: Option<String>,
}

impl CodeInput {
    async fn package(&self, context: &Context) -> Result<Bytes, ApiError> {
        if self.image_uri.is_some() {
            return Err(ApiError::invalid("Container images are not available on this host"));
        }
        match (&self.zip_file, &self.s3_bucket) {
            (Some(text), _) => {
                let package = STANDARD.decode(text).map_err(ApiError::malformed)?;
                CodeStore::check_upload(&package).map_err(refused)?;
                Ok(package.into())
            }
            (None, Some(bucket)) => self.object(context, bucket).await,
            (None, None) => Err(ApiError::invalid("Please provide a source for function code.")),
        }
    }

    async fn object(&self, context: &Context, bucket: &str) -> Result<Bytes, ApiError> {
        let s3 = context.s3.as_ref().ok_or_else(|| {
            ApiError::invalid(
                "Code in S3 is not available on this host: it was started without an S3 endpoint",
            )
        })?;
        let key = self.s3_key.as_deref().ok_or_else(|| ApiError::missing("s3Key"))?;
        let object = Object { bucket, key, version: self.s3_object_version.as_deref() };
        s3.get(&object).await.map_err(|error| match error {
            S3Error::Refused { .. } => ApiError::invalid(error.to_string()),
            S3Error::Failed { .. } => ApiError::internal("get the code from S3", &error),
        })
    }
}

/// Keeps and unpacks a package. The pin holds it until a function refers to it.
pub(super) async fn install(context: &Context, input: &CodeInput) -> Result<(Code, Pin), ApiError> {
    let (store, package) = (Arc::clone(&context.code), input.package(context).await?);
    blocking(move || store.install(&package)).await
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, CodeError> + Send + 'static,
) -> Result<T, ApiError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(refused),
        Err(error) => Err(ApiError::internal("unpack the code", &error)),
    }
}

fn refused(error: CodeError) -> ApiError {
    match error {
        CodeError::Io(error) => ApiError::internal("keep the code", &error),
        CodeError::TooLargeZipped => ApiError::too_large(error.to_string()),
        error => ApiError::invalid(error.to_string()),
    }
}

pub(super) async fn update(
    context: &Arc<Context>,
    request: &ApiRequest,
) -> Result<Response<Body>, ApiError> {
    let input: UpdateFunctionCode = request.json()?;
    request.refuse_members(&["SourceKMSKeyArn", "PublishTo", "S3ObjectStorageMode"])?;
    let reference = request.function(context)?;
    if reference.qualifier.as_deref().is_some_and(|it| it != LATEST) {
        return Err(ApiError::invalid("Only $LATEST can be changed"));
    }
    let name = reference.name.as_str();
    let missing = || ApiError::no_function(&function_arn(&context.region, name));
    context.registry.get(name).ok_or_else(missing)?;
    let architecture = input.architectures.as_deref().map(architecture).transpose()?;

    let (code, _pin) = if input.dry_run {
        let package = input.code.package(context).await?;
        (blocking(move || CodeStore::inspect(&package)).await?, None)
    } else {
        let (code, pin) = install(context, &input.code).await?;
        (code, Some(pin))
    };
    let decide = |function: Option<&Function>| {
        let mut function = function.ok_or_else(missing)?.clone();
        if input.revision_id.as_ref().is_some_and(|seen| *seen != function.latest.revision) {
            return Err(ApiError::stale_revision("GetFunction/GetAlias"));
        }
        let changed = replace_code(&mut function.latest, code, architecture);
        if changed {
            function.published_as = None;
        }
        let published = input.publish.then(|| versions::publish_latest(&mut function, None));
        let shown =
            published.and_then(|number| Some((number, function.versions.get(&number)?.clone())));
        let latest = function.latest.clone();
        let change = if input.dry_run { Change::Keep } else { Change::Save(Box::new(function)) };
        Ok((change, (shown, latest)))
    };
    let (published, latest) = context.registry.change(name, decide).await?;
    context.registry.sweep_code();

    let body = match published {
        Some((number, version)) => {
            let number = number.to_string();
            let (qualifier, settled) = (Some(number.as_str()), Settled::Creating);
            let shown = Shown { name, number: &number, qualifier, version: &version, settled };
            configuration(context, &shown)?
        }
        None => {
            let version = Version { revision: new_revision(), ..latest };
            let settled = Settled::Updating;
            let shown = Shown { name, number: LATEST, qualifier: None, version: &version, settled };
            configuration(context, &shown)?
        }
    };
    reply(StatusCode::OK, &body)
}

/// Whether this made a difference to what runs.
fn replace_code(latest: &mut Version, code: Code, architecture: Option<String>) -> bool {
    let before = (latest.code.clone(), latest.settings.architecture.clone());
    latest.code = code;
    if let Some(architecture) = architecture {
        latest.settings.architecture = architecture;
    }
    latest.revision = new_revision();
    latest.modified = clock::last_modified();
    before != (latest.code.clone(), latest.settings.architecture.clone())
}
