//! From checked fields to the conversation that is sent.

use serde_json::{Map, Value};

use super::{conversation, media};
use crate::{
    endpoint::{Kind, Role},
    function::Function,
    log::{Level, log},
    problem::{FieldError, PROMPT_FAILED, Problem, REQUEST_INVALID},
    provider::{Media, Turn},
};

/// The prompt, rendered, with the caller's conversation, pictures and files in their places.
pub(super) fn turns(
    function: &Function,
    mut variables: Map<String, Value>,
) -> Result<Vec<Turn>, Problem> {
    let (mut conversation, mut media, mut name) = (Vec::new(), Vec::new(), None);
    for field in function.endpoint.request {
        // To a template they are only there or not.
        let mut take = || Some(std::mem::replace(variables.get_mut(field.name)?, true.into()));
        match field.kind {
            Kind::Messages { .. } => {
                name = Some(field.name);
                conversation = take().map(conversation::turns).unwrap_or_default();
                variables.insert(field.name.to_owned(), Value::Bool(!conversation.is_empty()));
            }
            Kind::Media { form, .. } => media.extend(take().and_then(|it| media::read(form, it))),
            _ => {}
        }
    }
    let prompt = function.render(&variables).map_err(|error| {
        let cause = error.cause().map(|cause| format!(": {cause}")).unwrap_or_default();
        log(Level::Error, &format!("{error}{cause}"));
        Problem::new(PROMPT_FAILED, format!("{error}{cause}"))
    })?;
    place(prompt, conversation, media).map_err(|detail| {
        let pointer = name.map(|name| format!("/{name}")).unwrap_or_default();
        let error = FieldError { pointer, detail: detail.to_owned() };
        Problem::new(REQUEST_INVALID, "one thing is wrong with the request")
            .with_errors(vec![error])
    })
}

/// Images and files that are fields go with the last text of the user's: the prompt's own where that asks.
fn place(
    mut prompt: Vec<Turn>,
    mut conversation: Vec<Turn>,
    media: Vec<Media>,
) -> Result<Vec<Turn>, &'static str> {
    let is_said = |turn: &&mut Turn| turn.role == Role::User && turn.results.is_empty();
    let own = prompt.last_mut().filter(is_said);
    let with = own.or_else(|| conversation.iter_mut().rev().find(is_said));
    if let Some(turn) = with {
        turn.media.extend(media);
    }
    conversation::place(prompt, conversation)
}
