//! Paths and queries, refused as problems where they cannot be read.

use aide::{
    OperationInput,
    generate::GenContext,
    openapi::Operation,
    operation::{ParamLocation, add_parameters, parameters_from_schema},
};
use axum::{
    extract::{self, FromRequestParts},
    http::request::Parts,
};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::openapi;
use crate::http::Problem;

/// Parts of the path.
#[derive(Debug)]
pub(crate) struct Path<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        match extract::Path::from_request_parts(parts, state).await {
            Ok(extract::Path(path)) => Ok(Self(path)),
            Err(refused) => Err(Problem::bad_request("path-invalid", refused.body_text())),
        }
    }
}

/// The query.
#[derive(Debug)]
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        match extract::Query::from_request_parts(parts, state).await {
            Ok(extract::Query(query)) => Ok(Self(query)),
            Err(refused) => Err(Problem::bad_request("query-invalid", refused.body_text())),
        }
    }
}

// The path's own names are known where the route is: see `openapi`.
impl<T> OperationInput for Path<T> {
    fn operation_input(_: &mut GenContext, operation: &mut Operation) {
        openapi::note(operation, &["path-invalid"]);
    }
}

impl<T: JsonSchema> OperationInput for Query<T> {
    fn operation_input(context: &mut GenContext, operation: &mut Operation) {
        openapi::note(operation, &["query-invalid"]);
        let schema = context.schema.subschema_for::<T>();
        let parameters = parameters_from_schema(context, schema, ParamLocation::Query);
        add_parameters(context, operation, parameters);
    }
}
