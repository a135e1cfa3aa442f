//! For people: the source with what is wrong drawn under it. The only file that names miette.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::{self, Write};

use grammar::FileId;
use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents,
    SourceCode, SourceSpan, SpanContents,
};

use super::{Finding, Report};
use crate::diagnostic::{Label, Severity};
use crate::source::Source;

/// Lines longer than this are not drawn: a snippet is for reading.
const LONGEST_LINE: usize = 500;

/// The texts of files as they may be shown.
type Masked<'a> = BTreeMap<*const Source, Cow<'a, str>>;

/// The report, closed by a line that counts the findings.
pub(super) fn render(report: &Report<'_>, colour: bool) -> String {
    let mut out = String::new();
    let mut masked = Masked::new();
    for finding in &report.findings {
        for label in finding.labels() {
            let source: &Source = finding.sources.get(label.span.file);
            masked
                .entry(std::ptr::from_ref(source))
                .or_insert_with(|| without_passwords(source.text()));
        }
        draw(&mut out, report, finding, &masked, colour);
    }
    if !report.findings.is_empty() {
        let _ = writeln!(out, "{}", summary(report));
    }
    out
}

/// One picture for the file of the first label, and one more for each other file.
fn draw(
    out: &mut String,
    report: &Report<'_>,
    finding: &Finding<'_>,
    texts: &Masked<'_>,
    colour: bool,
) {
    let theme = if colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let painter = GraphicalReportHandler::new_themed(theme)
        .with_width(100)
        .with_context_lines(0)
        .without_syntax_highlighting();
    let mut pictures = pictures(report, finding, texts);
    if let Some(first) = pictures.first_mut() {
        first.code = Some(format!(
            "{}[{} {}]",
            finding.severity.word(),
            finding.code.id(),
            finding.code.slug()
        ));
    }
    if let Some(last) = pictures.last_mut() {
        last.help = help(finding);
    }
    for picture in &pictures {
        // Writing to a string cannot fail, and every span comes from the text drawn.
        let _ = painter.render_report(out, picture);
    }
    out.push('\n');
}

fn pictures<'a>(
    report: &Report<'_>,
    finding: &Finding<'a>,
    texts: &'a Masked<'_>,
) -> Vec<Picture<'a>> {
    let mut pictures: Vec<Picture<'a>> = Vec::new();
    for label in finding.labels() {
        let id = label.span.file;
        if let Some(picture) = pictures.iter_mut().find(|picture| picture.file == Some(id)) {
            picture.labels.push(drawn(label));
            continue;
        }
        let (mut picture, label) = if pictures.is_empty() {
            (Picture::bare(finding.message.clone(), finding.severity), label.clone())
        } else {
            let unnamed = Label { text: String::new(), ..*label };
            (Picture::bare(label.text.clone(), Severity::Info), unnamed)
        };
        let source: &Source = finding.sources.get(id);
        let name = report.shown(source.path()).into_owned();
        picture.file = Some(id);
        match texts.get(&std::ptr::from_ref(source)).filter(|_| is_drawable(source, &label)) {
            Some(text) => picture.snippet = Some(Snippet { source, text, name }),
            None => {
                let at = source.position(label.span.start);
                picture.message += &format!(" ({name}:{}:{})", at.line, at.column);
            }
        }
        picture.labels.push(drawn(&label));
        pictures.push(picture);
    }
    if let (true, Some(file)) = (pictures.is_empty(), finding.file()) {
        let message = format!("{}: {}", report.shown(file), finding.message);
        pictures.push(Picture::bare(message, finding.severity));
    }
    pictures
}

fn is_drawable(source: &Source, label: &Label) -> bool {
    let starts = source.line_starts();
    let first = source.line_index(label.span.start);
    let last = source.line_index(label.span.end);
    let end = starts.get(last + 1).map_or(source.text().len(), |&end| end as usize);
    end - starts[first] as usize <= LONGEST_LINE * (last + 1 - first)
}

