//! Things found wrong, as plain data. How they are shown is the business of `report`.

use std::path::PathBuf;

use grammar::Span;

pub mod codes;

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

impl Diagnostic {
    /// A finding at `span`.
    pub fn new(code: Code, severity: Severity, span: Span, message: impl Into<String>) -> Self {
        let label = Label { span, text: String::new() };
        Diagnostic { labels: vec![label], ..Self::bare(code, severity, message.into()) }
    }

    /// A finding about a file as a whole.
    pub fn of_file(
        code: Code,
        severity: Severity,
        file: impl Into<PathBuf>,
        message: impl Into<String>,
    ) -> Self {
        Diagnostic { file: Some(file.into()), ..Self::bare(code, severity, message.into()) }
    }

    /// With what to say at its first place.
    #[must_use]
    pub fn labelled(mut self, text: impl Into<String>) -> Self {
        if let Some(first) = self.labels.first_mut() {
            first.text = text.into();
        }
        self
    }

    /// With another place.
    #[must_use]
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// With what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// With the message of the original.
    #[must_use]
    pub fn original(mut self, text: impl Into<String>) -> Self {
        self.original = Some(text.into());
        self
    }

    /// With an edit that mends it.
    #[must_use]
    pub fn fixed_by(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }

    fn bare(code: Code, severity: Severity, message: String) -> Self {
        let (labels, file, help, fix, original) = (Vec::new(), None, None, None, None);
        Diagnostic { code, severity, message, labels, file, help, fix, original }
    }
}
