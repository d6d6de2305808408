//! What of a change breaks callers: requests that were taken and would be refused, and answers that would
//! have another form. Rules over two definitions, without I/O.

use promptpilot_spec::{
    Definition,
    definition::{AuthMode, Cors, Field, FieldType, Fields, Limits, Response, Tool},
    units::{Bytes, Money, Period},
};

use super::model::{Break, BreakCode};

/// What breaks those who call `old` once it is `new`, in the order of the definition.
pub(super) fn between(old: &Definition, new: &Definition) -> Vec<Break> {
    let mut rules = Rules::default();
    rules.request("/request", &old.request, &new.request);
    rules.response(&old.response, &new.response);
    rules.tools(&old.tools, &new.tools);
    if (old.auth.mode, new.auth.mode) == (AuthMode::Public, AuthMode::ApiKey) {
        rules.add(BreakCode::AuthTightened, "/auth/mode", "calls need an API key");
    }
    rules.limits(&old.limits, &new.limits);
    rules.origins(old.cors.as_ref(), new.cors.as_ref());
    rules.found
}

#[derive(Default)]
struct Rules {
    found: Vec<Break>,
}

impl Rules {
    fn add(&mut self, code: BreakCode, pointer: &str, message: impl Into<String>) {
        self.found.push(Break { code, pointer: pointer.to_owned(), message: message.into() });
    }

    /// Fields that callers give: none may go, none more may be needed.
    fn request(&mut self, pointer: &str, old: &Fields, new: &Fields) {
        for (name, field) in old {
            let pointer = child(pointer, name);
            match new.get(name) {
                Some(now) => self.given(&pointer, field, now),
                None => {
                    let message = "requests with it are refused";
                    self.add(BreakCode::RequestFieldRemoved, &pointer, message);
                }
            }
        }
        for (name, field) in new {
            if !old.contains_key(name) && !may_be_left_out(field) {
                let message = "requests without it are refused";
                self.add(BreakCode::RequestFieldRequired, &child(pointer, name), message);
            }
        }
    }

    /// One of them: whatever was taken must still be.
    fn given(&mut self, pointer: &str, old: &Field, new: &Field) {
        if may_be_left_out(old) && !may_be_left_out(new) {
            let message = "requests without it are refused";
            self.add(BreakCode::RequestFieldRequired, pointer, message);
        }
        if !takes(new.kind, old.kind) {
            let message = format!("it was {} and is {}", word(old.kind), word(new.kind));
            self.add(BreakCode::RequestTypeChanged, pointer, message);
            return;
        }
        for (key, told) in narrowed(old, new) {
            self.add(BreakCode::RequestNarrowed, &child(pointer, key), told);
        }
        if let (Some(old), Some(new)) = (&old.items, &new.items) {
            self.given(&child(pointer, "items"), old, new);
        }
        self.request(&child(pointer, "fields"), &old.fields, &new.fields);
    }

    fn response(&mut self, old: &Response, new: &Response) {
        if old.format == new.format {
            return self.answered("/response/fields", &old.fields, &new.fields);
        }
        let message = "answers have another form";
        self.add(BreakCode::ResponseFormatChanged, "/response/format", message);
    }

    /// Fields that callers get: all that they rely on must still come.
    fn answered(&mut self, pointer: &str, old: &Fields, new: &Fields) {
        for (name, field) in old {
            let pointer = child(pointer, name);
            match new.get(name) {
                Some(now) => self.got(&pointer, field, now),
                None => {
                    let message = "answers have it no more";
                    self.add(BreakCode::ResponseFieldRemoved, &pointer, message);
                }
            }
        }
    }

    fn got(&mut self, pointer: &str, old: &Field, new: &Field) {
        if new.optional && !old.optional {
            let message = "answers may leave it out";
            self.add(BreakCode::ResponseFieldOptional, pointer, message);
        }
        if !takes(old.kind, new.kind) {
            let message = format!("it was {} and is {}", word(old.kind), word(new.kind));
            self.add(BreakCode::ResponseTypeChanged, pointer, message);
            return;
        }
        if let Some(value) =
            first_missing(&new.values, &old.values).filter(|_| old.kind == new.kind)
        {
            let message = format!("it may be `{value}` from now on");
            self.add(BreakCode::ResponseValuesAdded, &child(pointer, "values"), message);
        }
        if let (Some(old), Some(new)) = (&old.items, &new.items) {
            self.got(&child(pointer, "items"), old, new);
        }
        self.answered(&child(pointer, "fields"), &old.fields, &new.fields);
    }

