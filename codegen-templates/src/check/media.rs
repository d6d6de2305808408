//! Images and files of a request: whether they fit into a body, and whether those who are asked take
//! them.

use promptpilot_spec::{
    Definition,
    definition::{Field, FieldType},
    model,
    provider::{Taken, abilities},
};

use super::max_body;
use crate::{
    finding::{Finding, child},
    plan::PlannedModel,
};

/// The fields that hold images or files.
pub(super) fn fields(definition: &Definition) -> impl Iterator<Item = (&String, &Field)> {
    definition.request.iter().filter(|(_, field)| field.has_media())
}

pub(super) fn check(
    definition: &Definition,
    models: &[&PlannedModel],
    findings: &mut Vec<Finding>,
) {
    for (name, field) in fields(definition) {
        let pointer = child("/request", name);
        check_size(definition, field, &pointer, findings);
        for model in models {
            check_model(model, field, &pointer, findings);
        }
    }
}

/// In base64 four bytes carry three.
fn check_size(definition: &Definition, field: &Field, pointer: &str, findings: &mut Vec<Finding>) {
    let Some(size) = field.max_size else { return };
    let room = max_body(definition) / 4 * 3;
    if size.get() > room {
        let message = format!("{size} in base64 do not fit into a request body");
        findings
            .push(Finding::error("out-of-range", child(pointer, "max_size"), message).hint(format!(
            "bodies of this endpoint hold {room} bytes so: raise `limits.max_body`, or give less"
        )));
    }
}

fn check_model(model: &PlannedModel, field: &Field, pointer: &str, findings: &mut Vec<Finding>) {
    let takes = abilities(model.provider);
    let (taken, what, key) = match field.kind {
        FieldType::File => (takes.files, "files", "type"),
        FieldType::Messages => (takes.images, "images", "max_images"),
        _ => (takes.images, "images", "type"),
    };
    let provider = model.provider.as_str();
    let known = model::find(model.provider, &model.name);
    let blind = field.kind != FieldType::File && known.is_some_and(|known| !known.images);
    let mut refuse = |key: &str, message: String, hint: &str| {
        let finding = Finding::error("unsupported-type", child(pointer, key), message);
        if !findings.iter().any(|it| it.message == finding.message && it.pointer == finding.pointer)
        {
            findings.push(finding.hint(hint));
        }
    };
    if taken == Taken::Never {
        refuse(key, format!("`{provider}` takes no {what}"), "choose another provider");
    } else if blind {
        refuse(key, format!("`{}` takes no {what}", model.name), "choose another model");
    } else if field.urls && taken != Taken::DataOrUrl {
        let message = format!("`{provider}` fetches no {what}");
        refuse("urls", message, "leave `urls` out: callers then send the data");
    }
}
