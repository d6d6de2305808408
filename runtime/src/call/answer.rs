//! From a model's text to the declared response.

use std::borrow::Cow;

use promptpilot_spec::{record::Finish, template::MAX_REPAIR};
use serde_json::{Value, json};
use uuid::Uuid;

use super::validate::{self, Unknown};
use crate::{
    endpoint::{Field, Model, Response, Role, Tool},
    problem::{ANSWER_INVALID, FieldError, Problem},
    provider::{Answer, ToolCall, Turn},
};

/// What is said around the errors of an unfit answer, in bytes, with room to spare.
const AROUND_ERRORS: usize = 256;

/// An answer that does not fit.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unfit {
    detail: String,
    errors: Vec<FieldError>,
    /// Whether asking again may help.
    pub(crate) repairable: bool,
}

/// What the caller gets, or why the answer does not fit.
pub(crate) fn shape(
    answer: &Answer,
    response: &Response<'_>,
    tools: &'static [Tool],
) -> Result<Value, Unfit> {
    let cut = answer.finish == Some(Finish::Length);
    let or_cut = |place| move |unfit| if cut { unfit_cut(place) } else { unfit };
    // A tool that nobody declared cannot be asked for.
    let calls = if tools.is_empty() { &[][..] } else { &answer.calls };
    if cut && answer.text.trim().is_empty() && calls.is_empty() {
        return Err(unfit_cut("before its first word"));
    }
    let calls = tool_calls(calls, tools).map_err(or_cut("in the middle of a tool's arguments"))?;
    let mut value = match response {
        Response::Text => json!({ "text": answer.text }),
        // Whoever asks for a tool has not answered yet.
        Response::Json { fields, .. } if !calls.is_empty() => {
            object(&answer.text, fields).unwrap_or_else(|_| json!({}))
        }
        Response::Json { fields, .. } => {
            object(&answer.text, fields).map_err(or_cut("in the middle of its object"))?
        }
        // Who brings a schema reads from `finish` that it was cut.
        Response::Schema { .. } if cut => json!(answer.text),
        Response::Schema { .. } => json(&answer.text)?,
    };
    if !tools.is_empty() {
        value["tool_calls"] = calls.into();
    }
    Ok(value)
}

/// The tools that the model asks for, in the form in which callers pass them back.
fn tool_calls(calls: &[ToolCall], tools: &'static [Tool]) -> Result<Vec<Value>, Unfit> {
    calls.iter().enumerate().map(|(index, call)| tool_call(index, call, tools)).collect()
}

fn tool_call(index: usize, call: &ToolCall, tools: &'static [Tool]) -> Result<Value, Unfit> {
    let place = format!("/tool_calls/{index}");
    let unfit = |errors: Vec<FieldError>| Unfit {
        detail: "the model asks for a tool in a way that does not fit".to_owned(),
        errors,
        repairable: true,
    };
    let one = |member: &str, detail: String| {
        unfit(vec![FieldError { pointer: format!("{place}/{member}"), detail }])
    };
    let Some(tool) = tools.iter().find(|tool| tool.name == call.name) else {
        return Err(one("name", "is not the name of a declared tool".to_owned()));
    };
    // Some write nothing where there are no arguments.
    let arguments = if call.arguments.trim().is_empty() { "{}" } else { &call.arguments };
    let arguments = serde_json::from_str(arguments)
        .map_err(|error| one("arguments", format!("is no JSON: {error}")))?;
    let arguments = validate::object(arguments, tool.parameters, Unknown::Drop);
    let arguments = arguments.map_err(|mut errors| {
        for error in &mut errors {
            error.pointer.insert_str(0, &format!("{place}/arguments"));
        }
        unfit(errors)
    })?;
    let id = match call.id.as_str() {
        "" => format!("call_{}", Uuid::now_v7().simple()),
        id => id.to_owned(),
    };
    let mut told = json!({ "id": id, "name": call.name, "arguments": arguments });
    if let Some(signature) = &call.signature {
        told["signature"] = signature.as_str().into();
    }
    Ok(told)
}

/// The fields of a response, for what is kept of it.
pub(crate) fn fields<'a>(response: &Response<'a>) -> &'a [Field] {
    match *response {
        Response::Text | Response::Schema { .. } => &[],
        Response::Json { fields, .. } => fields,
    }
}

fn unfit_cut(place: &str) -> Unfit {
    let detail = format!("the answer reached `max_tokens` {place}: give the model more of them");
    Unfit { detail, errors: Vec::new(), repairable: false }
}

fn json(text: &str) -> Result<Value, Unfit> {
    serde_json::from_str(without_fence(text)).map_err(|error| Unfit {
        detail: format!("the model's answer is no JSON: {error}"),
        errors: Vec::new(),
        repairable: true,
    })
}

fn object(text: &str, fields: &[Field]) -> Result<Value, Unfit> {
    validate::object(json(text)?, fields, Unknown::Drop).map(Value::Object).map_err(|errors| {
        Unfit {
            detail: "the model's answer does not fit the declared response".to_owned(),
            errors,
            repairable: true,
        }
    })
}

