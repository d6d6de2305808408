//! The few colours. All text makes sense without them.

use anstyle::{AnsiColor, Style};

/// `error:`
pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
/// `warning:`
pub(crate) const WARNING: Style = AnsiColor::Yellow.on_default().bold();
/// `hint:` and what was not checked.
pub(crate) const HINT: Style = AnsiColor::Cyan.on_default().bold();
/// Something that worked.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
/// The name or number that matters in a line.
pub(crate) const STRONG: Style = Style::new().bold();
/// What may be skipped.
pub(crate) const FAINT: Style = Style::new().dimmed();
/// Line numbers and bars beside quoted source.
pub(crate) const MARGIN: Style = AnsiColor::Blue.on_default().bold();

/// How clap's help looks.
pub(crate) const HELP: clap::builder::Styles = clap::builder::Styles::styled()
    .header(GOOD)
    .usage(GOOD)
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default())
    .error(ERROR)
    .valid(GOOD)
    .invalid(WARNING);
