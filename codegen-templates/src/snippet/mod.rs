//! Calls to copy: a request that an endpoint accepts, written in the languages that people ask for.
//! Whatever is in the request stays in literals; a judge runs what comes out.

mod sample;
mod write;

pub use sample::sample;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The environment variable that copied calls take their key from.
const KEY: &str = "PROMPTPILOT_API_KEY";

/// A call that an endpoint accepts.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The request's body.
    pub request: Value,
    /// Whether it has to come with a key.
    pub asks_for_key: bool,
}

/// A language that a call can be written in.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "SnippetLanguage")]
pub enum Language {
    /// A line for the shell.
    Curl,
    /// Python, with httpx.
    Python,
    /// TypeScript and JavaScript, with `fetch`.
    TypeScript,
}

impl Language {
    /// All of them, in the order they are shown.
    pub const ALL: [Self; 3] = [Self::Curl, Self::Python, Self::TypeScript];
}

impl Sample {
    /// The call in a language, to an address.
    pub fn write(&self, language: Language, url: &str) -> String {
        match language {
            Language::Curl => write::curl(self, url, " \\\n  "),
            Language::Python => write::python(self, url),
            Language::TypeScript => write::typescript(self, url),
        }
    }

    /// The call as one line for the shell.
    pub fn curl(&self, url: &str) -> String {
        write::curl(self, url, " ")
    }
}
