//! Requests and answers as a record keeps them: without sensitive fields, and cut.

use promptpilot_spec::record::{Body, MAX_BODY};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{conversation, media};
use crate::endpoint::{Field, Kind};

/// What stands for a sensitive value.
const HIDDEN: &str = "[sensitive]";

/// Bytes as they came.
pub fn keep(bytes: &[u8]) -> Body {
    let size = bytes.len() as u64;
    match std::str::from_utf8(bytes) {
        Ok(text) => {
            let kept = cut(text);
            Body { text: Some(kept.to_owned()), cut: kept.len() < text.len(), size, sha256: None }
        }
        Err(_) => {
            let hash = Sha256::digest(bytes);
            let hash = hash.iter().map(|byte| format!("{byte:02x}")).collect();
            Body { text: None, cut: false, size, sha256: Some(hash) }
        }
    }
}

/// A JSON value without what its fields declare sensitive.
pub(crate) fn keep_json(value: &Value, fields: &[Field]) -> Body {
    let mut value = value.clone();
    hide(&mut value, fields);
    keep(value.to_string().as_bytes())
}

/// Hides by name and not by type: a wrong value of a sensitive field is sensitive as well. Where the
/// value has not the shape that would tell which part is sensitive, the whole is hidden.
fn hide(value: &mut Value, fields: &[Field]) {
    match value {
        Value::Object(members) => {
            for field in fields {
                if let Some(value) = members.get_mut(field.name) {
                    hide_field(value, field);
                }
            }
        }
        _ if fields.iter().any(holds_sensitive) => *value = HIDDEN.into(),
        _ => {}
    }
}

fn hide_field(value: &mut Value, field: &Field) {
    if field.sensitive {
        *value = HIDDEN.into();
        return;
    }
    match field.kind {
        Kind::Media { .. } => media::summarize(value),
        Kind::Messages { images: Some(_), .. } => conversation::summarize(value),
        Kind::Object(fields) => hide(value, fields),
        Kind::Array { items, .. } if holds_sensitive(items) => match value {
            Value::Array(values) => values.iter_mut().for_each(|value| hide_field(value, items)),
            _ => *value = HIDDEN.into(),
        },
        _ => {}
    }
}

/// Whether anything in a field is sensitive.
pub(crate) fn holds_sensitive(field: &Field) -> bool {
    field.sensitive
        || match field.kind {
            Kind::Object(fields) => fields.iter().any(holds_sensitive),
            Kind::Array { items, .. } => holds_sensitive(items),
            _ => false,
        }
}

/// The longest beginning whose JSON is not larger than [`MAX_BODY`], quotes left out.
fn cut(text: &str) -> &str {
    if text.len() <= MAX_BODY / 6 {
        return text; // No character grows more than that.
    }
    let mut size = 0;
    for (place, character) in text.char_indices() {
        size += match character {
            '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
            '\0'..='\u{1f}' => 6,
            _ => character.len_utf8(),
        };
        if size > MAX_BODY {
            return &text[..place];
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const fn field(name: &'static str, sensitive: bool, kind: Kind) -> Field {
        Field { name, optional: false, default: None, sensitive, kind }
    }

    const TEXT: Kind = Kind::String { min_length: 0, max_length: None };
    static SECRET_ITEM: Field = field("", true, TEXT);
    static FIELDS: &[Field] = &[
        field("open", false, TEXT),
        field("secret", true, TEXT),
        field("list", false, Kind::Array { items: &SECRET_ITEM, min_items: 0, max_items: None }),
        field("deep", false, Kind::Object(&[field("secret", true, TEXT)])),
    ];

    #[test]
    fn sensitive_fields_are_hidden_whatever_they_hold() {
        let given = json!({
            "open": "o", "secret": { "x": "S" }, "list": ["S", 1], "deep": { "secret": ["S"] },
        });
        insta::assert_snapshot!(
            keep_json(&given, FIELDS).text.unwrap_or_default(),
            @r#"{"open":"o","secret":"[sensitive]","list":["[sensitive]","[sensitive]"],"deep":{"secret":"[sensitive]"}}"#
        );
        for shape in [json!(["S"]), json!({ "list": "S" }), json!({ "deep": "S" })] {
            let kept = keep_json(&shape, FIELDS).text.unwrap_or_default();
            assert!(!kept.contains('S'), "{kept}");
        }
    }

    #[test]
    fn binary_is_kept_as_hash_and_size() {
        let body = keep(&[0xff, 0xfe]);
        assert_eq!((body.text, body.size), (None, 2));
        assert_eq!(body.sha256.map(|hash| hash.len()), Some(64));
    }

    proptest! {
        #[test]
        fn what_is_kept_is_small_and_a_beginning(
            unit in "\\PC{1,8}|[\u{0}-\u{20}\"\\\\]{1,4}",
            times in 0_usize..20_000,
        ) {
            let text = unit.repeat(times);
            let kept = keep(text.as_bytes());
            let shown = kept.text.clone().unwrap_or_default();
            prop_assert!(text.starts_with(&shown));
            prop_assert_eq!(kept.cut, shown.len() < text.len());
            let json = serde_json::to_string(&shown).unwrap_or_default();
            prop_assert!(json.len() <= MAX_BODY + 2);
            if kept.cut {
                prop_assert!(json.len() + 6 > MAX_BODY);
            }
        }
    }
}
