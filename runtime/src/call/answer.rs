//! From a model's text to the declared response.

use std::borrow::Cow;

use promptpilot_spec::record::Finish;
use serde_json::{Value, json};

use super::validate::{self, Unknown};
use crate::{
    endpoint::{Field, Model, Response, Role},
    problem::{ANSWER_INVALID, FieldError, Problem},
    provider::{Answer, Turn},
};

/// An answer that does not fit.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unfit {
    detail: String,
    errors: Vec<FieldError>,
    /// Whether asking again may help.
    pub(crate) repairable: bool,
}

/// What the caller gets, or why the answer does not fit.
pub(crate) fn shape(answer: &Answer, response: &Response) -> Result<Value, Unfit> {
    let cut = answer.finish == Some(Finish::Length);
    if cut && answer.text.trim().is_empty() {
        return Err(unfit_cut("before its first word"));
    }
    match response {
        Response::Text => Ok(json!({ "text": answer.text })),
        Response::Json { fields, .. } => object(&answer.text, fields)
            .map_err(|unfit| if cut { unfit_cut("in the middle of its object") } else { unfit }),
    }
}

/// The fields of a response, for what is kept of it.
pub(crate) fn fields(response: &Response) -> &[Field] {
    match response {
        Response::Text => &[],
        Response::Json { fields, .. } => fields,
    }
}

fn unfit_cut(place: &str) -> Unfit {
    let detail = format!("the answer reached `max_tokens` {place}: give the model more of them");
    Unfit { detail, errors: Vec::new(), repairable: false }
}

fn object(text: &str, fields: &[Field]) -> Result<Value, Unfit> {
    let value = serde_json::from_str(without_fence(text)).map_err(|error| Unfit {
        detail: format!("the model's answer is no JSON: {error}"),
        errors: Vec::new(),
        repairable: true,
    })?;
    validate::object(value, fields, Unknown::Drop).map(Value::Object).map_err(|errors| Unfit {
        detail: "the model's answer does not fit the declared response".to_owned(),
        errors,
        repairable: true,
    })
}

/// Models without structured output like to put JSON between three backticks.
fn without_fence(text: &str) -> &str {
    let text = text.trim();
    let inner = text.strip_prefix("```").and_then(|text| text.strip_suffix("```"));
    match inner {
        Some(inner) => inner.strip_prefix("json").unwrap_or(inner).trim(),
        None => text,
    }
}

/// The conversation for a model: one that cannot be held to the schema is told it in words.
pub(crate) fn turns_for<'a>(
    turns: &'a [Turn],
    response: &Response,
    model: &Model,
) -> Cow<'a, [Turn]> {
    let Response::Json { schema, .. } = response else { return Cow::Borrowed(turns) };
    if model.holds_to_schema {
        return Cow::Borrowed(turns);
    }
    let text = format!(
        "Answer with one JSON object and nothing else. It must fit this JSON Schema:\n{schema}"
    );
    let system = turns.iter().take_while(|turn| turn.role == Role::System).count();
    let mut turns = turns.to_vec();
    turns.insert(system, Turn { role: Role::System, text });
    Cow::Owned(turns)
}

/// The conversation with the unfit answer and what is wrong with it.
pub(crate) fn repair_turns(turns: &[Turn], answer: &Answer, unfit: &Unfit) -> Vec<Turn> {
    let mut what = unfit.detail.clone();
    for error in &unfit.errors {
        what.push_str(&format!("\n- {}: {}", error.pointer, error.detail));
    }
    let mut turns = turns.to_vec();
    // Providers refuse an empty message.
    if !answer.text.trim().is_empty() {
        turns.push(Turn { role: Role::Assistant, text: answer.text.clone() });
    }
    turns.push(Turn {
        role: Role::User,
        text: format!("This cannot be used: {what}\nAnswer again with the whole JSON object only."),
    });
    turns
}

impl From<Unfit> for Problem {
    fn from(unfit: Unfit) -> Self {
        Self::new(ANSWER_INVALID, unfit.detail).with_errors(unfit.errors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::Kind;

    static RESPONSE: Response = Response::Json {
        fields: &[Field {
            name: "n",
            optional: false,
            default: None,
            sensitive: false,
            kind: Kind::Integer { minimum: None, maximum: None },
        }],
        schema: "{}",
    };

    fn answer(text: &str) -> Answer {
        Answer { text: text.to_owned(), finish: Some(Finish::Stop), ..Answer::default() }
    }

    #[test]
    fn json_is_found_inside_a_fence() {
        for text in ["{\"n\":1}", " \n{\"n\":1} ", "```json\n{\"n\":1}\n```", "```\n{\"n\":1}```"] {
            assert_eq!(shape(&answer(text), &RESPONSE), Ok(json!({ "n": 1 })), "{text}");
        }
    }

    #[test]
    fn what_does_not_fit_says_where() {
        let unfit = shape(&answer("{\"n\":\"1\"}"), &RESPONSE).expect_err("a string");
        assert_eq!(unfit.errors[0].pointer, "/n");
        assert!(unfit.repairable);
    }

    #[test]
    fn what_was_cut_is_not_asked_for_again() {
        let cut = |text| Answer { finish: Some(Finish::Length), ..answer(text) };
        assert!(!shape(&cut("{\"n\":"), &RESPONSE).expect_err("cut").repairable);
        assert!(!shape(&cut(""), &Response::Text).expect_err("empty").repairable);
        assert_eq!(shape(&cut("Once"), &Response::Text), Ok(json!({ "text": "Once" })));
    }
}
