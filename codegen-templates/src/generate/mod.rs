//! A plan in, the source files of its function out. Pure: the same plan gives the same bytes.

mod conversation;
mod layout;
mod literal;
mod main_rs;
mod openapi;
mod schema;

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, sync::LazyLock};

use promptpilot_spec::definition::{Response, ResponseFormat, Tool};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tera::{Context, Kwargs, State, Tera};

pub(crate) use self::literal::is_printable;
use crate::plan::Plan;

/// Where the runtime lies, seen from a generated crate in its lane.
const RUNTIME: &str = "../../../promptpilot/runtime";

const MAIN: &str = "src/main.rs";

/// The source files of one function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sources {
    /// `endpoint-` and 16 hexadecimal digits of the files' SHA-256: the same files, the same name.
    pub crate_name: String,
    /// Contents by path in the crate.
    pub files: BTreeMap<String, String>,
    /// Lines of `src/main.rs` where a part of the definition begins, with its JSON pointer.
    places: BTreeMap<usize, String>,
}

impl Sources {
    /// The part of the definition that a line, counted from 1, of a generated file comes from.
    pub fn place_of(&self, file: &str, line: usize) -> Option<&str> {
        if !file.ends_with(MAIN) {
            return None;
        }
        self.places.range(..=line).next_back().map(|(_, pointer)| pointer.as_str())
    }
}

/// The source files of a plan's function.
pub fn sources(plan: &Plan) -> Sources {
    let (main, places) = layout::lay_out(&render("main.tera", &main_rs::View::new(plan)));
    let mut files = BTreeMap::from([
        (MAIN.to_owned(), main),
        ("src/openapi.json".to_owned(), pretty(&openapi::document(plan))),
    ]);
    if plan.response.format == ResponseFormat::Json {
        files.insert("src/response.schema.json".to_owned(), response_schema(&plan.response));
    }
    for tool in &plan.tools {
        files.insert(format!("src/{}", tool_file(tool)), tool_schema(tool));
    }
    let crate_name = crate_name(&files);
    files.insert("Cargo.toml".to_owned(), manifest(&crate_name));
    Sources { crate_name, files, places }
}

/// The schema that a JSON answer is held to.
pub(crate) fn response_schema(response: &Response) -> String {
    pretty(&schema::strict(&response.fields))
}

/// The schema that a tool's arguments are held to.
pub(crate) fn tool_schema(tool: &Tool) -> String {
    pretty(&schema::strict(&tool.parameters))
}

/// Where it lies, seen from `main.rs`. The check lets only letters, digits, `_` and `-` into a name.
fn tool_file(tool: &Tool) -> String {
    format!("tools/{}.schema.json", tool.name)
}

/// The name is made of everything else in the crate, the manifest's other lines included.
fn crate_name(files: &BTreeMap<String, String>) -> String {
    let mut hash = Sha256::new();
    let nameless = manifest("");
    let files = files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
    for (path, text) in files.chain([("Cargo.toml", nameless.as_str())]) {
        for part in [path, text] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
    }
    format!("endpoint-{}", hex::encode(&hash.finalize()[..8]))
}

fn manifest(name: &str) -> String {
    render("manifest.tera", &BTreeMap::from([("name", name), ("runtime", RUNTIME)]))
}

/// In the order that the definition has; `serde_json` keeps it, as a feature asks of it.
fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

#[allow(clippy::expect_used, reason = "our own templates and views, rendered by every test")]
fn render(template: &str, view: &impl Serialize) -> String {
    let context = Context::from_serialize(view).expect("a view is an object");
    TEMPLATES.render(template, &context).expect("a view has all that its template prints")
}

#[allow(clippy::expect_used, reason = "our own templates, parsed by every test")]
static TEMPLATES: LazyLock<Tera> = LazyLock::new(|| {
    let mut tera = Tera::new();
    tera.autoescape_on(Vec::<&str>::new());
    tera.register_filter("rust", |text: &str, _: Kwargs, _: &State<'_>| literal::string(text));
    tera.register_filter("comment", |text: &str, _: Kwargs, _: &State<'_>| literal::comment(text));
    tera.register_filter("mark", |text: &str, _: Kwargs, _: &State<'_>| layout::mark(text));
    let templates = [
        ("main.tera", include_str!("main.tera")),
        ("manifest.tera", include_str!("manifest.tera")),
    ];
    tera.add_raw_templates(templates).expect("our templates parse");
    tera
});