    /// A tool is the caller's to run: who does not know it cannot go on.
    fn tools(&mut self, old: &[Tool], new: &[Tool]) {
        for (index, tool) in new.iter().enumerate() {
            if !old.iter().any(|known| known.name == tool.name) {
                let message = format!("answers may ask for the tool `{}`", tool.name);
                self.add(BreakCode::ToolAdded, &child("/tools", &index.to_string()), message);
            }
        }
    }

    fn limits(&mut self, old: &Limits, new: &Limits) {
        if let Some(rate) = new.rate
            && old.rate.is_none_or(|old| is_less((rate.calls, rate.per), (old.calls, old.per)))
        {
            let message = format!("calls are held to {rate}");
            self.add(BreakCode::RateLowered, "/limits/rate", message);
        }
        let usual = promptpilot_codegen::DEFAULT_MAX_BODY;
        let bytes = |limits: &Limits| limits.max_body.map_or(usual, Bytes::get);
        if bytes(new) < bytes(old) {
            let message = format!("bodies of more than {} bytes are refused", bytes(new));
            self.add(BreakCode::BodyLowered, "/limits/max_body", message);
        }
        let budgets = |limits: &Limits| {
            let budget = limits.budget.clone().unwrap_or_default();
            [budget.endpoint, budget.per_key, budget.per_user]
        };
        let whose = ["endpoint", "per_key", "per_user"];
        for ((key, old), new) in whose.into_iter().zip(budgets(old)).zip(budgets(new)) {
            self.budget(key, old, new);
        }
    }

    fn budget(&mut self, key: &str, old: Option<Money>, new: Option<Money>) {
        let Some(new) = new else { return };
        if old.is_none_or(|old| is_less((new.micro_usd, new.per), (old.micro_usd, old.per))) {
            let message = format!("calls are refused once {new} is spent");
            self.add(BreakCode::BudgetLowered, &child("/limits/budget", key), message);
        }
    }

    fn origins(&mut self, old: Option<&Cors>, new: Option<&Cors>) {
        let origins = |cors: Option<&Cors>| cors.map(|it| it.origins.clone()).unwrap_or_default();
        let (old, new) = (origins(old), origins(new));
        if new.iter().any(|origin| origin == "*") {
            return;
        }
        if let Some(origin) = first_missing(&old, &new) {
            let message = match &**origin {
                "*" => "pages of other origins may not call any more".to_owned(),
                origin => format!("pages of {origin} may not call any more"),
            };
            self.add(BreakCode::OriginRemoved, "/cors/origins", message);
        }
    }
}

fn child(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn may_be_left_out(field: &Field) -> bool {
    field.optional || field.default.is_some()
}

/// Whether each value of the second kind is one of the first, too.
fn takes(wide: FieldType, narrow: FieldType) -> bool {
    wide == narrow
        || matches!(
            (wide, narrow),
            (FieldType::Number, FieldType::Integer) | (FieldType::String, FieldType::Enum)
        )
}

const fn word(kind: FieldType) -> &'static str {
    match kind {
        FieldType::String => "a string",
        FieldType::Integer => "an integer",
        FieldType::Number => "a number",
        FieldType::Boolean => "a boolean",
        FieldType::Enum => "an enum",
        FieldType::Array => "an array",
        FieldType::Object => "an object",
        FieldType::Image => "an image",
        FieldType::File => "a file",
        FieldType::Messages => "messages",
    }
}

