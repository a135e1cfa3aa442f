//! Things found wrong, as plain data, and the sink that collects them. How they are shown is the
//! business of `report`.

use std::path::{Path, PathBuf};

use grammar::{Span, python_repr};

pub mod codes;

pub use codes::Code;

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

/// One thing found wrong. It has a registered code, and a place or a file, by construction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The registered code.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong: lower case, no full stop, backticks round user text.
    pub message: String,
    /// What to do about it, as a command.
    pub help: Option<String>,
    /// An edit that mends it.
    pub fix: Option<Fix>,
    /// The message with which the original refuses this configuration, without `Error: ` (CFG-001);
    /// only for errors.
    pub original: Option<String>,
    /// What clients, logs and reports are told instead of [`Diagnostic::original`].
    instead: Option<Box<str>>,
    place: Place,
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

/// The sink of a compilation. It keeps the order things were found in, which is the order the
/// original would have met them in (CFG-147).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics {
    /// The one after [`MOST_FINDINGS`], or after [`MOST_TEXT`], stands for all the rest.
    list: Vec<Diagnostic>,
    /// How many findings the last one stands for, if it does for several.
    rest: usize,
    /// The bytes of their texts.
    text: usize,
}

/// More findings than anybody reads: further ones are counted, not listed.
pub const MOST_FINDINGS: usize = 10_000;

/// More text than anybody reads.
const MOST_TEXT: usize = 64 << 20;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// The most important label first; never empty.
    Labels(Vec<Label>),
    /// The file as a whole, where no byte of it is to blame.
    File(PathBuf),
}

impl Severity {
    /// The word reports use.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

impl Diagnostic {
    /// A finding about the bytes under `span`.
    pub fn new(code: Code, severity: Severity, span: Span, message: impl Into<String>) -> Self {
        let label = Label { span, text: String::new() };
        Self::placed(code, severity, Place::Labels(vec![label]), message)
    }

    /// A finding about a file as a whole: it cannot be read, is not text, lacks a section.
    pub fn of_file(
        code: Code,
        severity: Severity,
        path: impl Into<PathBuf>,
        message: impl Into<String>,
    ) -> Self {
        Self::placed(code, severity, Place::File(path.into()), message)
    }

    fn placed(code: Code, severity: Severity, place: Place, message: impl Into<String>) -> Self {
        Diagnostic {
            code,
            severity,
            message: message.into(),
            help: None,
            fix: None,
            original: None,
            instead: None,
            place,
        }
    }

    /// Says something at the first place.
    #[must_use]
    pub fn labelled(mut self, text: impl Into<String>) -> Self {
        if let Place::Labels(labels) = &mut self.place {
            labels[0].text = text.into();
        }
        self
    }

    /// Adds a further place, such as where something stood first. The first label of a finding
    /// about a whole file replaces the file.
    #[must_use]
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        let label = Label { span, text: text.into() };
        match &mut self.place {
            Place::Labels(labels) => labels.push(label),
            Place::File(_) => self.place = Place::Labels(vec![label]),
        }
        self
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds an edit that mends it.
    #[must_use]
    pub fn fixed_by(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }

    /// Adds the message of the original, without `Error: `.
    #[must_use]
    pub fn original(mut self, message: impl Into<String>) -> Self {
        self.original = Some(message.into());
        self
    }

    /// Says no more of a value than how it is `written`: variables of the environment are part of it,
    /// and what is in them is not for everybody. The original's message, which shows it, is for who
    /// starts the daemon; the others are told where it is, by `suffix`.
    #[must_use]
    pub fn hidden(mut self, written: &str, suffix: &str) -> Self {
        self.message = codes::find(self.code.id()).map(|row| row.as_message()).unwrap_or_default();
        self.help = None;
        self.instead = Some(format!("{}: {}{suffix}", self.message, python_repr(written)).into());
        self.labelled("not shown: variables of the environment are part of it")
    }

