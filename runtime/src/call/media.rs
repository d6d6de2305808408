//! Pictures and files of a request: what they may look like, and what a record keeps of them.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::validate::Check;
use crate::{
    endpoint::Form,
    provider::{Media, Source},
};

/// What every provider that takes pictures takes.
const IMAGES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/// What every provider that takes files takes.
const FILES: [&str; 1] = ["application/pdf"];

/// Longest URL.
const MAX_URL: usize = 2048;

/// What a field allows.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    pub(super) form: Form,
    pub(super) max_bytes: u64,
    pub(super) urls: bool,
}

/// Tells all that is wrong with one.
pub(super) fn check(check: &mut Check, value: &Value, bounds: Bounds, pointer: &str) -> Option<()> {
    let Value::Object(members) = value else {
        return check.wrong(pointer, "must be an object with `media_type` and `data`");
    };
    for name in members.keys() {
        if !["media_type", "data", "url"].contains(&name.as_str()) {
            let detail = "is not known here: there are `media_type`, `data`, `url`";
            check.wrong::<()>(&super::validate::below(pointer, name), detail);
        }
    }
    match (members.get("url"), members.get("data")) {
        (Some(_), Some(_)) => check.wrong(pointer, "must have `data` or `url`, not both"),
        (Some(url), None) => check_url(check, url, bounds, pointer),
        (None, data) => check_data(check, members.get("media_type"), data, bounds, pointer),
    }
}

fn check_url(check: &mut Check, url: &Value, bounds: Bounds, pointer: &str) -> Option<()> {
    let pointer = format!("{pointer}/url");
    if !bounds.urls {
        return check.wrong(&pointer, "is not taken here: send `media_type` and `data`");
    }
    let is_url = |text: &str| {
        let url = text.parse::<http::Uri>().ok();
        let host = url.as_ref().filter(|url| url.scheme_str() == Some("https"))?.host()?;
        (!host.is_empty() && text.len() <= MAX_URL).then_some(())
    };
    match url.as_str().and_then(is_url) {
        Some(()) => Some(()),
        None => check.wrong(&pointer, "must be a URL that begins with `https://`"),
    }
}

fn check_data(
    check: &mut Check,
    media_type: Option<&Value>,
    data: Option<&Value>,
    bounds: Bounds,
    pointer: &str,
) -> Option<()> {
    let allowed = if bounds.form == Form::Image { &IMAGES[..] } else { &FILES };
    if !media_type.and_then(Value::as_str).is_some_and(|given| allowed.contains(&given)) {
        let detail = format!("must be one of `{}`", allowed.join("`, `"));
        check.wrong::<()>(&format!("{pointer}/media_type"), detail);
    }
    let pointer = format!("{pointer}/data");
    let Some(bytes) = data.and_then(Value::as_str).and_then(|it| BASE64_STANDARD.decode(it).ok())
    else {
        return check.wrong(&pointer, "must be a string in base64");
    };
    let (size, most) = (bytes.len() as u64, bounds.max_bytes);
    match size {
        0 => check.wrong(&pointer, "must not be empty"),
        _ if size > most => {
            check.wrong(&pointer, format!("must have at most {most} bytes and has {size}"))
        }
        _ => Some(()),
    }
}

/// One that was checked.
pub(super) fn read(form: Form, mut value: Value) -> Option<Media> {
    let mut text = |name: &str| match value.get_mut(name)?.take() {
        Value::String(text) => Some(text),
        _ => None,
    };
    let source = match text("url") {
        Some(url) => Source::Url(url),
        None => Source::Data { media_type: text("media_type")?, data: text("data")? },
    };
    Some(Media { form, source })
}

/// In a record, hash and size stand for what is binary, also where it is not as it should be.
pub(super) fn summarize(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if let Some(data) = members.remove("data") {
                members.extend(summary(&data));
            }
        }
        Value::Null => {}
        other => *other = Value::Object(summary(other)),
    }
}