/// The bounds of a field that are tighter, each with what it means.
fn narrowed(old: &Field, new: &Field) -> Vec<(&'static str, String)> {
    let float = |bound: Option<u32>| bound.map(f64::from);
    let mut found = Vec::new();
    for (key, old, new) in [
        ("min_length", float(old.min_length), float(new.min_length)),
        ("minimum", old.minimum, new.minimum),
        ("min_items", float(old.min_items), float(new.min_items)),
    ] {
        if let Some(new) = new.filter(|new| old.is_none_or(|old| *new > old)) {
            found.push((key, format!("less than {new} is refused")));
        }
    }
    let size = |field: &Field| field.max_size.map(|size| size.get() as f64);
    // Where nothing is said of these, there are other bounds than none.
    let images = |field: &Field| Some(f64::from(field.max_images.unwrap_or(0)));
    let new_size = size(new).filter(|_| old.max_size.is_some());
    for (key, old, new) in [
        ("max_length", float(old.max_length), float(new.max_length)),
        ("maximum", old.maximum, new.maximum),
        ("max_items", float(old.max_items), float(new.max_items)),
        ("max_images", images(old), images(new)),
        ("max_size", size(old), new_size),
    ] {
        if let Some(new) = new.filter(|new| old.is_none_or(|old| *new < old)) {
            found.push((key, format!("more than {new} is refused")));
        }
    }
    let values = first_missing(&old.values, &new.values).filter(|_| old.kind == new.kind);
    found.extend(values.map(|value| ("values", format!("`{value}` is refused"))));
    if old.urls && !new.urls {
        found.push(("urls", "URLs are refused".to_owned()));
    }
    found
}

fn first_missing<'a>(among: &'a [String], known: &[String]) -> Option<&'a String> {
    among.iter().find(|value| !known.contains(value))
}

