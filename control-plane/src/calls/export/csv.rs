//! Calls as CSV (RFC 4180): a header, then a line each.

use std::borrow::Cow;

use promptpilot_spec::record::{Body, CallRecord};
use serde::Serialize;
use time::format_description::well_known::Rfc3339;

/// The columns, in order. Programs rely on them: new ones come last.
pub(super) const HEADER: &str = "call_id,time,environment,endpoint,endpoint_version,source,status,\
    error_type,error_detail,provider,model,model_answered,attempts,finish,cache,tokens_in,tokens_out,\
    tokens_cached,tokens_reasoning,cost_micro_usd,saved_micro_usd,total_us,provider_us,first_token_us,\
    overhead_us,key_id,user,country,streaming,request,response\r\n";

/// A call's line.
pub(super) fn line(call: &CallRecord, into: &mut String) {
    let CallRecord { status, endpoint_version, tokens_in, tokens_out, .. } = call;
    let number = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let id = |id: Option<uuid::Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    let fields = [
        call.call_id.to_string(),
        call.time.format(&Rfc3339).unwrap_or_default(),
        call.environment.clone(),
        call.endpoint_name.clone(),
        endpoint_version.to_string(),
        word(&call.source),
        status.to_string(),
        text(&call.error_type),
        text(&call.error_detail),
        text(&call.provider),
        text(&call.model),
        text(&call.model_answered),
        call.attempts.len().to_string(),
        call.finish.as_ref().map(word).unwrap_or_default(),
        word(&call.cache),
        tokens_in.to_string(),
        tokens_out.to_string(),
        call.tokens_cached.to_string(),
        call.tokens_reasoning.to_string(),
        number(call.cost_micro_usd),
        call.saved_micro_usd.to_string(),
        call.total_us.to_string(),
        call.provider_us.to_string(),
        number(call.first_token_us),
        call.overhead_us.to_string(),
        id(call.key_id),
        text(&call.user),
        text(&call.country),
        call.streaming.to_string(),
        kept(call.request.as_ref()),
        kept(call.response.as_ref()),
    ];
    for (place, field) in fields.iter().enumerate() {
        if place > 0 {
            into.push(',');
        }
        into.push_str(&quoted(field));
    }
    into.push_str("\r\n");
}

fn kept(body: Option<&Body>) -> String {
    body.and_then(|body| body.text.clone()).unwrap_or_default()
}

/// A word of the record's.
fn word(value: &impl Serialize) -> String {
    let value = serde_json::to_value(value).ok();
    value.and_then(|value| Some(value.as_str()?.to_owned())).unwrap_or_default()
}

fn quoted(field: &str) -> Cow<'_, str> {
    if field.contains(['"', ',', '\r', '\n']) {
        Cow::Owned(format!("\"{}\"", field.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_would_be_misread_is_quoted() {
        for (field, wanted) in [
            ("plain text", "plain text"),
            ("", ""),
            ("a,b", "\"a,b\""),
            ("two\nlines", "\"two\nlines\""),
            (r#"say "hi""#, r#""say ""hi""""#),
        ] {
            assert_eq!(quoted(field), wanted);
        }
    }
}
