//! Calls in each language. Texts are written as the language's own literals: JSON's strings are Python's and
//! JavaScript's, too, and the shell has single quotes.

use serde_json::Value;

use super::{KEY, Sample};
use crate::generate::is_printable;

/// For the shell. Lines end where `between` says.
pub(super) fn curl(call: &Sample, url: &str, between: &str) -> String {
    let mut parts =
        vec![format!("curl {}", word(url)), "-H 'content-type: application/json'".into()];
    if call.asks_for_key {
        parts.push(format!("-H \"authorization: Bearer ${KEY}\""));
    }
    parts.push(format!("-d {}", quoted(&escaped(&call.request.to_string(), surrogates))));
    parts.join(between)
}

pub(super) fn python(call: &Sample, url: &str) -> String {
    let (imports, key) = match call.asks_for_key {
        true => (
            "import os\n\nimport httpx\n",
            format!("    headers={{\"authorization\": f\"Bearer {{os.environ['{KEY}']}}\"}},\n"),
        ),
        false => ("import httpx\n", String::new()),
    };
    let (url, request) = (string(&PYTHON, url), value(&PYTHON, &call.request, 1));
    format!(
        "{imports}\nanswer = httpx.post(\n    {url},\n    json={request},\n{key}    timeout=60,\n)\n\
         answer.raise_for_status()\nprint(answer.json())\n"
    )
}

pub(super) fn typescript(call: &Sample, url: &str) -> String {
    let key = match call.asks_for_key {
        true => format!("    authorization: `Bearer ${{process.env.{KEY}}}`,\n"),
        false => String::new(),
    };
    let (url, request) = (string(&JAVASCRIPT, url), value(&JAVASCRIPT, &call.request, 1));
    format!(
        "const answer = await fetch({url}, {{\n  method: \"POST\",\n  headers: {{\n    \
         \"content-type\": \"application/json\",\n{key}  }},\n  body: JSON.stringify({request}),\n}});\n\
         if (!answer.ok) throw new Error(await answer.text());\nconsole.log(await answer.json());\n"
    )
}

/// How a language writes what JSON writes otherwise.
struct Dialect {
    indent: &'static str,
    null: &'static str,
    booleans: [&'static str; 2],
    /// A character beyond the first 65,536, as an escape.
    beyond: fn(char) -> String,
    /// Names of members that only brackets let be members.
    bracketed: &'static [&'static str],
}

const PYTHON: Dialect = Dialect {
    indent: "    ",
    null: "None",
    booleans: ["False", "True"],
    beyond: |character| format!("\\U{:08x}", u32::from(character)),
    bracketed: &[],
};

const JAVASCRIPT: Dialect = Dialect {
    indent: "  ",
    null: "null",
    booleans: ["false", "true"],
    beyond: |character| format!("\\u{{{:x}}}", u32::from(character)),
    // Written plainly, it is what the object is made from.
    bracketed: &["__proto__"],
};

/// A value as a literal, a member or an item on each line.
fn value(dialect: &Dialect, json: &Value, depth: usize) -> String {
    let (inner, end) = (dialect.indent.repeat(depth + 1), dialect.indent.repeat(depth));
    let item = |value: &Value| self::value(dialect, value, depth + 1);
    let lines = |[open, close]: [char; 2], lines: Vec<String>| {
        let lines: String = lines.iter().map(|line| format!("{inner}{line},\n")).collect();
        format!("{open}\n{lines}{end}{close}")
    };
    match json {
        Value::Null => dialect.null.to_owned(),
        Value::Bool(is) => dialect.booleans[usize::from(*is)].to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => string(dialect, text),
        Value::Array(items) if items.is_empty() => "[]".to_owned(),
        Value::Array(items) => lines(['[', ']'], items.iter().map(item).collect()),
        Value::Object(members) if members.is_empty() => "{}".to_owned(),
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| {
                let literal = string(dialect, name);
                match dialect.bracketed.contains(&&**name) {
                    true => format!("[{literal}]: {}", item(value)),
                    false => format!("{literal}: {}", item(value)),
                }
            };
            lines(['{', '}'], members.iter().map(member).collect())
        }
    }
}

/// A string literal: what does not show, or turns the order of what shows, is an escape.
fn string(dialect: &Dialect, text: &str) -> String {
    escaped(&Value::from(text).to_string(), dialect.beyond)
}

/// JSON, or a literal that reads the same, with hidden characters as escapes. Those beyond the first 65,536
/// have another form in each language.
fn escaped(json: &str, beyond: fn(char) -> String) -> String {
    let mut written = String::with_capacity(json.len());
    for character in json.chars() {
        match u32::from(character) {
            _ if is_printable(character) => written.push(character),
            code @ 0..=0xFFFF => written.push_str(&format!("\\u{code:04x}")),
            _ => written.push_str(&beyond(character)),
        }
    }
    written
}

/// As JSON has it: two escapes.
fn surrogates(character: char) -> String {
    let mut units = [0; 2];
    let units = character.encode_utf16(&mut units).iter();
    units.map(|unit| format!("\\u{unit:04x}")).collect()
}

/// A word for the shell: plain where it may be.
fn word(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/%".contains(&byte);
    match !text.is_empty() && text.bytes().all(plain) {
        true => text.to_owned(),
        false => quoted(text),
    }
}

/// A word in single quotes; those in it end the quotes, are written by themselves, and begin them again.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
