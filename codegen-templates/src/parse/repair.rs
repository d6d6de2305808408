//! Looks past structural errors: faulty keys are left out, missing ones get something harmless,
//! so that a template's errors are told in the same run as a misspelt key.

use serde_json::Value;

use super::{
    Partial,
    structure::{self, Fault, Repair},
};

/// Each round can uncover faults below what it repaired; definitions are not deeper than this.
const ROUNDS: usize = 6;

pub(super) fn partial(
    mut value: Value,
    mut faults: Vec<Fault>,
    mut damaged: Vec<String>,
) -> Option<Partial> {
    for pointer in &damaged {
        remove(&mut value, pointer);
    }
    if !damaged.is_empty() {
        faults = structure::faults(&value);
    }
    for _ in 0..ROUNDS {
        if faults.is_empty() {
            let definition = serde_json::from_value(value).ok()?;
            return Some(Partial { definition, damaged });
        }
        for fault in faults {
            match fault.repair {
                Repair::Remove(pointer) => damaged.push(remove(&mut value, &pointer)),
                Repair::Fill(pointer, json) => {
                    fill(&mut value, &pointer, json);
                    damaged.push(pointer);
                }
            }
        }
        faults = structure::faults(&value);
    }
    None
}

/// Takes a key out; an item takes its whole list along, since the others would change places.
fn remove(value: &mut Value, pointer: &str) -> String {
    let Some((parent, key)) = pointer.rsplit_once('/') else { return pointer.to_owned() };
    match value.pointer_mut(parent) {
        Some(Value::Object(map)) => {
            map.shift_remove(&unescaped(key));
            pointer.to_owned()
        }
        Some(Value::Array(_)) => remove(value, parent),
        _ => pointer.to_owned(),
    }
}

fn fill(value: &mut Value, pointer: &str, json: &str) {
    let Some((parent, key)) = pointer.rsplit_once('/') else { return };
    if let (Some(Value::Object(map)), Ok(filler)) =
        (value.pointer_mut(parent), serde_json::from_str(json))
    {
        map.insert(unescaped(key), filler);
    }
}

fn unescaped(key: &str) -> String {
    key.replace("~1", "/").replace("~0", "~")
}