/// Models without structured output like to put JSON between three backticks.
pub(crate) fn without_fence(text: &str) -> &str {
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
    response: &Response<'_>,
    model: &Model<'_>,
) -> Cow<'a, [Turn]> {
    let Some(schema) = response.schema() else { return Cow::Borrowed(turns) };
    if model.holds_to_schema {
        return Cow::Borrowed(turns);
    }
    let what = if matches!(response, Response::Json { .. }) { "one JSON object" } else { "JSON" };
    let text =
        format!("Answer with {what} and nothing else. It must fit this JSON Schema:\n{schema}");
    let system = turns.iter().take_while(|turn| turn.role == Role::System).count();
    let mut turns = turns.to_vec();
    turns.insert(system, Turn::new(Role::System, text));
    Cow::Owned(turns)
}

/// The conversation with the unfit answer and what is wrong with it.
pub(crate) fn repair_turns(turns: &[Turn], answer: &Answer, unfit: &Unfit) -> Vec<Turn> {
    let mut what = unfit.detail.clone();
    for error in &unfit.errors {
        let line = format!("\n- {}: {}", error.pointer, error.detail);
        if what.len() + line.len() + AROUND_ERRORS > MAX_REPAIR {
            break; // What a call may cost at most is told before; the first errors say most.
        }
        what.push_str(&line);
    }
    let mut turns = turns.to_vec();
    // Providers refuse an empty message.
    if !answer.text.trim().is_empty() {
        turns.push(Turn::new(Role::Assistant, answer.text.as_str()));
    }
    let again = match answer.calls.is_empty() {
        true => "Answer again with the whole JSON only.",
        false => "Try again.",
    };
    turns.push(Turn::new(Role::User, format!("This cannot be used: {what}\n{again}")));
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

    static RESPONSE: Response<'static> = Response::Json {
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
            assert_eq!(shape(&answer(text), &RESPONSE, &[]), Ok(json!({ "n": 1 })), "{text}");
        }
    }

    static TOOLS: &[Tool] = &[Tool {
        name: "search",
        description: "Searches",
        parameters: match &RESPONSE {
            Response::Json { fields, .. } => fields,
            _ => &[],
        },
        schema: "{}",
    }];

    fn asking(name: &str, arguments: &str) -> Answer {
        let (id, name) = ("c1".to_owned(), name.to_owned());
        let call = ToolCall { id, name, arguments: arguments.to_owned(), signature: None };
        Answer { calls: vec![call], finish: Some(Finish::Tool), ..Answer::default() }
    }

    #[test]
    fn tools_that_are_asked_for_stand_beside_the_fields() {
        let call = json!([{ "id": "c1", "name": "search", "arguments": { "n": 1 } }]);
        let asking = asking("search", "{\"n\":1,\"more\":2}");
        assert_eq!(shape(&asking, &RESPONSE, TOOLS), Ok(json!({ "tool_calls": call })));
        let text = json!({ "text": "", "tool_calls": call });
        assert_eq!(shape(&asking, &Response::Text, TOOLS), Ok(text));
        let both = Answer { text: "{\"n\":7}".to_owned(), ..asking };
        let told = json!({ "n": 7, "tool_calls": call });
        assert_eq!(shape(&both, &RESPONSE, TOOLS), Ok(told));
        let none = shape(&answer("{\"n\":1}"), &RESPONSE, TOOLS);
        assert_eq!(none, Ok(json!({ "n": 1, "tool_calls": [] })));
        assert_eq!(shape(&both, &Response::Text, &[]), Ok(json!({ "text": "{\"n\":7}" })));
    }

    #[test]
    fn a_tool_asked_for_wrongly_is_asked_for_again() {
        for (asking, pointer) in [
            (asking("find", "{}"), "/tool_calls/0/name"),
            (asking("search", ""), "/tool_calls/0/arguments/n"),
            (asking("search", "{\"n\":\"1\"}"), "/tool_calls/0/arguments/n"),
            (asking("search", "{\"n\":"), "/tool_calls/0/arguments"),
        ] {
            let unfit = shape(&asking, &RESPONSE, TOOLS).expect_err("unfit");
            assert_eq!((unfit.errors[0].pointer.as_str(), unfit.repairable), (pointer, true));
            let cut = Answer { finish: Some(Finish::Length), ..asking };
            assert!(!shape(&cut, &RESPONSE, TOOLS).expect_err("cut").repairable);
        }
    }

    #[test]
    fn what_does_not_fit_says_where() {
        let unfit = shape(&answer("{\"n\":\"1\"}"), &RESPONSE, &[]).expect_err("a string");
        assert_eq!(unfit.errors[0].pointer, "/n");
        assert!(unfit.repairable);
    }

    #[test]
    fn what_was_cut_is_not_asked_for_again() {
        let cut = |text| Answer { finish: Some(Finish::Length), ..answer(text) };
        assert!(!shape(&cut("{\"n\":"), &RESPONSE, &[]).expect_err("cut").repairable);
        assert!(!shape(&cut(""), &Response::Text, &[]).expect_err("empty").repairable);
        assert_eq!(shape(&cut("Once"), &Response::Text, &[]), Ok(json!({ "text": "Once" })));
    }
}
