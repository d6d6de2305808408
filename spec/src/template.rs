//! The template environment: one crate and one set of settings for the check, Prompt Studio and
//! deployed functions, so what was tried is what is sent.
//!
//! Jinja syntax by `minijinja`. A tag alone on its line leaves no empty line behind
//! (`trim_blocks`, `lstrip_blocks`). Nothing is escaped: the text goes to a model and not into a
//! page. There are no includes and no files. Printing what is not given is an error, while
//! `{% if it %}` may ask for it, as optional fields need. Work and output are bounded.

use std::io::{self, Write};

use minijinja::{
    AutoEscape, Environment, Template, UndefinedBehavior, syntax::SyntaxConfig, value::Serde,
};
use serde::Serialize;

/// Work that one rendering may do, in instructions of the template machine and the memory they ask
/// for. A prompt of ordinary size takes a few thousand.
pub const FUEL: u64 = 10_000_000;

/// Largest rendered message, in bytes. What a platform can carry in is 6 MB.
pub const MAX_OUTPUT: usize = 8 * 1024 * 1024;

/// Largest text that asks a model for an unfit answer once more, in bytes.
pub const MAX_REPAIR: usize = 4096;

/// A template that does not compile or does not render.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// The text is no template.
    #[error("could not compile the template")]
    Syntax(#[source] minijinja::Error),
    /// It asks for what is not there, does what cannot be done, or works too long.
    #[error("could not render the template")]
    Render(#[source] minijinja::Error),
    /// It writes more than [`MAX_OUTPUT`].
    #[error("the rendered text is larger than {MAX_OUTPUT} bytes")]
    TooLarge,
}

impl TemplateError {
    /// What minijinja says, with line and place.
    pub fn cause(&self) -> Option<&minijinja::Error> {
        match self {
            Self::Syntax(error) | Self::Render(error) => Some(error),
            Self::TooLarge => None,
        }
    }
}

/// The delimiters and the treatment of white space.
pub fn syntax() -> SyntaxConfig {
    SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().unwrap_or_default()
}

/// An environment with our settings and no templates.
pub fn environment<'source>() -> Environment<'source> {
    let mut environment = Environment::new();
    environment.set_syntax(syntax());
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_fuel(Some(FUEL));
    // Where minijinja is built with debugging aids, as the check needs them, this one comes along;
    // functions are built without.
    environment.remove_global("debug");
    environment
}

/// Adds a template under a name.
pub fn compile<'source>(
    environment: &mut Environment<'source>,
    name: String,
    source: &'source str,
) -> Result<(), TemplateError> {
    environment.add_template_owned(name, source).map_err(TemplateError::Syntax)
}

/// Renders a template of [`environment`] within its bounds.
pub fn render(
    template: &Template<'_, '_>,
    variables: impl Serialize,
) -> Result<String, TemplateError> {
    let mut output = Bounded { bytes: Vec::new(), overflow: false };
    let variables = minijinja::Value::from(Serde(variables));
    match template.render_captured_to(variables, &mut output) {
        _ if output.overflow => Err(TemplateError::TooLarge),
        Err(error) => Err(TemplateError::Render(error)),
        // The engine writes text, never parts of a character's bytes across its whole output.
        Ok(_) => Ok(String::from_utf8_lossy(&output.bytes).into_owned()),
    }
}

/// A writer that refuses what goes past [`MAX_OUTPUT`].
struct Bounded {
    bytes: Vec<u8>,
    overflow: bool,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > MAX_OUTPUT {
            self.overflow = true;
            return Err(io::Error::other("rendered text too large"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rendered(source: &str, variables: serde_json::Value) -> Result<String, TemplateError> {
        let mut environment = environment();
        environment.add_template("t", source).map_err(TemplateError::Syntax)?;
        let template = environment.get_template("t").map_err(TemplateError::Syntax)?;
        render(&template, variables)
    }

    #[test]
    fn a_tag_alone_on_its_line_leaves_no_line() {
        let text = rendered("a\n  {% if x %}\nb\n  {% endif %}\nc", json!({ "x": 1 })).unwrap();
        assert_eq!(text, "a\nb\nc");
    }

    #[test]
    fn nothing_is_escaped() {
        let text = rendered("{{ x }}", json!({ "x": "<b> & \"q\" {{ y }}" })).unwrap();
        assert_eq!(text, "<b> & \"q\" {{ y }}");
    }

    #[test]
    fn what_is_missing_may_be_asked_for_but_not_printed() {
        assert_eq!(rendered("{% if x %}yes{% else %}no{% endif %}", json!({})).unwrap(), "no");
        assert!(matches!(rendered("{{ x }}", json!({})), Err(TemplateError::Render(_))));
        assert!(matches!(rendered("{{ x.y }}", json!({ "x": {} })), Err(TemplateError::Render(_))));
    }

    #[test]
    fn work_and_output_are_bounded() {
        let busy = "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}";
        let Err(TemplateError::Render(error)) = rendered(busy, json!({})) else {
            panic!("ran to its end")
        };
        assert_eq!(error.kind(), minijinja::ErrorKind::OutOfFuel);

        let large = rendered("{{ x * 9000 }}", json!({ "x": "x".repeat(1000) }));
        assert!(matches!(large, Err(TemplateError::TooLarge)), "{large:?}");
    }

    #[test]
    fn the_same_names_are_there_however_minijinja_is_built() {
        let environment = environment();
        let mut names: Vec<&str> = environment.globals().map(|(name, _)| name).collect();
        names.sort_unstable();
        assert_eq!(names, ["dict", "namespace", "range"]);
    }

    #[test]
    fn there_are_no_includes() {
        let error = rendered("{% include 'etc' %}", json!({}));
        assert!(matches!(error, Err(TemplateError::Syntax(_))), "{error:?}");
    }
}
