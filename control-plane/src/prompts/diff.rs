//! What differs between two versions: texts word by word, all else by its place.

use std::time::Duration;

use promptpilot_spec::definition::Role;
use serde_json::{Map, Value};
use similar::{Algorithm, ChangeTag, TextDiff as Words, capture_diff_slices};

use super::{
    content::messages,
    model::{Change, Content, PromptDiff, SettingDiff, TextDiff, TextPart},
};

/// What became of the one to make the other.
pub(super) fn diff(from: (i32, &Content), to: (i32, &Content)) -> PromptDiff {
    let (old, new) = (messages(&from.1.prompt), messages(&to.1.prompt));
    let mut texts = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
        for (old, new) in pairs(&old[op.old_range()], &new[op.new_range()]) {
            texts.push(TextDiff {
                from_role: old.map(|(role, _)| role),
                to_role: new.map(|(role, _)| role),
                parts: words(old.map_or("", |(_, text)| text), new.map_or("", |(_, text)| text)),
            });
        }
    }
    let [old, new] = [from.1, to.1].map(|content| {
        let model = serde_json::to_value(&content.model).unwrap_or_default();
        let mut all = Map::new();
        all.insert("model".to_owned(), model);
        all.insert("values".to_owned(), Value::Object(content.values.clone()));
        Value::Object(all)
    });
    PromptDiff { from: from.0, to: to.0, texts, settings: settings(&old, &new) }
}

/// Where two values differ, each place with what is there.
pub(crate) fn settings(old: &Value, new: &Value) -> Vec<SettingDiff> {
    let mut found = Vec::new();
    values(String::new(), Some(old), Some(new), &mut found);
    found
}

/// A message of who speaks.
type Message<'a> = (Role, &'a str);

/// Messages of the same role, in order; what has no counterpart stands alone.
fn pairs<'a>(
    old: &[Message<'a>],
    new: &[Message<'a>],
) -> Vec<(Option<Message<'a>>, Option<Message<'a>>)> {
    let (mut pairs, mut rest) = (Vec::new(), old);
    for message in new {
        match rest.iter().position(|(role, _)| *role == message.0) {
            Some(place) => {
                pairs.extend(rest[..place].iter().map(|gone| (Some(*gone), None)));
                pairs.push((Some(rest[place]), Some(*message)));
                rest = &rest[place + 1..];
            }
            None => pairs.push((None, Some(*message))),
        }
    }
    pairs.extend(rest.iter().map(|gone| (Some(*gone), None)));
    pairs
}

/// Texts that have next to nothing in common are compared no longer than this, and told more roughly.
const PATIENCE: Duration = Duration::from_millis(300);

/// Neighbouring words with the same fate are one piece.
fn words(old: &str, new: &str) -> Vec<TextPart> {
    let mut parts: Vec<TextPart> = Vec::new();
    let diff = Words::configure().timeout(PATIENCE).diff_unicode_words(old, new);
    for change in diff.iter_all_changes() {
        let fate = match change.tag() {
            ChangeTag::Equal => Change::Same,
            ChangeTag::Delete => Change::Removed,
            ChangeTag::Insert => Change::Added,
        };
        match parts.last_mut() {
            Some(last) if last.change == fate => last.text.push_str(change.value()),
            _ => parts.push(TextPart { change: fate, text: change.value().to_owned() }),
        }
    }
    parts
}

fn values(pointer: String, old: Option<&Value>, new: Option<&Value>, found: &mut Vec<SettingDiff>) {
    let there = |value: Option<&Value>| value.filter(|value| !value.is_null()).cloned();
    match (old, new) {
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            let added = new.keys().filter(|key| !old.contains_key(*key));
            for key in old.keys().chain(added) {
                let step = key.replace('~', "~0").replace('/', "~1");
                values(format!("{pointer}/{step}"), old.get(key), new.get(key), found);
            }
        }
        (old, new) if there(old) != there(new) => {
            found.push(SettingDiff { pointer, from: there(old), to: there(new) });
        }
        _ => {}
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    fn content(value: Value) -> Content {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn texts_differ_by_words_and_settings_by_places() {
        let old = content(json!({
            "prompt": { "system": "Be brief.", "template": "Summarise {{ text }} for a child." },
            "model": { "provider": "sandbox", "name": "echo", "temperature": 0.2 },
            "values": { "text": "x" },
        }));
        let new = content(json!({
            "prompt": { "template": "Summarise {{ text }} for an expert." },
            "model": { "provider": "sandbox", "name": "echo", "seed": 7 },
        }));
        let found = diff((1, &old), (2, &new));
        assert_eq!((found.from, found.to), (1, 2));
        assert_eq!(found.texts[0].to_role, None);
        let shown: String = found.texts[1]
            .parts
            .iter()
            .map(|part| match part.change {
                Change::Same => part.text.clone(),
                Change::Removed => format!("[-{}]", part.text),
                Change::Added => format!("[+{}]", part.text),
            })
            .collect();
        assert_eq!(shown, "Summarise {{ text }} for [-a][+an] [-child][+expert].");
        let places: Vec<&str> = found.settings.iter().map(|setting| &*setting.pointer).collect();
        assert_eq!(places, ["/model/temperature", "/model/seed", "/values/text"]);
    }

    #[test]
    fn what_is_the_same_has_no_differences() {
        let same = content(json!({ "prompt": { "template": "a" }, "values": { "x": [1] } }));
        let found = diff((1, &same), (2, &same));
        assert!(found.settings.is_empty());
        assert!(
            found.texts.iter().flat_map(|text| &text.parts).all(|it| it.change == Change::Same)
        );
    }
}
