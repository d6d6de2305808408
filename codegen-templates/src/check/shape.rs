//! What an expression of a template gives, as far as that can be known without a call.

use minijinja::value::{Value, ValueKind};
use promptpilot_spec::definition::{Field, FieldType};

/// What an expression gives.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape<'a> {
    /// A request field, or a part of one.
    Field(&'a Field),
    /// Text.
    Text,
    /// A number.
    Number,
    /// True or false.
    Boolean,
    /// A list, and what it holds if that is known.
    List(Option<&'a Field>),
    /// A variable that nobody has declared, or a part of one: its number among those.
    Free(usize),
    /// Anything.
    Unknown,
}

impl<'a> Shape<'a> {
    pub(super) fn of_constant(value: &Value) -> Self {
        match value.kind() {
            ValueKind::String => Self::Text,
            ValueKind::Number => Self::Number,
            ValueKind::Bool => Self::Boolean,
            ValueKind::Seq => Self::List(None),
            _ => Self::Unknown,
        }
    }

    pub(super) fn of_filter(name: &str) -> Self {
        match name {
            "lower" | "upper" | "title" | "capitalize" | "trim" | "replace" | "join" | "string"
            | "tojson" | "indent" | "escape" | "e" | "format" | "urlencode" => Self::Text,
            "length" | "count" | "int" | "float" | "abs" | "round" => Self::Number,
            "lines" | "split" | "list" | "sort" | "unique" | "map" | "select" | "reject"
            | "batch" | "slice" | "items" | "dictsort" | "groupby" => Self::List(None),
            _ => Self::Unknown,
        }
    }

    /// What a list holds.
    pub(super) fn item(self) -> Self {
        let item = match self {
            Self::Field(field) => field.items.as_deref(),
            Self::List(item) => item,
            _ => None,
        };
        item.map_or(Self::Unknown, Self::Field)
    }

    pub(super) fn is_field(self) -> bool {
        matches!(self, Self::Field(_) | Self::Free(_))
    }

    /// Its kind, if it goes to the model beside the text and a template can only ask whether it is
    /// there.
    pub(super) fn beside_the_text(self) -> Option<&'static str> {
        self.kind().filter(|kind| matches!(*kind, "an image" | "a file" | "a conversation"))
    }

    /// Its kind in words, where it is known.
    pub(super) fn kind(self) -> Option<&'static str> {
        match self {
            Self::Text => Some("a text"),
            Self::Number => Some("a number"),
            Self::Boolean => Some("true or false"),
            Self::List(_) => Some("a list"),
            Self::Free(_) | Self::Unknown => None,
            Self::Field(field) => match field.kind {
                FieldType::String | FieldType::Enum => Some("a text"),
                FieldType::Integer | FieldType::Number => Some("a number"),
                FieldType::Boolean => Some("true or false"),
                FieldType::Array => Some("a list"),
                FieldType::Object => Some("an object"),
                FieldType::Image => Some("an image"),
                FieldType::File => Some("a file"),
                FieldType::Messages => Some("a conversation"),
            },
        }
    }

    /// Its kind, if `for` cannot go over it. Going over an object gives its keys.
    pub(super) fn not_a_list(self) -> Option<&'static str> {
        self.kind().filter(|kind| !matches!(*kind, "a list" | "an object"))
    }

    /// Its kind, if one cannot calculate with it.
    pub(super) fn not_a_number(self) -> Option<&'static str> {
        self.kind().filter(|kind| *kind != "a number")
    }

    /// Its kind, if it has no attributes.
    pub(super) fn without_attributes(self) -> Option<&'static str> {
        self.kind().filter(|kind| *kind != "an object")
    }
}
