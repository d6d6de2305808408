//! The four steps of a patch.

use serde_json::Value as Json;
use toml_edit::{DocumentMut, Item};

use super::{
    Operation, Refusal, list, merge,
    place::{Holder, header, holder, keys, slot},
    table, write,
};

pub(super) fn apply(document: &mut DocumentMut, operation: &Operation) -> Result<(), Refusal> {
    match operation {
        Operation::Add { path, value } => add(document, path, value),
        Operation::Remove { path } => remove(document, path),
        Operation::Replace { path, value } => replace(document, path, value),
        Operation::Move { from, path } => shift(document, from, path),
    }
    .map_err(|refusal| match refusal.pointer.is_empty() {
        true => Refusal { pointer: operation.path().to_owned(), ..refusal },
        false => refusal,
    })
}

fn whole(document: &mut DocumentMut, value: &Json) -> Result<(), Refusal> {
    let Json::Object(map) = value else {
        return Err(Refusal::new("", "a definition is an object"));
    };
    merge::table(document.as_table_mut(), map, &[])
}

fn add(document: &mut DocumentMut, path: &str, value: &Json) -> Result<(), Refusal> {
    let keys = keys(path)?;
    let Some((key, parents)) = keys.split_last() else { return whole(document, value) };
    let header = header(&keys);
    match holder(document, parents, path)? {
        Holder::Table(table) => merge::into_table(table, key, value, &header),
        Holder::Inline(table) => merge::into_inline(table, key, value),
        Holder::List(array) => {
            let at = slot(key, array.len()).ok_or_else(|| no_slot(path, array.len()))?;
            list::insert(array, at, write::value(value)?);
            Ok(())
        }
        Holder::Tables(tables) => {
            let at = slot(key, tables.len()).ok_or_else(|| no_slot(path, tables.len()))?;
            let Json::Object(map) = value else { return Err(no_table(path)) };
            tables.insert(at, write::table(map, &header)?);
            Ok(())
        }
    }
}

fn replace(document: &mut DocumentMut, path: &str, value: &Json) -> Result<(), Refusal> {
    let keys = keys(path)?;
    let Some((key, parents)) = keys.split_last() else { return whole(document, value) };
    let header = header(&keys);
    let holder = holder(document, parents, path)?;
    if !holder.has(key) {
        return Err(nothing(path));
    }
    match holder {
        Holder::Table(table) => merge::into_table(table, key, value, &header),
        Holder::Inline(table) => merge::into_inline(table, key, value),
        Holder::List(array) => match slot(key, array.len()).and_then(|at| array.get_mut(at)) {
            Some(old) => merge::value(old, value),
            None => Err(nothing(path)),
        },
        Holder::Tables(tables) => {
            let Json::Object(map) = value else { return Err(no_table(path)) };
            match slot(key, tables.len()).and_then(|at| tables.get_mut(at)) {
                Some(old) => merge::table(old, map, &header),
                None => Err(nothing(path)),
            }
        }
    }
}

fn remove(document: &mut DocumentMut, path: &str) -> Result<(), Refusal> {
    let keys = keys(path)?;
    let Some((key, parents)) = keys.split_last() else {
        return Err(Refusal::new("", "a definition cannot be taken out of itself"));
    };
    let holder = holder(document, parents, path)?;
    if !holder.has(key) {
        return Err(nothing(path));
    }
    match holder {
        Holder::Table(table) => table::remove(table, key),
        Holder::Inline(table) => table::remove_inline(table, key),
        Holder::List(array) => {
            if let Some(at) = slot(key, array.len()) {
                list::remove(array, at);
            }
        }
        Holder::Tables(tables) => {
            if let Some(at) = slot(key, tables.len()) {
                tables.remove(at);
            }
        }
    }
    emptied(document, parents, path)
}

/// What has lost its last value has to be written another way, or it would be gone with it.
fn emptied(document: &mut DocumentMut, keys: &[String], path: &str) -> Result<(), Refusal> {
    match holder(document, keys, path)? {
        Holder::Table(table) if table.is_empty() => {
            table.set_implicit(false);
            table.set_dotted(false);
        }
        Holder::Inline(table) if table.is_empty() => table.set_dotted(false),
        Holder::Tables(tables) if tables.is_empty() => {
            let Some((key, parents)) = keys.split_last() else { return Ok(()) };
            if let Holder::Table(table) = holder(document, parents, path)? {
                table.remove(key);
                table::insert(table, key, Item::Value(toml_edit::Array::new().into()));
            }
        }
        _ => {}
    }
    Ok(())
}

fn shift(document: &mut DocumentMut, from: &str, path: &str) -> Result<(), Refusal> {
    let (source, target) = (keys(from)?, keys(path)?);
    let (Some((old, parents)), Some((new, others))) = (source.split_last(), target.split_last())
    else {
        return Err(Refusal::new("", "the whole definition cannot be moved"));
    };
    if target.len() > source.len() && target.starts_with(&source) {
        return Err(Refusal::new(path, format!("`{from}` cannot be moved into itself")));
    }
    let holder = holder(document, parents, from)?;
    if !holder.has(old) {
        return Err(nothing(from));
    }
    if parents == others {
        match holder {
            Holder::Table(table) if old == new => table::to_end(table, old, &header(&source)),
            Holder::Table(table) => table::rename(table, old, new),
            Holder::Inline(table) if old == new => table::to_end_inline(table, old),
            Holder::Inline(table) => table::rename_inline(table, old, new),
            Holder::List(array) => {
                let at = slot(new, array.len() - 1);
                let at = at.ok_or_else(|| no_slot(path, array.len() - 1))?;
                list::shift(array, slot(old, array.len()).unwrap_or_default(), at);
            }
            Holder::Tables(tables) => {
                let at = slot(new, tables.len() - 1);
                let at = at.ok_or_else(|| no_slot(path, tables.len() - 1))?;
                table::shift(tables, slot(old, tables.len()).unwrap_or_default(), at);
            }
        }
        return Ok(());
    }
    let value = match holder {
        Holder::Table(table) => table.get(old).and_then(write::json),
        Holder::Inline(table) => table.get(old).and_then(write::json_of_value),
        Holder::List(array) => {
            slot(old, array.len()).and_then(|at| write::json_of_value(array.get(at)?))
        }
        Holder::Tables(tables) => {
            slot(old, tables.len()).and_then(|at| write::json_of_table(tables.get(at)?))
        }
    };
    let value = value
        .ok_or_else(|| Refusal::new(from, format!("`{from}` holds a date, which no key takes")))?;
    remove(document, from)?;
    add(document, path, &value)
}

fn nothing(pointer: &str) -> Refusal {
    Refusal::new(pointer, format!("there is no `{pointer}` to change"))
}

fn no_slot(pointer: &str, length: usize) -> Refusal {
    Refusal::new(pointer, format!("the list at `{pointer}` has {length} items"))
        .hint("give a place in it, or `-` for its end")
}

fn no_table(pointer: &str) -> Refusal {
    Refusal::new(pointer, format!("`{pointer}` is one of several tables, and can only be a table"))
}
