//! Reads the options of one section into the struct of its table.

use std::borrow::Cow;
use std::ops::Range;

use grammar::Span;

use super::{Context, mend};
use crate::diagnostic::{Code, Diagnostic, Severity, codes};
use crate::pass::outline::{MOST_ROWS, Section as WrittenSection, Written};
use crate::pass::resolve::{Scope, expand};
use crate::schema::Section;
use crate::schema::value::Invalid;

/// One section being read, and what is wrong with it so far.
pub(crate) struct Reader<'a> {
    pub(crate) context: &'a Context<'a>,
    pub(crate) section: &'a WrittenSection,
    pub(crate) found: Vec<Diagnostic>,
    /// Whether messages of the original name the section (CFG-002).
    pub(crate) suffixed: bool,
    /// Options that are wrong already: nothing more is said about them.
    failed: Vec<Written>,
}

/// What is written for each row of a part of the section.
pub(crate) type Slots = [Option<Written>; MOST_ROWS];

impl<'a> Reader<'a> {
    pub(crate) fn new(context: &'a Context<'a>, section: &'a WrittenSection) -> Self {
        Reader { context, section, found: Vec::new(), suffixed: false, failed: Vec::new() }
    }

    /// What is written for part `part` of the section's table.
    pub(crate) fn slots(&self, part: usize) -> Slots {
        self.context.document.rows(self.section, part)
    }

    /// Reads rows `rows` into `into`; what is not written keeps its value.
    pub(crate) fn read<S: Section>(
        &mut self,
        into: &mut S,
        slots: &Slots,
        rows: Range<usize>,
        scope: &Scope<'_>,
    ) {
        for row in rows {
            if let Some(written) = slots[row] {
                self.read_one(into, row, &written, scope);
            } else {
                into.inherit(row);
            }
        }
    }

    /// Reads one option; whether it could be read.
    pub(crate) fn read_one<S: Section>(
        &mut self,
        into: &mut S,
        row: usize,
        written: &Written,
        scope: &Scope<'_>,
    ) -> bool {
        if self.failed.contains(written) {
            return false;
        }
        let name = S::ROWS[row].name;
        let raw = self.text(written);
        let Some(text) =
            self.expand(&raw, written, scope, &format_args!("{}.{name}", self.section.name))
        else {
            return false;
        };
        self.set(into, row, written, &raw, &text)
    }

    /// Puts an expanded text into a row.
    pub(crate) fn set<S: Section>(
        &mut self,
        into: &mut S,
        row: usize,
        written: &Written,
        raw: &str,
        expanded: &Value<'_>,
    ) -> bool {
        match into.set(row, &expanded.text, self.context.inquiry) {
            Ok(()) => true,
            Err(_) if expanded.assumed => true,
            Err(invalid) => {
                self.invalid(written, invalid, *expanded.text == *raw);
                false
            }
        }
    }