fn drawn(label: &Label) -> LabeledSpan {
    let text = Some(label.text.clone()).filter(|text| !text.is_empty());
    LabeledSpan::new(text, label.span.start as usize, label.span.len() as usize)
}

fn help(finding: &Finding<'_>) -> Option<String> {
    let fix = finding.fix.as_ref().map(|fix| {
        let option = if fix.safe { "--fix" } else { "--unsafe-fixes" };
        format!("{} (`{option}` does it)", fix.title)
    });
    match (finding.help.clone(), fix) {
        (Some(help), Some(fix)) => Some(format!("{help}\n{fix}")),
        (help, fix) => help.or(fix),
    }
}

fn summary(report: &Report<'_>) -> String {
    let counts = report.counts();
    let words = [(counts.errors, "error"), (counts.warnings, "warning"), (counts.infos, "note")];
    let parts: Vec<String> = words
        .into_iter()
        .filter(|&(count, _)| count > 0)
        .map(|(count, word)| format!("{count} {word}{}", if count == 1 { "" } else { "s" }))
        .collect();
    parts.join(", ")
}

/// The text with the value of every `password` option struck out, byte for byte as long.
pub(super) fn without_passwords(text: &str) -> Cow<'_, str> {
    if !text.as_bytes().windows(8).any(|word| word.eq_ignore_ascii_case(b"password")) {
        return Cow::Borrowed(text);
    }
    let mut masked = String::with_capacity(text.len());
    for line in text.split_inclusive(['\n', '\r']) {
        let key = line.trim_start().get(..8).filter(|key| key.eq_ignore_ascii_case("password"));
        match (key, line.find(['=', ':'])) {
            (Some(_), Some(delimiter)) => {
                let (kept, value) = line.split_at(delimiter + 1);
                masked.push_str(kept);
                masked.extend(
                    value.bytes().map(|b| if b.is_ascii_whitespace() { b as char } else { '*' }),
                );
            }
            _ => masked.push_str(line),
        }
    }
    Cow::Owned(masked)
}

/// What miette draws.
#[derive(Debug)]
struct Picture<'a> {
    message: String,
    severity: Severity,
    file: Option<FileId>,
    snippet: Option<Snippet<'a>>,
    labels: Vec<LabeledSpan>,
    code: Option<String>,
    help: Option<String>,
}

/// A file that hands out the lines round a span without looking through the rest of it.
#[derive(Debug)]
struct Snippet<'a> {
    source: &'a Source,
    text: &'a str,
    name: String,
}

impl Picture<'_> {
    fn bare(message: String, severity: Severity) -> Self {
        Picture {
            message,
            severity,
            file: None,
            snippet: None,
            labels: Vec::new(),
            code: None,
            help: None,
        }
    }
}

impl fmt::Display for Picture<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Picture<'_> {}

impl miette::Diagnostic for Picture<'_> {
    fn code(&self) -> Option<Box<dyn fmt::Display + '_>> {
        self.code.as_ref().map(|code| Box::new(code) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Info => miette::Severity::Advice,
        })
    }

    fn help(&self) -> Option<Box<dyn fmt::Display + '_>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.snippet.as_ref().map(|snippet| snippet as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

impl SourceCode for Snippet<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let offset = |at: usize| u32::try_from(at).map_err(|_| MietteError::OutOfBounds);
        let starts = self.source.line_starts();
        let last_byte = (span.offset() + span.len()).saturating_sub(1).max(span.offset());
        let first = self.source.line_index(offset(span.offset())?).saturating_sub(before);
        let last = self.source.line_index(offset(last_byte)?) + after;
        let start = starts[first] as usize;
        let end = starts.get(last + 1).map_or(self.text.len(), |&end| end as usize);
        let data = self.text.get(start..end).ok_or(MietteError::OutOfBounds)?;
        let data = data.trim_end_matches(['\n', '\r']);
        // Only the heading reads the column: it names the place of the label.
        let column = self.source.position(offset(span.offset())?).column as usize - 1;
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            data.as_bytes(),
            (start, data.len()).into(),
            first,
            column,
            last + 1 - first,
        )))
    }
}
