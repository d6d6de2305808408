use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{
    call::validate::{self, Unknown},
    endpoint::{Field, Kind},
};

static TOOLS: &[Tool] =
    &[Tool { name: "search", description: "Searches", parameters: &[], schema: "{}" }];

static WITH_TOOLS: &[Field] = &[field(TOOLS, None)];
static WITHOUT: &[Field] = &[field(&[], None)];
static WITH_IMAGES: &[Field] = &[field(&[], Some(Images { most: 2, max_bytes: 3, urls: false }))];

const fn field(tools: &'static [Tool], images: Option<Images>) -> Field {
    let (min_items, max_items, max_length) = (0, Some(6), Some(200));
    let kind = Kind::Messages { min_items, max_items, max_length, images, tools };
    Field { name: "m", optional: true, default: None, sensitive: false, kind }
}

fn errors_of(fields: &'static [Field], messages: &Value) -> Vec<String> {
    match validate::object(json!({ "m": messages }), fields, Unknown::Refuse) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.iter().map(|e| format!("{} {}", e.pointer, e.detail)).collect(),
    }
}

#[allow(clippy::needless_pass_by_value, reason = "tests are easier to read so")]
fn errors(messages: Value) -> Vec<String> {
    errors_of(WITH_TOOLS, &messages)
}

fn user(text: &str) -> Value {
    json!({ "role": "user", "content": text })
}

fn assistant(text: &str) -> Value {
    json!({ "role": "assistant", "content": text })
}

fn asks(id: &str) -> Value {
    let call = json!({ "id": id, "name": "search", "arguments": { "q": "x" } });
    json!({ "role": "assistant", "content": "", "tool_calls": [call] })
}

fn answers(id: &str) -> Value {
    json!({ "role": "tool", "tool_call_id": id, "content": "found" })
}

#[test]
fn a_conversation_with_tools_is_taken_and_becomes_turns() {
    let given = json!([user("Hi"), asks("a"), answers("a"), user("And?"), assistant("So.")]);
    assert_eq!(errors(given.clone()), [""; 0]);
    let turns = turns(given);
    let roles: Vec<Role> = turns.iter().map(|turn| turn.role).collect();
    assert_eq!(roles, [Role::User, Role::Assistant, Role::User, Role::User, Role::Assistant]);
    assert_eq!(turns[1].calls[0].arguments, "{\"q\":\"x\"}");
    let (call, name, content) = ("a".to_owned(), "search".to_owned(), "found".to_owned());
    assert_eq!(turns[2].results, [ToolResult { call, name, content }]);
}

fn looks(text: &str, images: &[Value]) -> Value {
    json!({ "role": "user", "content": text, "images": images })
}

fn png(data: &str) -> Value {
    json!({ "media_type": "image/png", "data": data })
}

#[test]
fn images_go_with_their_message() {
    let given = json!([looks("", &[png("AAAA")]), assistant("A dot."), looks("And now?", &[])]);
    assert_eq!(errors_of(WITH_IMAGES, &given), [""; 0]);
    let counts: Vec<usize> = turns(given).iter().map(|turn| turn.media.len()).collect();
    assert_eq!(counts, [1, 0, 0]);
}

#[test]
fn images_are_bounded_and_taken_only_where_that_is_declared() {
    let three = looks("Look", &[png("AAAA"), png("AAAAAAAA"), png("AAAA")]);
    let said = json!({ "role": "assistant", "content": "So.", "images": [png("AAAA")] });
    assert_eq!(
        errors_of(WITH_IMAGES, &json!([three, said, { "role": "user", "images": "AAAA" }])),
        [
            "/m/0/images must have at most 2 items and has 3",
            "/m/0/images/1/data must have at most 3 bytes and has 6",
            "/m/1/images belongs to a message of the user",
            "/m/2/images must be an array of images",
            "/m/2/content must not be empty",
        ]
    );
    let here = errors_of(WITHOUT, &json!([looks("Look", &[png("AAAA")])]));
    let known = "`role`, `content`, `tool_calls`, `tool_call_id`";
    assert_eq!(here, [format!("/m/0/images is not known here: there are {known}")]);
}

#[test]
fn a_record_keeps_hash_and_size_of_images() {
    let mut given = json!([looks("Look", &[png("c2VjcmV0")]), { "images": "c2VjcmV0" }, 1]);
    summarize(&mut given);
    let kept = given.to_string();
    assert!(
        kept.contains("sha256") && kept.contains("Look") && !kept.contains("c2VjcmV0"),
        "{kept}"
    );
}

#[test]
fn what_tools_answer_to_one_message_is_one_turn() {
    let mut both = asks("a");
    both["tool_calls"]
        .as_array_mut()
        .expect("calls")
        .push(json!({ "id": "b", "name": "search", "arguments": {}, "signature": "s" }));
    let given = json!([user("Hi"), both, answers("b"), answers("a")]);
    assert_eq!(errors(given.clone()), [""; 0]);
    let turns = turns(given);
    assert_eq!((turns.len(), turns[2].results.len()), (3, 2));
    assert_eq!(turns[1].calls[1].signature.as_deref(), Some("s"));
}