fn summary(data: &Value) -> Map<String, Value> {
    let text = data.as_str().map_or_else(|| data.to_string(), str::to_owned);
    let bytes = BASE64_STANDARD.decode(&text).unwrap_or_else(|_| text.into_bytes());
    let hash: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let told = json!({ "size": bytes.len(), "sha256": hash });
    told.as_object().cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        call::validate::{Unknown, object},
        endpoint::{Field, Kind},
    };

    const fn field(form: Form, urls: bool) -> Field {
        let kind = Kind::Media { form, max_bytes: 4, urls };
        Field { name: "m", optional: false, default: None, sensitive: false, kind }
    }

    static IMAGE: &[Field] = &[field(Form::Image, false)];
    static FILE: &[Field] = &[field(Form::File, true)];

    fn errors(fields: &[Field], value: &Value) -> Vec<String> {
        match object(json!({ "m": value }), fields, Unknown::Refuse) {
            Ok(_) => Vec::new(),
            Err(errors) => errors.iter().map(|e| format!("{} {}", e.pointer, e.detail)).collect(),
        }
    }

    #[test]
    fn data_of_a_known_type_and_size_is_taken() {
        let image = json!({ "media_type": "image/png", "data": "AAAA" });
        assert_eq!(errors(IMAGE, &image), [""; 0]);
        let source = Source::Data { media_type: "image/png".into(), data: "AAAA".into() };
        assert_eq!(read(Form::Image, image), Some(Media { form: Form::Image, source }));
        let url = json!({ "url": "https://example.com/a.pdf?b=c" });
        assert_eq!(errors(FILE, &url), [""; 0]);
    }

    #[test]
    fn everything_else_is_refused_and_says_where() {
        for (fields, given, wanted) in [
            (IMAGE, json!("AAAA"), "/m must be an object with `media_type` and `data`"),
            (
                IMAGE,
                json!({ "url": "https://e.com" }),
                "/m/url is not taken here: send `media_type` and `data`",
            ),
            (
                IMAGE,
                json!({ "media_type": "image/png", "data": "!" }),
                "/m/data must be a string in base64",
            ),
            (IMAGE, json!({ "media_type": "image/png" }), "/m/data must be a string in base64"),
            (IMAGE, json!({ "media_type": "image/png", "data": "" }), "/m/data must not be empty"),
            (
                IMAGE,
                json!({ "media_type": "image/png", "data": "AAAAAAAA" }),
                "/m/data must have at most 4 bytes and has 6",
            ),
            (
                FILE,
                json!({ "media_type": "text/html", "data": "AAAA" }),
                "/m/media_type must be one of `application/pdf`",
            ),
            (
                FILE,
                json!({ "url": "http://example.com/" }),
                "/m/url must be a URL that begins with `https://`",
            ),
            (
                FILE,
                json!({ "url": "file:///etc/passwd" }),
                "/m/url must be a URL that begins with `https://`",
            ),
            (
                FILE,
                json!({ "url": "https://e.com", "data": "AAAA" }),
                "/m must have `data` or `url`, not both",
            ),
            (
                FILE,
                json!({ "url": "https://e.com", "name": "x" }),
                "/m/name is not known here: there are `media_type`, `data`, `url`",
            ),
        ] {
            assert_eq!(errors(fields, &given), [wanted]);
        }
    }

    #[test]
    fn a_record_has_hash_and_size() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let mut value = json!({ "media_type": "image/png", "data": "" });
        summarize(&mut value);
        assert_eq!(value, json!({ "media_type": "image/png", "size": 0, "sha256": empty }));
        for mut value in [json!("c2VjcmV0"), json!({ "data": ["c2VjcmV0"] }), json!(["c2VjcmV0"])] {
            summarize(&mut value);
            assert!(!value.to_string().contains("c2VjcmV0"), "{value}");
        }
    }
}