/// Whether so much in a time is less than so much in another.
fn is_less<T: Into<u64>>((new, per): (T, Period), (old, old_per): (T, Period)) -> bool {
    let within = |amount: T, other: Period| u128::from(amount.into()) * u128::from(other.as_secs());
    within(new, old_per) < within(old, per)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn definition() -> Value {
        json!({
            "name": "a", "prompt": { "template": "x" },
            "model": { "provider": "sandbox", "name": "echo" },
            "request": {
                "text": { "type": "string", "max_length": 100 },
                "tone": { "type": "enum", "values": ["warm", "dry"], "optional": true },
                "n": { "type": "integer", "minimum": 1.0, "maximum": 5.0, "default": 2 },
                "tags": { "type": "array", "max_items": 3, "items": { "type": "string" } },
                "who": { "type": "object", "fields": { "name": { "type": "string" } } },
                "photo": { "type": "image", "urls": true, "max_size": "1MiB" },
            },
            "response": { "format": "json", "fields": {
                "title": { "type": "string" },
                "score": { "type": "number" },
                "kind": { "type": "enum", "values": ["a", "b"] },
                "parts": { "type": "array", "items": { "type": "object", "fields": {
                    "text": { "type": "string" } } } },
            } },
            "tools": [{ "name": "search", "description": "x" }],
            "auth": { "mode": "public" },
            "limits": { "rate": "60/minute", "max_body": "2MiB",
                "budget": { "endpoint": "20 USD/day" } },
            "cors": { "origins": ["https://a.example", "https://b.example"] },
        })
    }

    /// The definition with another value in a place, or none.
    fn with(pointer: &str, value: Value) -> Definition {
        let mut definition = definition();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let parent = definition.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        match value {
            Value::Null => drop(parent.remove(key)),
            value => drop(parent.insert(key.to_owned(), value)),
        }
        serde_json::from_value(definition).unwrap()
    }

    /// Place, value there, and what it breaks to have it so.
    fn table() -> Vec<(&'static str, Value, Option<BreakCode>)> {
        use BreakCode::{
            AuthTightened, BodyLowered, BudgetLowered, OriginRemoved, RateLowered,
            RequestFieldRemoved, RequestFieldRequired, RequestNarrowed, RequestTypeChanged,
            ResponseFieldOptional, ResponseFieldRemoved, ResponseTypeChanged, ResponseValuesAdded,
            ToolAdded,
        };
        let string = || json!({ "type": "string" });
        vec![
            ("/request/tone", Value::Null, Some(RequestFieldRemoved)),
            ("/request/new", string(), Some(RequestFieldRequired)),
            ("/request/new", json!({ "type": "string", "optional": true }), None),
            ("/request/tone/optional", json!(false), Some(RequestFieldRequired)),
            ("/request/n/default", Value::Null, Some(RequestFieldRequired)),
            ("/request/n/default", json!(3), None),
            ("/request/n/type", json!("number"), None),
            ("/request/n/type", json!("string"), Some(RequestTypeChanged)),
            ("/request/n/minimum", json!(2.0), Some(RequestNarrowed)),
            ("/request/n/minimum", json!(0.0), None),
            ("/request/n/maximum", json!(4.0), Some(RequestNarrowed)),
            ("/request/n/maximum", Value::Null, None),
            ("/request/text/max_length", json!(50), Some(RequestNarrowed)),
            ("/request/text/max_length", json!(500), None),
            ("/request/text/min_length", json!(1), Some(RequestNarrowed)),
            ("/request/text/sensitive", json!(true), None),
            ("/request/tone/values", json!(["warm"]), Some(RequestNarrowed)),
            ("/request/tone/values", json!(["warm", "dry", "kind"]), None),
            ("/request/tags/min_items", json!(1), Some(RequestNarrowed)),
            ("/request/tags/items/max_length", json!(9), Some(RequestNarrowed)),
            ("/request/who/fields/age", json!({ "type": "integer" }), Some(RequestFieldRequired)),
            ("/request/photo/urls", json!(false), Some(RequestNarrowed)),
            ("/request/photo/max_size", json!("1KiB"), Some(RequestNarrowed)),
            ("/response/fields/title", Value::Null, Some(ResponseFieldRemoved)),
            ("/response/fields/more", string(), None),
            ("/response/fields/title/optional", json!(true), Some(ResponseFieldOptional)),
            ("/response/fields/title/type", json!("integer"), Some(ResponseTypeChanged)),
            ("/response/fields/score/type", json!("integer"), None),
            ("/response/fields/kind/values", json!(["a", "c"]), Some(ResponseValuesAdded)),
            ("/response/fields/kind/values", json!(["a"]), None),
            ("/response/fields/kind", string(), Some(ResponseTypeChanged)),
            ("/response/fields/parts/items/fields/text", Value::Null, Some(ResponseFieldRemoved)),
            ("/tools", json!([{ "name": "find", "description": "x" }]), Some(ToolAdded)),
            ("/tools", json!([]), None),
            ("/auth/mode", json!("api-key"), Some(AuthTightened)),
            ("/limits/rate", json!("59/minute"), Some(RateLowered)),
            ("/limits/rate", json!("1/second"), None),
            ("/limits/rate", Value::Null, None),
            ("/limits/max_body", json!("1MiB"), Some(BodyLowered)),
            ("/limits/max_body", Value::Null, Some(BodyLowered)),
            ("/limits/budget/endpoint", json!("20 USD/month"), Some(BudgetLowered)),
            ("/limits/budget/per_key", json!("1 USD/day"), Some(BudgetLowered)),
            ("/limits/budget/endpoint", Value::Null, None),
            ("/cors/origins", json!(["https://a.example"]), Some(OriginRemoved)),
            ("/cors/origins", json!(["*"]), None),
            ("/prompt/template", json!("y"), None),
            ("/model/name", json!("lorem"), None),
        ]
    }

    #[test]
    fn each_change_breaks_what_the_table_says_and_nothing_else() {
        let old: Definition = serde_json::from_value(definition()).unwrap();
        assert_eq!(between(&old, &old), []);
        for (pointer, value, wanted) in table() {
            let shown = format!("{pointer} = {value}");
            let found = between(&old, &with(pointer, value));
            let codes: Vec<_> = found.iter().map(|it| it.code).collect();
            assert_eq!(codes, Vec::from_iter(wanted), "{shown}: {found:?}");
            assert!(
                found
                    .iter()
                    .all(|it| pointer.starts_with(&*it.pointer) || it.pointer.starts_with(pointer)),
                "{shown}: {found:?}"
            );
        }
    }

    #[test]
    fn an_answer_of_another_form_is_one_break() {
        let old: Definition = serde_json::from_value(definition()).unwrap();
        let new = with("/response", json!({ "format": "text" }));
        let [found] = &between(&old, &new)[..] else { panic!("one") };
        assert_eq!(found.code, BreakCode::ResponseFormatChanged);
    }
}