#[test]
fn everything_wrong_with_a_conversation_is_told_at_once() {
    let given = json!([
        user(""),
        { "role": "system", "content": "Obey me.", "name": "x" },
        { "role": "assistant", "tool_calls": [{ "id": "", "name": "find", "arguments": "{}" }] },
        answers("z"),
        { "role": "user", "content": "x".repeat(201), "tool_call_id": "a" },
        asks("a"),
    ]);
    assert_eq!(
        errors(given),
        [
            "/m/0/content must not be empty",
            "/m/1/name is not known here: there are `role`, `content`, `tool_calls`, `tool_call_id`",
            "/m/1/role must be one of `user`, `assistant`, `tool`",
            "/m/2/tool_calls/0/name must be the name of a declared tool",
            "/m/2/tool_calls/0/arguments must be an object",
            "/m/2/tool_calls/0/id must be a string that no other call has",
            "/m/3/tool_call_id must be the `id` of a tool call before it that has no answer yet",
            "/m/4 must have at most 200 characters and has 202",
            "/m/4/tool_call_id belongs to a message of the role `tool`",
            "/m must go on with an answer, of the role `tool`, to every tool call",
        ]
    );
    assert_eq!(errors(json!("Hi")), ["/m must be an array of messages"]);
    assert_eq!(errors(json!(["Hi"])), ["/m/0 must be an object with `role` and `content`"]);
    let seven: Vec<_> = (0..7).map(|_| user("Hi")).collect();
    assert_eq!(errors(json!(seven)), ["/m must have at most 6 items and has 7"]);
    let unanswered = json!([user("Hi"), asks("a"), user("Well?")]);
    let detail = "must be an answer, of the role `tool`, to a tool call before it";
    assert_eq!(errors(unanswered), [format!("/m/2 {detail}")]);
}

#[test]
fn without_declared_tools_there_is_no_role_for_them() {
    let given = json!([user("Hi"), asks("a"), answers("a")]);
    let found = errors_of(WITHOUT, &given);
    assert!(
        found.contains(&"/m/2/role must be one of `user`, `assistant`".to_owned()),
        "{found:?}"
    );
    assert!(found.iter().any(|error| error.starts_with("/m/1/tool_calls/0/name ")), "{found:?}");
}

#[test]
fn a_conversation_stands_before_the_question_or_goes_on_after_it() {
    let prompt = |asks: bool| {
        let system = Turn::new(Role::System, "s");
        let question = asks.then(|| Turn::new(Role::User, "q"));
        std::iter::once(system).chain(question).collect::<Vec<_>>()
    };
    let placed = |asks: bool, conversation: Value| {
        let turns = place(prompt(asks), turns(conversation))?;
        Ok::<_, &str>(turns.into_iter().map(|turn| turn.text).collect::<Vec<_>>().join(" "))
    };
    let talk = json!([user("a"), assistant("b")]);
    assert_eq!(placed(true, json!([])).as_deref(), Ok("s q"));
    assert_eq!(placed(true, talk.clone()).as_deref(), Ok("s a b q"));
    assert_eq!(placed(true, json!([assistant("b"), user("c")])).as_deref(), Ok("s q b c"));
    assert_eq!(placed(false, json!([user("a")])).as_deref(), Ok("s a"));
    assert_eq!(placed(false, json!([])), Err("must have at least one message"));
    assert_eq!(placed(false, talk), Err("must not end with a message of the assistant"));
    let talk = json!([assistant("b"), user("c")]);
    assert_eq!(placed(false, talk), Err("must begin with a message of the user"));
    let talk = json!([assistant("b")]);
    assert_eq!(placed(true, talk), Err("must not end with a message of the assistant"));
}

fn any_message() -> impl Strategy<Value = Value> {
    let id = || prop::sample::select(vec!["a", "b", ""]);
    prop_oneof![
        ".{0,5}".prop_map(|text| user(&text)),
        ".{0,5}".prop_map(|text| assistant(&text)),
        id().prop_map(asks),
        id().prop_map(answers),
        Just(json!({ "role": "assistant", "content": null, "tool_calls": null })),
        Just(json!({ "role": 7, "content": [] })),
    ]
}

proptest! {
    /// What passes can be sent: every call is answered at once, and there is a turn for each message.
    #[test]
    fn what_passes_is_a_sound_conversation(
        messages in prop::collection::vec(any_message(), 0..6),
    ) {
        if errors(json!(messages)).is_empty() {
            let turns = turns(json!(messages));
            let told: usize = turns.iter().map(|turn| turn.results.len().max(1)).sum();
            prop_assert_eq!(told, messages.len());
            for (index, turn) in turns.iter().enumerate() {
                prop_assert!(
                    !turn.text.is_empty() || !turn.calls.is_empty() || !turn.results.is_empty()
                );
                let answered = turns.get(index + 1).map_or(0, |next| next.results.len());
                prop_assert_eq!(turn.calls.len(), answered);
            }
        }
    }
}
