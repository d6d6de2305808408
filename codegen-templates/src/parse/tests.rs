#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use serde_json::json;

use super::{parse, parse_json, positions::offset_in_literal, tree};
use crate::finding::Within;

#[test]
fn keys_tables_and_items_have_places() {
    let text =
        "name = \"x\"\n[model]\n  provider = 'sandbox'\n[[tests]]\nrequest = { a = [1, 22] }\n";
    let positions = parse(text, "a.toml").positions;
    let at = |pointer| {
        let location = positions.location(pointer).unwrap();
        (location.line, location.column)
    };
    assert_eq!(at("/name"), (1, 1));
    assert_eq!(at("/model"), (2, 2));
    assert_eq!(at("/model/provider"), (3, 3));
    assert_eq!(at("/tests/0/request/a/1"), (5, 21));
    assert_eq!(at("/tests/0/request/a/1/beyond/it"), (5, 21), "the nearest place that is there");
    assert_eq!(at("/nowhere"), (1, 1));
}

#[test]
fn columns_count_characters() {
    let positions = parse("a = { \"ключ\" = 1, b = 2 }", "a.toml").positions;
    assert_eq!(positions.location("/a/b").unwrap().column, 19);
}

#[test]
fn json_has_pointers_and_no_lines() {
    let parsed = parse_json(&json!({ "name": "x", "nme": 1, "prompt": {}, "model": null }));
    let found: Vec<_> =
        parsed.findings.iter().map(|it| (it.code.as_str(), it.pointer.as_str())).collect();
    assert_eq!(found, [("wrong-type", "/model"), ("unknown-key", "/nme")]);
    assert!(parsed.findings.iter().all(|finding| finding.location.is_none()));
}

#[test]
fn no_structure_makes_the_reader_stumble() {
    for value in
        [json!(null), json!([]), json!("x"), json!({}), json!({ "request": { "a/b~c": 1 } })]
    {
        let parsed = parse_json(&value);
        assert!(parsed.definition.is_none());
        assert!(!parsed.findings.is_empty(), "{value}");
    }
}

/// Each way to write a character in a TOML string, by what stands for it.
fn written() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("a".to_owned()),
        Just("é".to_owned()),
        Just("\\n".to_owned()),
        Just("\\\"".to_owned()),
        Just("\\\\".to_owned()),
        Just("\\e".to_owned()),
        Just("\\x41".to_owned()),
        Just("\\u00e9".to_owned()),
        Just("\\U0001F600".to_owned()),
        Just("\n".to_owned()),
        Just("\r\n".to_owned()),
        Just("\\\n  \n\t".to_owned()),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    /// Walks every character of the value and looks for it at the place that is told.
    #[test]
    fn a_place_in_a_value_is_found_in_its_literal(body in written(), newline in any::<bool>()) {
        let literal = format!("\"\"\"{}{body}X\"\"\"", if newline { "\n" } else { "" });
        let text = format!("s = {literal}");
        let tree = tree::read(&text).ok().unwrap();
        let value = tree.value["s"].as_str().unwrap();
        for (offset, character) in value.char_indices() {
            let at = offset_in_literal(&literal, offset).unwrap();
            let found = literal[at..].chars().next().unwrap();
            prop_assert!(found == character || found == '\\', "{character:?} at {at} in {literal:?}");
        }
        let last = offset_in_literal(&literal, value.len() - 1).unwrap();
        prop_assert_eq!(&literal[last..], "X\"\"\"");
    }

    #[test]
    fn any_text_is_read_or_refused(text in "(\\PC|\n){0,200}") {
        let parsed = parse(&text, "any.toml");
        prop_assert!(parsed.definition.is_some() || !parsed.findings.is_empty());
    }

    #[test]
    fn a_place_beyond_the_text_is_harmless(offset in any::<usize>()) {
        let mut positions = parse("name = \"abc\"", "a.toml").positions;
        let mut finding = crate::Finding::error("x", "/name", "x");
        finding.within = Some(Within { line: 1, column: 1, offset });
        positions.locate(std::slice::from_mut(&mut finding));
        prop_assert!(finding.location.is_some());
        positions.places.clear();
    }
}
