//! A definition as TOML, for people to read and edit.

use promptpilot_spec::Definition;

/// Writes a definition as TOML that reads back as the same definition.
pub fn to_toml(definition: &Definition) -> Result<String, toml::ser::Error> {
    toml::to_string_pretty(definition)
}