    /// Lets it stand for `count` findings, of which `next` is the last. It becomes the first of the
    /// worst of them.
    fn stand_for(&mut self, count: usize, next: Diagnostic) {
        if next.severity > self.severity {
            *self = next;
        }
        if self.severity == Severity::Error {
            self.original.get_or_insert_with(|| self.message.clone());
        }
        self.message = format!("{count} more findings from here on");
        (self.help, self.fix) = (None, None);
    }

    /// The bytes of its texts.
    pub(crate) fn text_len(&self) -> usize {
        let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let edits = self.fix.iter().flat_map(|fix| &fix.edits).map(|(_, text)| text.len());
        let instead = self.instead.as_ref().map_or(0, |text| text.len());
        self.message.len()
            + length(&self.help)
            + length(&self.original)
            + edits.sum::<usize>()
            + instead
    }

    /// The places, the most important first; empty only if [`Diagnostic::file`] is some.
    pub fn labels(&self) -> &[Label] {
        match &self.place {
            Place::Labels(labels) => labels,
            Place::File(_) => &[],
        }
    }

    /// The most important place.
    pub fn span(&self) -> Option<Span> {
        self.labels().first().map(|label| label.span)
    }

    /// The file, when the finding is about the file as a whole.
    pub fn file(&self) -> Option<&Path> {
        match &self.place {
            Place::Labels(_) => None,
            Place::File(path) => Some(path),
        }
    }

    /// What the original prints after `Error: `, or our message where the original has none.
    pub fn refusal(&self) -> &str {
        self.original.as_deref().unwrap_or(&self.message)
    }

    /// The same for clients, logs and reports: without the variables of the environment and what
    /// is in them.
    pub fn told(&self) -> String {
        match &self.instead {
            Some(instead) => instead.to_string(),
            None => without_environment(self.refusal()),
        }
    }
}

/// A refusal without variables of the environment among the names that can be expanded.
fn without_environment(refusal: &str) -> String {
    const LIST: &str = "Available names: ";
    let Some((before, names)) = refusal.split_once(LIST) else { return refusal.to_owned() };
    let names: Vec<_> = names.split(", ").filter(|name| !name.starts_with("ENV_")).collect();
    format!("{before}{LIST}{}", names.join(", "))
}

impl Fix {
    /// A fix after which the plan is the same but for the option named.
    pub fn safe(title: impl Into<String>, edits: Vec<(Span, String)>) -> Self {
        Fix { title: title.into(), safe: true, edits }
    }

    /// A fix to be read before it is applied.
    pub fn risky(title: impl Into<String>, edits: Vec<(Span, String)>) -> Self {
        Fix { title: title.into(), safe: false, edits }
    }
}

impl Diagnostics {
    /// Collects one more.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        let full = self.list.len() > MOST_FINDINGS || self.text > MOST_TEXT;
        match self.list.last_mut() {
            Some(last) if full => {
                self.rest = self.rest.max(1) + 1;
                last.stand_for(self.rest, diagnostic);
            }
            Some(_) | None => {
                self.text += diagnostic.text_len();
                self.list.push(diagnostic);
            }
        }
    }

