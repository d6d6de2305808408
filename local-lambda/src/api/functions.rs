//! CreateFunction, GetFunction, GetFunctionConfiguration, ListFunctions, DeleteFunction.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::{HeaderValue, Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use subtle::ConstantTimeEq;

use crate::arn::{FunctionRef, LATEST, function_arn};
use crate::body::Body;
use crate::clock;
use crate::context::Context;
use crate::model::{Function, Version, new_revision};
use crate::registry::{Change, Entry};

use super::code::{self, CodeInput};
use super::configuration::SettingsInput;
use super::error::ApiError;
use super::page::list_reply;
use super::request::{ApiRequest, no_content, reply};
use super::shape::{Settled, Shown, configuration};
use super::{tags, versions};

/// Where packages can be downloaded, as `GetFunction` tells.
pub(super) const DOWNLOADS: &str = "/code/";

const PAGE: usize = 50;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateFunction {
    function_name: Option<String>,
    #[serde(default)]
    code: CodeInput,
    #[serde(default)]
    publish: bool,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    package_type: Option<String>,
    architectures: Option<Vec<String>>,
    #[serde(flatten)]
    settings: SettingsInput,
}

pub(super) async fn create(
    context: &Arc<Context>,
    request: &ApiRequest,
) -> Result<Response<Body>, ApiError> {
    let input: CreateFunction = request.json()?;
    SettingsInput::refuse_unavailable(request)?;
    let text = input.function_name.as_deref().ok_or_else(|| ApiError::missing("functionName"))?;
    let name = FunctionRef::parse_new(&context.region, text)?;
    if input.package_type.as_deref().is_some_and(|kind| kind != "Zip") {
        return Err(ApiError::invalid("Container images are not available on this host"));
    }
    if context.registry.get(&name).is_some() {
        return Err(exists(&name));
    }
    tags::check(&input.tags)?;
    let settings = input.settings.create(context, &name, input.architectures.as_deref())?;
    let (code, _pin) = code::install(context, &input.code).await?;
    let version = Version {
        code,
        settings,
        description: input.settings.description.clone().unwrap_or_default(),
        revision: new_revision(),
        modified: clock::last_modified(),
    };
    let mut function = Function {
        name: name.clone(),
        latest: version.clone(),
        published_as: None,
        next_version: 1,
        versions: BTreeMap::new(),
        aliases: BTreeMap::new(),
        urls: BTreeMap::new(),
        policies: BTreeMap::new(),
        tags: input.tags,
        reserved_concurrency: None,
        provisioned: BTreeMap::new(),
        invoke_configs: BTreeMap::new(),
    };
    let mut number = LATEST.to_owned();
    if input.publish {
        number = versions::add(&mut function, None).to_string();
    }
    let decide = |before: Option<&Function>| match before {
        Some(_) => Err(exists(&name)),
        None => Ok((Change::Save(Box::new(function)), ())),
    };
    context.registry.change(&name, decide).await?;

    let version = Version { revision: new_revision(), ..version };
    let settled = Settled::Creating;
    let shown = Shown { name: &name, number: &number, qualifier: None, version: &version, settled };
    reply(StatusCode::CREATED, &configuration(context, &shown)?)
}

fn exists(name: &str) -> ApiError {
    ApiError::conflict(format!("Function already exist: {name}"))
}

pub(super) fn get(context: &Context, request: &ApiRequest) -> Result<Response<Body>, ApiError> {
    let (reference, entry) = find(context, request)?;
    let location = format!(
        "{}{DOWNLOADS}{}/{}/{}",
        context.endpoint(),
        context.download_token,
        reference.name,
        reference.qualifier_or_latest().replace('$', "%24"),
    );
    let mut body = json!({
        "Configuration": show(context, &reference, &entry)?,
        "Code": { "RepositoryType": "S3", "Location": location },
    });
    if !entry.function.tags.is_empty() {
        body["Tags"] = json!(entry.function.tags);
    }
    if let Some(reserved) = entry.function.reserved_concurrency {
        body["Concurrency"] = json!({ "ReservedConcurrentExecutions": reserved });
    }
    reply(StatusCode::OK, &body)
}

pub(super) fn get_configuration(
    context: &Context,
    request: &ApiRequest,
) -> Result<Response<Body>, ApiError> {
    let (reference, entry) = find(context, request)?;
    reply(StatusCode::OK, &show(context, &reference, &entry)?)
}

