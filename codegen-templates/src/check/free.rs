//! What templates tell of variables that nobody has declared: where they stand, and of which type they
//! must be for the template to make sense.

use indexmap::IndexMap;
use promptpilot_spec::definition::{Field, FieldType, Fields};
use serde_json::Value;

/// What the place of a variable tells of its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Guess {
    Boolean,
    Text,
    Integer,
    Number,
    List,
    Object,
}

/// A place of a variable: the template's pointer, and its bytes in there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spot<'a> {
    pub(super) pointer: &'a str,
    pub(super) source: &'a str,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Variables and their parts, as far as templates tell of them.
#[derive(Debug, Default)]
pub(super) struct Free<'a> {
    nodes: Vec<Node<'a>>,
    roots: IndexMap<&'a str, usize>,
}

#[derive(Debug, Default)]
struct Node<'a> {
    spots: Vec<Spot<'a>>,
    /// The one that says most.
    guess: Option<Guess>,
    /// Texts that it is compared with.
    values: Vec<&'a str>,
    fields: IndexMap<&'a str, usize>,
    item: Option<usize>,
    /// Its value is used, and not only asked whether it is there.
    said: bool,
    /// The same where nothing around asks for it first.
    needed: bool,
}

/// How a variable is used in a place.
#[derive(Debug, Clone, Copy)]
pub(super) struct How {
    pub(super) asked: bool,
    pub(super) guarded: bool,
}

impl<'a> Free<'a> {
    /// Notes a place of a variable and gives its number.
    pub(super) fn used(&mut self, name: &'a str, spot: Spot<'a>, how: How) -> usize {
        let id = match self.roots.get(name) {
            Some(id) => *id,
            None => {
                let id = self.add();
                self.roots.insert(name, id);
                id
            }
        };
        let node = &mut self.nodes[id];
        if node.spots.last() != Some(&spot) {
            node.spots.push(spot);
        }
        self.note(id, how);
        id
    }

    /// The number of an object's field.
    pub(super) fn field(&mut self, of: usize, name: &'a str, how: How) -> usize {
        self.learn(of, Guess::Object);
        let id = match self.nodes[of].fields.get(name) {
            Some(id) => *id,
            None => {
                let id = self.add();
                self.nodes[of].fields.insert(name, id);
                id
            }
        };
        self.note(id, how);
        id
    }

    /// The number of what a list holds.
    pub(super) fn item(&mut self, of: usize) -> usize {
        self.learn(of, Guess::List);
        let id = self.nodes[of].item.unwrap_or_else(|| self.add());
        self.nodes[of].item = Some(id);
        id
    }

    /// Notes what a place tells; the guess that says more counts.
    pub(super) fn learn(&mut self, id: usize, guess: Guess) {
        let node = &mut self.nodes[id];
        node.guess = node.guess.max(Some(guess));
    }

    /// Notes a text that it is compared with.
    pub(super) fn compared_with(&mut self, id: usize, value: &'a str) {
        self.learn(id, Guess::Text);
        let values = &mut self.nodes[id].values;
        if !values.contains(&value) {
            values.push(value);
        }
    }

    fn add(&mut self) -> usize {
        self.nodes.push(Node::default());
        self.nodes.len() - 1
    }

    fn note(&mut self, id: usize, how: How) {
        let node = &mut self.nodes[id];
        node.said |= !how.asked;
        node.needed |= !how.asked && !how.guarded;
    }

    /// All variables in the order they come in: name, what its field would be, and where it stands.
    pub(super) fn variables<'f>(
        &'f self,
        samples: &'f serde_json::Map<String, Value>,
    ) -> impl Iterator<Item = (&'a str, Field, &'f [Spot<'a>])> + 'f {
        self.roots.iter().map(|(name, id)| {
            let node = &self.nodes[*id];
            let mut field = self.declared(*id, samples.get(*name));
            field.optional = !node.needed;
            (*name, field, node.spots.as_slice())
        })
    }

    /// What a field of it would be. A sample decides where the template leaves it open.
    fn declared(&self, id: usize, sample: Option<&Value>) -> Field {
        let node = &self.nodes[id];
        match node.guess {
            Some(Guess::Object) => {
                let part = |name: &str| sample.and_then(|sample| sample.get(name));
                let mut fields: Fields = node
                    .fields
                    .iter()
                    .map(|(name, id)| ((*name).to_owned(), self.declared(*id, part(name))))
                    .collect();
                for (name, id) in &node.fields {
                    if let Some(field) = fields.get_mut(*name) {
                        field.optional = !self.nodes[*id].needed;
                    }
                }
                Field { fields, ..field(FieldType::Object) }
            }
            Some(Guess::List) => {
                let first = sample.and_then(|sample| sample.get(0));
                let items = match node.item {
                    Some(item) => self.declared(item, first),
                    None => sampled(first),
                };
                Field { items: Some(Box::new(items)), ..field(FieldType::Array) }
            }
            Some(Guess::Number) => field(FieldType::Number),
            Some(Guess::Integer) => field(FieldType::Integer),
            Some(Guess::Text) if node.values.len() > 1 && !node.said => Field {
                values: node.values.iter().map(|value| (*value).to_owned()).collect(),
                ..field(FieldType::Enum)
            },
            Some(Guess::Text) => field(FieldType::String),
            Some(Guess::Boolean) => field(FieldType::Boolean),
            None if sample.is_none() && !node.said => field(FieldType::Boolean),
            None => sampled(sample),
        }
    }
}

/// A field like a value.
fn sampled(sample: Option<&Value>) -> Field {
    match sample {
        Some(Value::Bool(_)) => field(FieldType::Boolean),
        Some(Value::Number(number)) if number.is_f64() => field(FieldType::Number),
        Some(Value::Number(_)) => field(FieldType::Integer),
        Some(Value::Array(items)) => {
            let items = Some(Box::new(sampled(items.first())));
            Field { items, ..field(FieldType::Array) }
        }
        Some(Value::Object(parts)) => {
            let part = |(name, value): (&String, &Value)| (name.clone(), sampled(Some(value)));
            Field { fields: parts.iter().map(part).collect(), ..field(FieldType::Object) }
        }
        Some(Value::String(_) | Value::Null) | None => field(FieldType::String),
    }
}

fn field(kind: FieldType) -> Field {
    Field {
        kind,
        description: String::new(),
        optional: false,
        default: None,
        sensitive: false,
        min_length: None,
        max_length: None,
        minimum: None,
        maximum: None,
        values: Vec::new(),
        items: None,
        min_items: None,
        max_items: None,
        fields: Fields::new(),
        max_images: None,
        max_size: None,
        urls: false,
    }
}
