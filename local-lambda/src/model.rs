//! What the host keeps of a function. These types are the store's file format too.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::arn::LATEST;
use crate::store::Sealed;

/// A function with all that hangs on it. One value is one file, so each change is all or nothing.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) latest: Version,
    /// The version published from `latest` as it stands; publishing again answers with it.
    pub(crate) published_as: Option<u64>,
    pub(crate) next_version: u64,
    pub(crate) versions: BTreeMap<u64, Version>,
    pub(crate) aliases: BTreeMap<String, Alias>,
    /// By qualifier, `$LATEST` for the function's own.
    pub(crate) urls: BTreeMap<String, UrlConfig>,
    /// By qualifier, likewise.
    pub(crate) policies: BTreeMap<String, Policy>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) reserved_concurrency: Option<u32>,
    /// By qualifier: a published version or an alias.
    pub(crate) provisioned: BTreeMap<String, Provisioned>,
    /// By qualifier, likewise with `$LATEST`.
    pub(crate) invoke_configs: BTreeMap<String, InvokeConfig>,
}

impl Function {
    /// The version a number or `$LATEST` names.
    pub(crate) fn version(&self, version: &str) -> Option<&Version> {
        match version {
            LATEST => Some(&self.latest),
            number => self.versions.get(&number.parse().ok()?),
        }
    }

    /// The version a qualifier names, aliases included, with its number.
    pub(crate) fn resolve<'a>(&'a self, qualifier: &'a str) -> Option<(&'a str, &'a Version)> {
        let version = match self.aliases.get(qualifier) {
            Some(alias) => alias.version.as_str(),
            None => qualifier,
        };
        self.version(version).map(|found| (version, found))
    }

    /// Drops what hangs on a qualifier that is no more. Its URL stays, as on the service.
    pub(crate) fn forget_qualifier(&mut self, qualifier: &str) {
        self.policies.remove(qualifier);
        self.provisioned.remove(qualifier);
        self.invoke_configs.remove(qualifier);
    }

    /// The number of the version that a provisioned qualifier keeps ready.
    pub(crate) fn provisioned_version<'a>(&'a self, qualifier: &'a str) -> &'a str {
        self.aliases.get(qualifier).map_or(qualifier, |alias| alias.version.as_str())
    }

    /// All that is provisioned, every qualifier together.
    pub(crate) fn total_provisioned(&self) -> u32 {
        self.provisioned.values().map(|it| it.requested).sum()
    }

    /// Marks `$LATEST`, a version or an alias as changed.
    pub(crate) fn touch(&mut self, qualifier: &str, revision: &str) {
        let number = qualifier.parse::<u64>().ok();
        let slot = match (qualifier, number.and_then(|it| self.versions.get_mut(&it))) {
            (LATEST, _) => Some(&mut self.latest.revision),
            (_, Some(version)) => Some(&mut version.revision),
            (alias, None) => self.aliases.get_mut(alias).map(|alias| &mut alias.revision),
        };
        if let Some(slot) = slot {
            revision.clone_into(slot);
        }
    }

    /// The revision of `$LATEST`, a version or an alias.
    pub(crate) fn revision(&self, qualifier: &str) -> Option<&str> {
        let alias = self.aliases.get(qualifier).map(|alias| alias.revision.as_str());
        alias.or_else(|| self.version(qualifier).map(|version| version.revision.as_str()))
    }

    /// `$LATEST` and every published version, oldest first.
    pub(crate) fn all_versions(&self) -> impl Iterator<Item = (String, &Version)> {
        let published = self.versions.iter().map(|(number, version)| (number.to_string(), version));
        std::iter::once((LATEST.to_owned(), &self.latest)).chain(published)
    }
}

/// Code and settings that run together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Version {
    pub(crate) code: Code,
    pub(crate) settings: VersionSettings,
    pub(crate) description: String,
    pub(crate) revision: String,
    pub(crate) modified: String,
}

/// A deployment package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Code {
    /// Base64 of the package's SHA-256, as the service tells it.
    pub(crate) sha256: String,
    pub(crate) size: u64,
}

/// What may be set of a version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct VersionSettings {
    pub(crate) runtime: String,
    pub(crate) role: String,
    pub(crate) handler: Option<String>,
    pub(crate) timeout_seconds: u32,
    pub(crate) memory_mb: u32,
    pub(crate) environment: Option<Sealed>,
    pub(crate) architecture: String,
    pub(crate) tracing: String,
    pub(crate) ephemeral_storage_mb: u32,
    /// As the service shows it.
    pub(crate) logging: Value,
}

/// A name for a version, or for two with weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Alias {
    pub(crate) version: String,
    pub(crate) description: String,
    /// A second version and the share of requests that goes there.
    pub(crate) additional: Option<(String, f64)>,
    pub(crate) revision: String,
}

/// A function URL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UrlConfig {
    pub(crate) id: String,
    pub(crate) auth: UrlAuth,
    pub(crate) invoke_mode: InvokeMode,
    /// Whether somebody has chosen the mode: replies to changes show it only then.
    pub(crate) mode_chosen: bool,
    pub(crate) cors: Option<Cors>,
    pub(crate) created: String,
    pub(crate) modified: String,
}

/// What browsers on other origins may do with a URL. The host answers for the function.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Cors {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) allow_credentials: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) allow_headers: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) allow_methods: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) allow_origins: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) expose_headers: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_age: Option<u32>,
}

/// Who may call a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum UrlAuth {
    #[serde(rename = "NONE")]
    None,
    #[serde(rename = "AWS_IAM")]
    AwsIam,
}

/// Whether a URL's answer is held back until it is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum InvokeMode {
    #[serde(rename = "BUFFERED")]
    Buffered,
    #[serde(rename = "RESPONSE_STREAM")]
    ResponseStream,
}

/// Processes to keep ready for a version or an alias.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Provisioned {
    pub(crate) requested: u32,
    /// As `LastModified` shows it.
    pub(crate) modified: String,
}

/// How asynchronous calls of a qualifier end. What is `None` is as the service has it by default.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct InvokeConfig {
    /// 0 to 2.
    pub(crate) max_retries: Option<u32>,
    /// 60 to 21,600.
    pub(crate) max_age_seconds: Option<u32>,
    /// ARNs.
    pub(crate) on_success: Option<String>,
    pub(crate) on_failure: Option<String>,
    /// Seconds since 1970, as `LastModified` shows them.
    pub(crate) modified: f64,
}

/// The statements of a qualifier's resource policy, in the order they were added.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Policy {
    pub(crate) revision: String,
    pub(crate) statements: Vec<Value>,
}

/// A fresh `RevisionId`.
pub(crate) fn new_revision() -> String {
    Uuid::new_v4().to_string()
}