fn show(context: &Context, reference: &FunctionRef, entry: &Entry) -> Result<Value, ApiError> {
    let (number, version) = resolve(context, reference, entry)?;
    let shown = Shown {
        name: &reference.name,
        number,
        qualifier: reference.qualifier.as_deref(),
        version,
        settled: Settled::Yes,
    };
    configuration(context, &shown)
}

/// The function a request names.
pub(super) fn find(
    context: &Context,
    request: &ApiRequest,
) -> Result<(FunctionRef, Arc<Entry>), ApiError> {
    let reference = request.function(context)?;
    let entry = context.registry.get(&reference.name);
    let entry = entry.ok_or_else(|| ApiError::no_function(&reference.arn(&context.region)))?;
    Ok((reference, entry))
}

fn resolve<'a>(
    context: &Context,
    reference: &'a FunctionRef,
    entry: &'a Entry,
) -> Result<(&'a str, &'a Version), ApiError> {
    let found = entry.function.resolve(reference.qualifier_or_latest());
    found.ok_or_else(|| ApiError::no_function(&reference.arn(&context.region)))
}

pub(super) fn list(context: &Context, request: &ApiRequest) -> Result<Response<Body>, ApiError> {
    let all = match request.query.get("FunctionVersion") {
        None => false,
        Some("ALL") => true,
        Some(other) => {
            let constraint = "Member must satisfy enum value set: [ALL]";
            return Err(ApiError::constraint("functionVersion", other, constraint));
        }
    };
    let mut items = Vec::new();
    for entry in context.registry.list() {
        let function = &entry.function;
        for (number, version) in function.all_versions().take(if all { usize::MAX } else { 1 }) {
            let qualifier = all.then_some(number.as_str());
            let settled = Settled::Untold;
            let shown =
                Shown { name: &function.name, number: &number, qualifier, version, settled };
            let key = format!("{}:{}", function.name, versions::sort_key(&number));
            items.push((key, configuration(context, &shown)?));
        }
    }
    items.sort_by(|one, other| one.0.cmp(&other.0));
    list_reply(&request.query, PAGE, "Functions", items)
}

pub(super) async fn delete(
    context: &Arc<Context>,
    request: &ApiRequest,
) -> Result<Response<Body>, ApiError> {
    let reference = request.function(context)?;
    let arn = function_arn(&context.region, &reference.name);
    let version = reference.qualifier.as_deref().map(versions::removable).transpose()?;
    let decide = |function: Option<&Function>| {
        let function = function.ok_or_else(|| ApiError::no_function(&arn))?;
        let change = match version {
            None => Change::Delete,
            Some(Some(number)) => versions::remove(function, number, &arn)?,
            // No version can be called so; the service does not mind either.
            Some(None) => Change::Keep,
        };
        Ok((change, ()))
    };
    context.registry.change(&reference.name, decide).await?;
    context.registry.sweep_code();
    Ok(no_content())
}

/// Sends a package to whoever has its address.
pub(super) async fn download(context: &Context, rest: &str) -> Result<Response<Body>, ApiError> {
    let gone = || ApiError::access_denied(Some("The address is not valid any more".to_owned()));
    let mut parts = rest.splitn(3, '/');
    let (Some(token), Some(name), Some(qualifier)) = (parts.next(), parts.next(), parts.next())
    else {
        return Err(gone());
    };
    let known: bool = token.as_bytes().ct_eq(context.download_token.as_bytes()).into();
    let entry = context.registry.get(name).filter(|_| known).ok_or_else(gone)?;
    let qualifier = qualifier.replace("%24", "$");
    let (_, version) = entry.function.resolve(&qualifier).ok_or_else(gone)?;
    let path = context.code.package(&version.code);
    let read = tokio::task::spawn_blocking(move || std::fs::read(path)).await;
    let bytes = match read {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(error)) => return Err(ApiError::internal("read the package", &error)),
        Err(error) => return Err(ApiError::internal("read the package", &error)),
    };
    let mut response = Response::new(Body::from(bytes));
    let zip = HeaderValue::from_static("application/zip");
    response.headers_mut().insert(http::header::CONTENT_TYPE, zip);
    Ok(response)
}
