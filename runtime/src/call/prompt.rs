//! From checked fields to the conversation that is sent.

use serde_json::{Map, Value};

use super::conversation;
use crate::{
    endpoint::Kind,
    function::Function,
    log::{Level, log},
    problem::{FieldError, PROMPT_FAILED, Problem, REQUEST_INVALID},
    provider::Turn,
};

/// The prompt, rendered, with the caller's conversation in its place.
pub(super) fn turns(
    function: &Function,
    mut variables: Map<String, Value>,
) -> Result<Vec<Turn>, Problem> {
    let mut fields = function.endpoint.request.iter();
    let field = fields.find(|field| matches!(field.kind, Kind::Messages { .. }));
    let name = field.map(|field| field.name);
    // To a template it is only there or not.
    let messages = name.and_then(|name| Some(variables.get_mut(name)?.take()));
    let conversation = messages.map(conversation::turns).unwrap_or_default();
    if let Some(name) = name {
        variables.insert(name.to_owned(), Value::Bool(!conversation.is_empty()));
    }
    let prompt = function.render(&variables).map_err(|error| {
        let cause = error.cause().map(|cause| format!(": {cause}")).unwrap_or_default();
        log(Level::Error, &format!("{error}{cause}"));
        Problem::new(PROMPT_FAILED, format!("{error}{cause}"))
    })?;
    let Some(name) = name else { return Ok(prompt) };
    conversation::place(prompt, conversation).map_err(|detail| {
        let error = FieldError { pointer: format!("/{name}"), detail: detail.to_owned() };
        Problem::new(REQUEST_INVALID, "one thing is wrong with the request").with_errors(vec![error])
    })
}
