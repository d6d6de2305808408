//! Objects against declared fields: requests strictly, answers of models leniently. All that is
//! wrong is said at once, by JSON pointer, and never with the value itself.

use serde_json::{Map, Value};

use super::{
    conversation::{Reader, Talk},
    media,
};
use crate::{
    endpoint::{Field, Kind},
    problem::FieldError,
};

/// More are not told; nobody reads them.
const MAX_ERRORS: usize = 100;

/// What to do with members that nobody declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unknown {
    /// A caller's mistake, to be told.
    Refuse,
    /// A model's habit, not to be passed on.
    Drop,
}

/// The object with defaults filled in, or everything that is wrong with it. An optional field may
/// be left out or be `null`, which is the same.
pub(crate) fn object(
    value: Value,
    fields: &[Field],
    unknown: Unknown,
) -> Result<Map<String, Value>, Vec<FieldError>> {
    let mut check = Check { unknown, errors: Vec::new() };
    let object = check.members(value, fields, "");
    match object {
        Some(object) if check.errors.is_empty() => Ok(object),
        _ => Err(check.errors),
    }
}

pub(super) struct Check {
    unknown: Unknown,
    errors: Vec<FieldError>,
}

impl Check {
    pub(super) fn wrong<T>(&mut self, pointer: &str, detail: impl Into<String>) -> Option<T> {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(FieldError { pointer: pointer.to_owned(), detail: detail.into() });
        }
        None
    }

    fn members(
        &mut self,
        value: Value,
        fields: &[Field],
        pointer: &str,
    ) -> Option<Map<String, Value>> {
        let Value::Object(mut given) = value else {
            return self.wrong(pointer, "must be an object");
        };
        let mut checked = Map::new();
        for field in fields {
            let pointer = below(pointer, field.name);
            let value =
                given.remove(field.name).filter(|value| !(field.optional && value.is_null()));
            match value {
                Some(value) => {
                    let value = self.value(value, &field.kind, &pointer);
                    checked.extend(value.map(|value| (field.name.to_owned(), value)));
                }
                None => match field.default.map(serde_json::from_str) {
                    // Our generator wrote it and checked that it fits.
                    Some(Ok(default)) => {
                        checked.insert(field.name.to_owned(), default);
                    }
                    _ if field.optional => {}
                    _ => {
                        self.wrong::<()>(&pointer, "is missing");
                    }
                },
            }
        }
        if self.unknown == Unknown::Refuse {
            for name in given.keys() {
                self.wrong::<()>(&below(pointer, name), no_such_field(fields));
            }
        }
        Some(checked)
    }

    fn value(&mut self, value: Value, kind: &Kind, pointer: &str) -> Option<Value> {
        match *kind {
            Kind::String { min_length, max_length } => {
                self.string(value, min_length, max_length, pointer)
            }
            Kind::Integer { minimum, maximum } => self.integer(&value, minimum, maximum, pointer),
            Kind::Number { minimum, maximum } => self.number(value, minimum, maximum, pointer),
            Kind::Boolean if value.is_boolean() => Some(value),
            Kind::Boolean => self.wrong(pointer, "must be true or false"),
            Kind::Enum(values) => match value.as_str() {
                Some(text) if values.contains(&text) => Some(value),
                _ => self.wrong(pointer, format!("must be one of {}", quoted(values))),
            },
            Kind::Array { items, min_items, max_items } => {
                self.array(value, items, min_items, max_items, pointer)
            }
            Kind::Object(fields) => self.members(value, fields, pointer).map(Value::Object),
            Kind::Messages { min_items, max_items, max_length, images, tools } => {
                let talk = Talk { tools, max_length, images };
                self.messages(value, (min_items, max_items), talk, pointer)
            }
            Kind::Media { form, max_bytes, urls } => {
                let bounds = media::Bounds { form, max_bytes, urls };
                media::check(self, &value, bounds, pointer).map(|()| value)
            }
        }
    }

    fn string(&mut self, value: Value, min: u32, max: Option<u32>, pointer: &str) -> Option<Value> {
        let Some(text) = value.as_str() else {
            return self.wrong(pointer, "must be a string");
        };
        let length = text.chars().count();
        if length < min as usize {
            let detail = format!("must have at least {min} characters and has {length}");
            return self.wrong(pointer, detail);
        }
        if let Some(max) = max.filter(|max| length > *max as usize) {
            let detail = format!("must have at most {max} characters and has {length}");
            return self.wrong(pointer, detail);
        }
        Some(value)
    }

    fn integer(
        &mut self,
        value: &Value,
        min: Option<i64>,
        max: Option<i64>,
        pointer: &str,
    ) -> Option<Value> {
        // JSON knows one kind of number: 3.0 is 3.
        let Some(number) = value.as_i64().or_else(|| whole(value.as_f64()?)) else {
            return self.wrong(pointer, "must be a whole number");
        };
        self.bounds(number, min, max, pointer).map(Value::from)
    }

    fn number(
        &mut self,
        value: Value,
        min: Option<f64>,
        max: Option<f64>,
        pointer: &str,
    ) -> Option<Value> {
        let Some(number) = value.as_f64() else {
            return self.wrong(pointer, "must be a number");
        };
        self.bounds(number, min, max, pointer).map(|_| value)
    }

    fn bounds<T: PartialOrd + std::fmt::Display + Copy>(
        &mut self,
        number: T,
        min: Option<T>,
        max: Option<T>,
        pointer: &str,
    ) -> Option<T> {
        if let Some(min) = min.filter(|min| number < *min) {
            return self.wrong(pointer, format!("must be at least {min}"));
        }
        if let Some(max) = max.filter(|max| number > *max) {
            return self.wrong(pointer, format!("must be at most {max}"));
        }
        Some(number)
    }

    fn array(
        &mut self,
        value: Value,
        items: &Field,
        min: u32,
        max: Option<u32>,
        pointer: &str,
    ) -> Option<Value> {
        let Value::Array(values) = value else {
            return self.wrong(pointer, "must be an array");
        };
        self.count(values.len(), min, max, pointer)?;
        let values = values.into_iter().enumerate();
        let check = |(index, value)| self.value(value, &items.kind, &format!("{pointer}/{index}"));
        Some(Value::Array(values.filter_map(check).collect()))
    }

    /// Tells of too few items and goes on; of too many it looks at none.
    fn count(&mut self, count: usize, min: u32, max: Option<u32>, pointer: &str) -> Option<()> {
        if count < min as usize {
            self.wrong::<()>(pointer, format!("must have at least {min} items and has {count}"));
        }
        match max.filter(|max| count > *max as usize) {
            Some(max) => {
                self.wrong(pointer, format!("must have at most {max} items and has {count}"))
            }
            None => Some(()),
        }
    }

    fn messages(
        &mut self,
        value: Value,
        (min, max): (u32, Option<u32>),
        talk: Talk,
        pointer: &str,
    ) -> Option<Value> {
        let Value::Array(messages) = &value else {
            return self.wrong(pointer, "must be an array of messages");
        };
        self.count(messages.len(), min, max, pointer)?;
        Reader::new(self, talk).read(messages, pointer);
        Some(value)
    }
}

/// Largest whole number up to which every one has a floating-point number of its own.
const EXACT: f64 = 9_007_199_254_740_992.0;

fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}

pub(super) fn below(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn no_such_field(fields: &[Field]) -> String {
    if fields.is_empty() {
        return "is no field: there are none here".to_owned();
    }
    let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
    format!("is no field: there are {}", quoted(&names))
}

fn quoted(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

#[cfg(test)]
#[path = "validate_tests.rs"]
mod tests;
