//! What comes back from a provider, in one form for all.

use promptpilot_spec::{model::Tokens, record::Finish};
use serde_json::{Map, Value};

use super::Failure;

/// An answer, or what is known of it so far while it streams.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The text.
    pub text: String,
    /// Tools that the model asks for.
    pub calls: Vec<ToolCall>,
    /// The model that answered, in the provider's words.
    pub model: Option<String>,
    /// The provider's own id of the request.
    pub request_id: Option<String>,
    /// Why the model stopped.
    pub finish: Option<Finish>,
    /// The same in the provider's own word.
    pub finish_word: Option<String>,
    /// What the model said instead of an answer.
    pub refusal: Option<String>,
    /// What it took; absent where the provider does not tell.
    pub usage: Option<Usage>,
}

/// A tool that a model asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct ToolCall {
    /// Names this call in what the tool answers.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// What it is asked with: an object, as JSON.
    pub arguments: String,
    /// What a provider signs its calls with and wants to see again.
    pub signature: Option<String>,
}

impl ToolCall {
    /// The arguments; a call without any has an empty object.
    pub(crate) fn input(&self) -> Value {
        serde_json::from_str(&self.arguments).unwrap_or_else(|_| Map::new().into())
    }
}

/// A piece of a call in a stream.
#[derive(Debug, Default)]
pub(crate) struct CallPiece<'a> {
    pub(crate) id: &'a str,
    pub(crate) name: &'a str,
    pub(crate) arguments: &'a str,
}

impl Answer {
    /// Takes a piece of a call in. Who begins a call names it; what follows belongs to the last one
    /// unless it names another.
    pub(crate) fn call_piece(&mut self, piece: &CallPiece<'_>) {
        let CallPiece { id, name, arguments } = *piece;
        let goes_on = |call: &ToolCall| {
            let names_it = id.is_empty() || id == call.id;
            names_it && (name.is_empty() || !id.is_empty())
        };
        match self.calls.last_mut().filter(|call| goes_on(call)) {
            Some(call) => call.arguments.push_str(arguments),
            None if name.is_empty() && id.is_empty() => {}
            None => self.calls.push(ToolCall {
                id: id.to_owned(),
                name: name.to_owned(),
                arguments: arguments.to_owned(),
                signature: None,
            }),
        }
    }

    /// How much of it there is, in bytes.
    pub(crate) fn size(&self) -> usize {
        let calls = self.calls.iter();
        let calls: usize = calls
            .map(|call| {
                size_of::<ToolCall>() + call.id.len() + call.name.len() + call.arguments.len()
            })
            .sum();
        self.text.len() + calls + self.refusal.as_ref().map_or(0, String::len)
    }

    /// Notes why the model stopped.
    pub(crate) fn finished(&mut self, word: &str, finish: Finish) {
        self.finish = Some(finish);
        self.finish_word = Some(word.to_owned());
    }

    /// Notes words of refusal; in a stream they come in pieces.
    pub(crate) fn refuse(&mut self, words: &str) {
        self.refusal.get_or_insert_default().push_str(words);
    }

    /// The refusal, where it is one.
    pub fn refused(&self) -> Option<Failure> {
        let words = self.refusal.as_deref().filter(|words| !words.is_empty());
        (words.is_some() || self.finish == Some(Finish::Refusal)).then(|| Failure::refusal(words))
    }
}

/// What one event of a stream brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Nothing to tell the caller.
    Nothing,
    /// More text.
    Text(String),
    /// The end.
    Done,
}

/// Tokens used, counted alike for all providers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// In, cached ones included.
    pub input: u64,
    /// Out, reasoning included.
    pub output: u64,
    /// Those of `input` that the provider had cached.
    pub cached: u64,
    /// Those of `input` that the provider wrote into its cache.
    pub cache_written: u64,
    /// Those of `output` that were spent on reasoning.
    pub reasoning: u64,
}

impl Usage {
    /// By what they cost.
    pub fn tokens(self) -> Tokens {
        let Self { input, output, cached, cache_written, .. } = self;
        Tokens { input, cached, cache_written, output }
    }
}
