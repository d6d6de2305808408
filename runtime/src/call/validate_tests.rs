use proptest::prelude::*;
use serde_json::json;

use super::*;

const fn field(name: &'static str, kind: Kind) -> Field {
    Field { name, optional: false, default: None, sensitive: false, kind }
}

static WORD: Field = field("", Kind::String { min_length: 1, max_length: Some(5) });

static FIELDS: &[Field] = &[
    field("text", Kind::String { min_length: 0, max_length: Some(3) }),
    Field { default: Some("\"b\""), ..field("kind", Kind::Enum(&["a", "b"])) },
    Field { optional: true, ..field("n", Kind::Integer { minimum: Some(1), maximum: Some(9) }) },
    Field { optional: true, ..field("x", Kind::Number { minimum: None, maximum: Some(0.5) }) },
    Field { optional: true, ..field("yes", Kind::Boolean) },
    Field {
        optional: true,
        ..field("words", Kind::Array { items: &WORD, min_items: 1, max_items: Some(2) })
    },
    Field {
        optional: true,
        ..field(
            "a/b~c",
            Kind::Object(&[field("in", Kind::Integer { minimum: None, maximum: None })]),
        )
    },
];

fn errors(value: Value) -> Vec<String> {
    match object(value, FIELDS, Unknown::Refuse) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.iter().map(|e| format!("{} {}", e.pointer, e.detail)).collect(),
    }
}

#[test]
fn defaults_are_filled_in_and_nulls_of_optional_fields_left_out() {
    let given = json!({ "text": "äöü", "n": 3.0, "x": null });
    let checked = object(given, FIELDS, Unknown::Refuse).expect("it fits");
    assert_eq!(Value::Object(checked), json!({ "text": "äöü", "kind": "b", "n": 3 }));
}

#[test]
fn everything_wrong_is_told_at_once() {
    let given = json!({
        "text": "four", "kind": "c", "n": 10, "x": "1", "yes": 1,
        "words": ["", 7], "a/b~c": { "in": 1.5, "out": 0 }, "sl/ash": 1,
    });
    assert_eq!(
        errors(given),
        [
            "/text must have at most 3 characters and has 4",
            "/kind must be one of `a`, `b`",
            "/n must be at most 9",
            "/x must be a number",
            "/yes must be true or false",
            "/words/0 must have at least 1 characters and has 0",
            "/words/1 must be a string",
            "/a~1b~0c/in must be a whole number",
            "/a~1b~0c/out is no field: there are `in`",
            "/sl~1ash is no field: there are `text`, `kind`, `n`, `x`, `yes`, `words`, `a/b~c`",
        ]
    );
    assert_eq!(errors(json!({})), ["/text is missing"]);
    assert_eq!(errors(json!({ "text": null })), ["/text must be a string"]);
    assert_eq!(errors(json!([])), [" must be an object"]);
    let many = json!({ "text": "", "words": ["a", "b", "c"] });
    assert_eq!(errors(many), ["/words must have at most 2 items and has 3"]);
}

#[test]
fn what_a_model_adds_is_dropped() {
    let given = json!({ "text": "a", "more": 1, "a/b~c": { "in": 1, "out": 2 } });
    let checked = object(given, FIELDS, Unknown::Drop).expect("it fits");
    assert_eq!(Value::Object(checked), json!({ "text": "a", "kind": "b", "a/b~c": { "in": 1 } }));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,6}".prop_map(Value::from),
    ];
    let name = prop_oneof![
        prop::sample::select(vec!["text", "kind", "n", "x", "yes", "words", "a/b~c", "in"])
            .prop_map(str::to_owned),
        ".{0,4}",
    ];
    leaf.prop_recursive(4, 32, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(name.clone(), inner, 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    /// What was let through fits when it is checked again, and is then left as it is.
    #[test]
    fn what_passes_passes_again(value in any_json(), drop in any::<bool>()) {
        let unknown = if drop { Unknown::Drop } else { Unknown::Refuse };
        match object(value, FIELDS, unknown) {
            Ok(checked) => {
                let again = object(Value::Object(checked.clone()), FIELDS, Unknown::Refuse);
                prop_assert_eq!(again.map_err(|errors| errors.len()), Ok(checked));
            }
            Err(errors) => prop_assert!(!errors.is_empty()),
        }
    }

    /// Every pointer of an error leads to a place of the value, or to a missing member of one.
    #[test]
    fn pointers_lead_somewhere(value in any_json()) {
        if let Err(errors) = object(value.clone(), FIELDS, Unknown::Refuse) {
            for error in errors {
                let parent = error.pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
                prop_assert!(value.pointer(parent).is_some(), "{error:?}");
            }
        }
    }

    /// A value of the request never gets into what we say about it.
    #[test]
    fn values_are_not_repeated(secret in "[A-Z]{12,20}") {
        let given = json!({ "text": secret, "kind": secret, "n": secret, "words": [secret] });
        for error in errors(given) {
            prop_assert!(!error.contains(&secret), "{error}");
        }
    }
}
