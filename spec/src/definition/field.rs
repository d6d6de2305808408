//! Typed fields of requests, responses and tools.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::units::Bytes;

/// Fields by name, in the order they were declared in: callers read them and models write them so,
/// and what is written first guides the rest.
pub type Fields = IndexMap<String, Field>;

/// One field. Which bounds make sense depends on its type; the check refuses the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// The kind of value.
    #[serde(rename = "type")]
    pub kind: FieldType,
    /// What it means, for callers and for the model.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// May be left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
    /// The value when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// Never in a record or a log.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sensitive: bool,
    /// Fewest characters of a string.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_length: Option<u32>,
    /// Most characters of a string.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_length: Option<u32>,
    /// Least number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<f64>,
    /// Greatest number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<f64>,
    /// Values of an enum.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// What an array holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<Box<Field>>,
    /// Fewest items of an array.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_items: Option<u32>,
    /// Most items of an array.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_items: Option<u32>,
    /// Fields of an object.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub fields: Fields,
    /// Most images of one message. None may have any where this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_images: Option<u32>,
    /// Largest image or file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_size: Option<Bytes>,
    /// Whether an image or a file may be given by its URL, which the provider fetches.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub urls: bool,
}

/// The kind of a field's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum FieldType {
    /// Text.
    String,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// True or false.
    Boolean,
    /// One of a list of texts.
    Enum,
    /// A list.
    Array,
    /// Fields of its own.
    Object,
    /// A picture: PNG, JPEG, GIF or WebP.
    Image,
    /// A file: PDF.
    File,
    /// A conversation so far.
    Messages,
}

impl FieldType {
    /// Whether it goes to the model beside the text: a picture or a file.
    pub const fn is_media(self) -> bool {
        matches!(self, Self::Image | Self::File)
    }
}

impl Field {
    /// Whether images or files go to the model with it: its own, or those of messages.
    pub const fn has_media(&self) -> bool {
        self.kind.is_media()
            || matches!(self.kind, FieldType::Messages) && self.max_images.is_some()
    }
}

/// What callers get back.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Response {
    /// Text, or an object with the declared fields.
    pub format: ResponseFormat,
    /// Fields of a JSON answer.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub fields: Fields,
}

/// Form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum ResponseFormat {
    /// `{"text": …}`.
    #[default]
    Text,
    /// An object with the declared fields.
    Json,
}
