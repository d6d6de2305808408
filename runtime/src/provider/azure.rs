//! OpenAI's models on Azure. Peculiar: a model is asked for by the name of its deployment; the key
//! goes into a header of its own; a prompt that a filter stops is a 400 and no answer (OpenAI's
//! code for it, so that it is read as one); the first chunk of a stream may hold no choice.
//!
//! There are two doors. The newer, `/openai/v1`, takes the deployment in the body and needs no
//! version; the older takes it in the path and asks for a dated version.

use super::{
    Ask,
    openai::{self, Door, KeyHeader},
    openai_chat::{self, Chat, Dialect},
    openai_responses::{self, Responses},
    path_segment,
};

/// Chat Completions by the newer door.
pub static AZURE_CHAT: Chat =
    Chat { door: Door { url: |ask| v1(ask, openai_chat::PATH), ..DOOR }, dialect: Dialect::PLAIN };

/// Responses, which only the newer door has.
pub static AZURE_RESPONSES: Responses =
    Responses { door: Door { url: |ask| v1(ask, openai_responses::PATH), ..DOOR }, pads: false };

/// Chat Completions by the older door.
pub static AZURE_DEPLOYMENT: Chat =
    Chat { door: DOOR, dialect: Dialect { names_model: false, ..Dialect::PLAIN } };

const DOOR: Door = Door {
    name: "azure-openai",
    url: deployment,
    key: KeyHeader::ApiKey,
    failure: openai::failure,
};

fn v1(ask: &Ask<'_>, path: &str) -> String {
    versioned(ask, &format!("/openai/v1{path}"))
}

fn deployment(ask: &Ask<'_>) -> String {
    let name = path_segment(ask.model.name);
    versioned(ask, &format!("/openai/deployments/{name}{}", openai_chat::PATH))
}

/// The check asks for a base, since every resource has an address of its own.
fn versioned(ask: &Ask<'_>, path: &str) -> String {
    let url = ask.url("", path);
    match ask.model.api_version {
        Some(version) => format!("{url}?api-version={version}"),
        None => url,
    }
}
