//! Things found wrong, as plain data. How they are shown is the business of `report`.

use std::path::PathBuf;

use grammar::Span;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Advice.
    Info,
    /// Loads, but is almost surely not what was meant.
    Warning,
    /// The original refuses to load it.
    Error,
}

/// One thing found wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The registered code.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong: lower case, no full stop, backticks round user text.
    pub message: String,
    /// Where, the most important place first. Empty only if `file` is set.
    pub labels: Vec<Label>,
    /// The file as a whole, where no byte of it is to blame.
    pub file: Option<PathBuf>,
    /// What to do about it, as a command.
    pub help: Option<String>,
    /// An edit that mends it.
    pub fix: Option<Fix>,
    /// The message with which the original refuses this configuration, without `Error: ` (CFG-001);
    /// only for errors.
    pub original: Option<String>,
}

/// A registered code: `SV006` and its slug `comment-truncates-value`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code {
    /// `SVnnn`.
    pub id: &'static str,
    /// Readable after `disable=`.
    pub slug: &'static str,
}

/// A place and what to say about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What to say; may be empty.
    pub text: String,
}

/// Edits that mend a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What they do, as a command.
    pub title: String,
    /// Whether the plan stays the same but for the option named.
    pub safe: bool,
    /// Non-overlapping replacements, in order.
    pub edits: Vec<(Span, String)>,
}