    /// The text of an option before expansion.
    pub(crate) fn text(&self, written: &Written) -> Cow<'a, str> {
        self.context.document.text(written, self.context.sources)
    }

    /// `raw` with its expansions replaced; `None` if that cannot be done.
    pub(crate) fn expand<'t>(
        &mut self,
        raw: &'t str,
        written: &Written,
        scope: &Scope<'_>,
        label: &dyn std::fmt::Display,
    ) -> Option<Value<'t>> {
        self.expand_once(raw, written, scope, label, false)
    }

    /// `raw` with its expansions replaced, and those that come out of that too (CFG-150): an option
    /// expanded with `scopes[0]` under its full name, then with `scopes[1]` under its own.
    pub(crate) fn expand_twice<'t>(
        &mut self,
        raw: &'t str,
        written: &Written,
        scopes: [&Scope<'_>; 2],
        key: &str,
    ) -> Option<Value<'t>> {
        let label = format_args!("{}.{key}", self.section.name);
        let once = self.expand_once(raw, written, scopes[0], &label, true)?;
        if !once.text.contains('%') {
            return Some(once);
        }
        let twice = self.expand_once(&once.text, written, scopes[1], &key, true)?;
        let assumed = once.assumed || twice.assumed;
        Some(Value { text: Cow::Owned(twice.text.into_owned()), assumed })
    }

    fn expand_once<'t>(
        &mut self,
        raw: &'t str,
        written: &Written,
        scope: &Scope<'_>,
        label: &dyn std::fmt::Display,
        twice: bool,
    ) -> Option<Value<'t>> {
        if !written.expands {
            return Some(Value { text: Cow::Borrowed(raw), assumed: false });
        }
        match expand(raw, scope, label) {
            Ok(expanded) => {
                if expanded.leaked {
                    self.leaking(written);
                }
                Some(Value { text: expanded.text, assumed: expanded.assumed })
            }
            Err(fault) => {
                self.failed.push(*written);
                // What an expansion brought in stands nowhere in the file.
                let precise = self.text(written) == raw;
                let fix = mend::escaped(written, self.context.sources, twice);
                let span = match &fix {
                    _ if precise => self.place(written, fault.range()),
                    Some(fix) => fix.edits[0].0,
                    None => written.value_span(self.context.sources),
                };
                let suffix = self.suffix();
                let mut finding = fault.diagnostic(span, &suffix);
                if !precise && let Some(written) = self.environmental(span) {
                    finding = finding.hidden(&written, &suffix);
                }
                if finding.code == codes::UNESCAPED_PERCENT {
                    finding.fix = fix;
                    let help = match twice {
                        false => "write `%%` for a literal `%`",
                        true if precise || finding.fix.is_some() => {
                            "write `%%%%` for a literal `%`, for this option is expanded twice"
                        }
                        true => {
                            "a variable in it holds a `%`, and this option is expanded twice: set \
                             the variable to `%%`"
                        }
                    };
                    finding.help = Some(help.to_owned());
                }
                self.found.push(finding);
                None
            }
        }
    }

    /// Reports a text that is no value; `precise` if its bytes are those of the file.
    pub(crate) fn invalid(&mut self, written: &Written, invalid: Invalid, precise: bool) {
        self.failed.push(*written);
        let span = match invalid.at {
            Some(range) if precise => self.place(written, range.start as usize..range.end as usize),
            _ => written.value_span(self.context.sources),
        };
        let finding = Diagnostic::new(invalid.code, Severity::Error, span, invalid.message);
        let mut finding = match invalid.help {
            Some(help) => finding.help(help),
            None => finding,
        };
        let sources = self.context.sources;
        finding.fix = match invalid.instead {
            Some(instead) if precise => mend::replaced(written, sources, &instead),
            None if invalid.code == codes::ENV_UNQUOTED_SPECIAL => mend::quoted(written, sources),
            Some(_) | None => None,
        };
        self.push(finding, &invalid.original);
    }

    /// Reports an error of the section; `original` is the message without the suffix.
    pub(crate) fn error(
        &mut self,
        code: Code,
        span: Span,
        message: impl Into<String>,
        original: &str,
    ) -> &mut Diagnostic {
        self.push(Diagnostic::new(code, Severity::Error, span, message), original)
    }

    /// The place of an option's value, or of the section's header.
    pub(crate) fn span(&self, written: Option<Written>) -> Span {
        match written {
            Some(written) => written.value_span(self.context.sources),
            None => self.section.headers[0],
        }
    }

    /// The place of bytes `range` of an option's unexpanded text.
    pub(crate) fn place(&self, written: &Written, range: Range<usize>) -> Span {
        self.context.document.locate(written, self.context.sources, range)
    }

    /// Whether nothing was wrong with an option so far.
    pub(crate) fn passed(&self, written: &Written) -> bool {
        !self.failed.contains(written)
    }

    fn push(&mut self, finding: Diagnostic, original: &str) -> &mut Diagnostic {
        let suffix = self.suffix();
        let environmental = finding.span().and_then(|span| self.environmental(span));
        let mut finding = finding.original(format!("{original}{suffix}"));
        if let Some(written) = environmental {
            finding = finding.hidden(&written, &suffix);
        }
        let last = self.found.len();
        self.found.push(finding);
        &mut self.found[last]
    }

    /// What the original puts behind its messages.
    fn suffix(&self) -> String {
        if self.suffixed { self.context.suffix(self.section) } else { String::new() }
    }

    /// The text of the option at `span`, if variables of the environment become part of it.
    fn environmental(&self, span: Span) -> Option<Cow<'a, str>> {
        let Context { document, sources, .. } = self.context;
        let options = self.section.options.iter().chain(self.section.others.iter());
        let at = |written: &&Written| {
            let entry = written.entry(sources);
            let end = entry.value_span().end.max(entry.delimiter.end);
            written.file == span.file && (entry.key.start..=end).contains(&span.start)
        };
        let written = options.chain(document.defaults.values()).find(at)?;
        Some(self.text(written)).filter(|text| text.contains("%(ENV_"))
    }

    fn leaking(&mut self, written: &Written) {
        let span = written.value_span(self.context.sources);
        let message = "an expansion without a name would show every variable, and is left as it is";
        let finding = Diagnostic::new(codes::LEAKING_EXPANSION, Severity::Warning, span, message)
            .help("write `%%` for a literal `%`");
        if !self.found.contains(&finding) {
            self.found.push(finding);
        }
    }
}

/// An expanded text.
pub(crate) struct Value<'t> {
    pub(crate) text: Cow<'t, str>,
    /// Whether it depends on a variable whose value is not known.
    pub(crate) assumed: bool,
}