    /// All of them in the order found.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.list.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The first error found, which is the one the original stops at.
    pub fn first_error(&self) -> Option<&Diagnostic> {
        self.list.iter().find(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Whether the original refuses this configuration.
    pub fn has_errors(&self) -> bool {
        self.first_error().is_some()
    }

    /// Keeps only the findings `keep` approves of.
    pub fn retain(&mut self, keep: impl FnMut(&Diagnostic) -> bool) {
        self.list.retain(keep);
    }

    /// The findings in the order a reader meets them: whole files first, then by file, place and
    /// code.
    pub fn in_file_order(&self) -> Vec<&Diagnostic> {
        let mut sorted: Vec<&Diagnostic> = self.list.iter().collect();
        sorted.sort_by(|a, b| reading_order(a).cmp(&reading_order(b)));
        sorted
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, found: I) {
        found.into_iter().for_each(|found| self.push(found));
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(found: I) -> Self {
        let mut diagnostics = Diagnostics::default();
        diagnostics.extend(found);
        diagnostics
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.iter()
    }
}

fn reading_order(diagnostic: &Diagnostic) -> (Option<Span>, &'static str) {
    (diagnostic.span(), diagnostic.code.id())
}

#[cfg(test)]
mod tests {
    use grammar::FileId;

    use super::*;

    fn at(file: u32, start: u32) -> Span {
        Span::new(FileId(file), start..start + 1)
    }

    #[test]
    fn order_found_is_kept_and_reading_order_is_by_place() {
        let mut sink = Diagnostics::default();
        sink.push(Diagnostic::new(codes::DUPLICATE_KEY, Severity::Warning, at(1, 4), "third"));
        sink.push(Diagnostic::new(codes::BAD_NUMBER_FORMAT, Severity::Error, at(0, 9), "second"));
        sink.push(Diagnostic::of_file(codes::UNREADABLE_FILE, Severity::Error, "/x", "first"));
        let messages: Vec<_> =
            sink.in_file_order().into_iter().map(|found| found.message.as_str()).collect();
        assert_eq!(messages, ["first", "second", "third"]);
        assert_eq!(sink.first_error().map(|found| found.message.as_str()), Some("second"));
    }

    #[test]
    fn what_nobody_reads_is_counted() {
        let found = |severity, at_: usize| {
            let message = format!("finding {at_}");
            Diagnostic::new(codes::UNKNOWN_KEY, severity, at(0, at_ as u32), message)
        };
        let mut sink: Diagnostics =
            (0..=MOST_FINDINGS).map(|number| found(Severity::Warning, number)).collect();
        let last = |sink: &Diagnostics| sink.iter().last().map(|last| last.message.clone());
        assert_eq!(last(&sink), Some(format!("finding {MOST_FINDINGS}")));
        sink.extend((0..5).map(|number| found(Severity::Info, number)));
        sink.push(found(Severity::Error, 7));
        sink.push(found(Severity::Error, 8));
        assert_eq!(sink.len(), MOST_FINDINGS + 1);
        assert_eq!(last(&sink).as_deref(), Some("8 more findings from here on"));
        // What the original would have said is the first error's, listed or not.
        let first = sink.first_error().map(|error| (error.span(), error.refusal()));
        assert_eq!(first, Some((Some(at(0, 7)), "finding 7")));
    }

    #[test]
    fn refusals_do_not_tell_the_environment() {
        let told = "contains names ('x') which cannot be expanded. Available names: ENV_A, ENV_B, \
                    group_name, here in section 'program:z' (file: 's.conf')";
        let expected = "contains names ('x') which cannot be expanded. Available names: \
                        group_name, here in section 'program:z' (file: 's.conf')";
        assert_eq!(without_environment(told), expected);
        assert_eq!(without_environment("ENV_A, no list"), "ENV_A, no list");
    }

    #[test]
    fn what_is_in_variables_is_not_told() {
        let found =
            Diagnostic::new(codes::BAD_SIGNAL, Severity::Error, at(0, 0), "`a` is not a signal")
                .help("not `a`")
                .original("value 'a' is not a valid signal name in section")
                .hidden("%(ENV_X)s", " in section");
        assert_eq!(found.message, "a signal does not exist on this platform");
        assert_eq!(found.help, None);
        assert_eq!(found.refusal(), "value 'a' is not a valid signal name in section");
        let told = "a signal does not exist on this platform: '%(ENV_X)s' in section";
        assert_eq!(found.told(), told);
    }

    #[test]
    fn a_label_gives_a_whole_file_finding_its_place() {
        let found =
            Diagnostic::of_file(codes::UNREADABLE_FILE, Severity::Error, "/x", "unreadable")
                .also(at(0, 3), "included here");
        assert_eq!(found.span(), Some(at(0, 3)));
        assert_eq!(found.file(), None);
    }
}
