//! The configuration as the rules see it: sections merged by name, the last writing of an option
//! in force, every value with its place. Values are as written, not expanded.

mod options;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use grammar::{FileId, Span, ast};
use indexmap::IndexMap;
use indexmap::map::Entry;

use super::command::Command;
use super::{environment, text};
use crate::pass::parallel::in_parallel;
use crate::schema::keys::known;
use crate::schema::section::SectionKind;
use crate::source::Sources;
use options::Options;

/// All sections of a configuration.
#[derive(Debug)]
pub struct Config<'a> {
    /// The text.
    pub sources: &'a Sources,
    sections: IndexMap<&'a str, Section<'a>>,
}

/// The kinds of section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `[supervisord]`.
    Supervisord,
    /// `[unix_http_server…]`.
    UnixServer,
    /// `[inet_http_server…]`.
    InetServer,
    /// `[supervisorctl]`.
    Ctl,
    /// `[include]`.
    Include,
    /// `[program:x]`.
    Program,
    /// `[eventlistener:x]`.
    EventListener,
    /// `[fcgi-program:x]`.
    Fcgi,
    /// `[group:x]`.
    Group,
    /// `[rpcinterface:x]`.
    RpcInterface,
    /// `[ctlplugin:x]`.
    CtlPlugin,
    /// `[DEFAULT]`.
    Default,
    /// Anything else: nobody reads it.
    Unknown,
}

/// The options of a log file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Log {
    /// The one that names it.
    pub file: &'static str,
    /// The one that says how large it may grow.
    pub maxbytes: &'static str,
}

/// What a program writes to stdout.
pub(super) const STDOUT_LOG: Log =
    Log { file: "stdout_logfile", maxbytes: "stdout_logfile_maxbytes" };

/// What a program writes to stderr.
pub(super) const STDERR_LOG: Log =
    Log { file: "stderr_logfile", maxbytes: "stderr_logfile_maxbytes" };

/// A section under one name, from all the places it is written at.
#[derive(Debug)]
pub struct Section<'a> {
    /// The full name, verbatim.
    pub name: &'a str,
    /// Its kind.
    pub kind: Kind,
    /// Its headers in the order read; never empty.
    pub headers: Vec<Span>,
    options: Options<'a>,
    /// What `[DEFAULT]` says, if there is one.
    defaults: Option<Arc<Options<'a>>>,
    command: OnceLock<Option<Command>>,
    plain_environment: OnceLock<bool>,
}

/// An option as written where it is in force.
#[derive(Clone, Debug)]
pub struct Written<'a> {
    /// Lower case.
    pub key: Cow<'a, str>,
    /// The value, its lines joined.
    pub value: Cow<'a, str>,
    /// Its place.
    pub entry: &'a ast::Entry,
}

impl Kind {
    /// The kind of the section called `name` (CFG-051).
    pub fn of(name: &str) -> Kind {
        match name {
            "supervisord" => Kind::Supervisord,
            "supervisorctl" => Kind::Ctl,
            "include" => Kind::Include,
            "DEFAULT" => Kind::Default,
            _ if name.starts_with("program:") => Kind::Program,
            _ if name.starts_with("group:") => Kind::Group,
            _ if name.starts_with("eventlistener:") => Kind::EventListener,
            _ if name.starts_with("fcgi-program:") => Kind::Fcgi,
            _ if name.starts_with("rpcinterface:") => Kind::RpcInterface,
            _ if name.starts_with("ctlplugin:") => Kind::CtlPlugin,
            _ if name.starts_with("unix_http_server") => Kind::UnixServer,
            _ if name.starts_with("inet_http_server") => Kind::InetServer,
            _ => Kind::Unknown,
        }
    }

    /// The log files its sections have.
    pub fn logs(self) -> &'static [Log] {
        if self.runs() {
            &[STDOUT_LOG, STDERR_LOG]
        } else if self == Kind::Supervisord {
            &[Log { file: "logfile", maxbytes: "logfile_maxbytes" }]
        } else {
            &[]
        }
    }

    /// Whether its sections have processes.
    pub fn runs(self) -> bool {
        matches!(self, Kind::Program | Kind::EventListener | Kind::Fcgi)
    }
}

impl<'a> Config<'a> {
    /// Merges the sections of all files.
    pub fn new(sources: &'a Sources) -> Self {
        let files: Vec<&ast::File> = sources.ids().map(|id| sources.tree(id)).collect();
        let parts = in_parallel(files.len(), 32, |index| {
            let file = files[index];
            let text = sources.text(file.id);
            let sections = file.sections.iter().map(|tree| Section::new(tree, text));
            sections.collect::<Vec<_>>()
        });
        let mut sections: IndexMap<&'a str, Section<'a>> =
            IndexMap::with_capacity(parts.iter().map(Vec::len).sum());
        for part in parts.into_iter().flatten() {
            match sections.entry(part.name) {
                Entry::Vacant(first) => drop(first.insert(part)),
                Entry::Occupied(mut merged) => merged.get_mut().reopen(part),
            }
        }
        if let Some(defaults) = sections.get("DEFAULT") {
            let defaults = Arc::new(defaults.options.clone());
            for section in sections.values_mut().filter(|section| section.kind != Kind::Default) {
                section.defaults = Some(Arc::clone(&defaults));
            }
        }
        Config { sources, sections }
    }

    /// The sections in the order they first appear.
    pub fn sections(&self) -> impl ExactSizeIterator<Item = &Section<'a>> {
        self.sections.values()
    }

    /// The section with this full name.
    pub fn section(&self, name: &str) -> Option<&Section<'a>> {
        self.sections.get(name)
    }

    /// The sections of a kind.
    pub fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Section<'a>> {
        self.sections().filter(move |section| section.kind == kind)
    }

    /// The sections that have processes.
    pub fn programs(&self) -> impl Iterator<Item = &Section<'a>> {
        self.sections().filter(|section| section.kind.runs())
    }

    /// The files in the order they were read, each once.
    pub fn files(&self) -> impl Iterator<Item = &'a ast::File> + use<'a> {
        let sources = self.sources;
        sources.ids().map(move |id| sources.tree(id))
    }

    /// The text of a file.
    pub fn text(&self, file: FileId) -> &'a str {
        self.sources.text(file)
    }

    /// The comment that ends the line on which `span` ends, if only blanks stand between.
    pub fn comment_after(&self, span: Span) -> Option<Span> {
        let file = self.sources.tree(span.file);
        let next = file.comments.partition_point(|comment| comment.start < span.end);
        let comment = *file.comments.get(next)?;
        let between = &self.text(span.file)[span.end as usize..comment.start as usize];
        between.chars().all(|c| c.is_whitespace() && c != '\n' && c != '\r').then_some(comment)
    }

    /// The edit that writes an option on a line of its own below another, indented like it: a line
    /// indented otherwise would change what the lines after it belong to.
    pub fn line_below(&self, written: &Written<'_>, option: &str) -> (Span, String) {
        let text = self.text(written.file());
        let value_end = written.whole().end as usize;
        let rest = &text[value_end..];
        let length = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let at = (value_end + length) as u32;
        let line_end = if rest[length..].starts_with("\r\n") { "\r\n" } else { "\n" };
        let key = written.key_span();
        let indent = Span { start: self.lines(key).start, end: key.start, ..key }.of(text);
        (Span::new(written.file(), at..at), format!("{line_end}{indent}{option}"))
    }

    /// The whole lines `span` touches, with the line end of the last.
    pub fn lines(&self, span: Span) -> Span {
        let source = self.sources.get(span.file);
        let starts = source.line_starts();
        let end = u32::try_from(source.text().len()).unwrap_or(u32::MAX);
        let start = starts[source.line_index(span.start)];
        let end = starts.get(source.line_index(span.end) + 1).copied().unwrap_or(end);
        Span { start, end, ..span }
    }
}

impl<'a> Section<'a> {
    fn new(tree: &'a ast::Section, text: &'a str) -> Self {
        let name = tree.name.of(text);
        let mut section = Section {
            name,
            kind: Kind::of(name),
            headers: vec![tree.header],
            options: Options::with_capacity(tree.entries.len()),
            defaults: None,
            command: OnceLock::new(),
            plain_environment: OnceLock::new(),
        };
        let table = SectionKind::of(name);
        for entry in &tree.entries {
            section.options.write(Written::new(entry, text, table));
        }
        section
    }

    /// Adds what the section says where it is opened again.
    fn reopen(&mut self, again: Section<'a>) {
        self.headers.extend(again.headers);
        self.options.append(again.options);
    }

    /// Whether some option of it is written more than once, under one header or several.
    pub fn is_rewritten(&self) -> bool {
        self.options.are_rewritten()
    }

    /// Where it first appears.
    pub fn header(&self) -> Span {
        self.headers[0]
    }

    /// The name after the colon, stripped.
    pub fn subject(&self) -> &'a str {
        self.name.split_once(':').map_or(self.name, |(_, subject)| grammar::strip(subject))
    }

    /// The options written in the section itself.
    pub fn written(&self) -> &[Written<'a>] {
        self.options.list()
    }

    /// The option called `key`, from `[DEFAULT]` if the section has none.
    pub fn get(&self, key: &str) -> Option<&Written<'a>> {
        self.own(key).or_else(|| self.defaults.as_ref()?.get(key))
    }

    /// The option called `key` of the section itself.
    pub fn own(&self, key: &str) -> Option<&Written<'a>> {
        self.options.get(key)
    }

    /// The value of the option called `key`.
    pub fn value(&self, key: &str) -> Option<&str> {
        self.get(key).map(|written| &*written.value)
    }

    /// The words of its `command`; `None` when it has none or they cannot be told apart.
    pub(super) fn command(&self) -> Option<&Command> {
        let parse = || self.value("command").and_then(Command::parse);
        self.command.get_or_init(parse).as_ref()
    }

    /// Whether its own `environment`, if it has one, holds nothing a rule could speak of.
    pub(super) fn has_plain_environment(&self) -> bool {
        let plain = || self.own("environment").is_none_or(|own| environment::is_plain(&own.value));
        *self.plain_environment.get_or_init(plain)
    }

    /// A boolean option, `default` when it is not written; `None` when it cannot be told.
    pub fn flag(&self, key: &str, default: bool) -> Option<bool> {
        self.value(key).map_or(Some(default), text::boolean)
    }

    /// A numeric option, `default` when it is not written; `None` when it cannot be told.
    pub fn number(&self, key: &str, default: i64) -> Option<i64> {
        self.value(key).map_or(Some(default), text::integer)
    }

    /// A size in bytes, `default` when it is not written; `None` when it cannot be told.
    pub fn bytes(&self, key: &str, default: i64) -> Option<i64> {
        self.value(key).map_or(Some(default), text::bytes)
    }
}

impl<'a> Written<'a> {
    /// An option of a section with this table.
    fn new(entry: &'a ast::Entry, text: &'a str, table: Option<SectionKind>) -> Self {
        let key = entry.key(text);
        // Rules look for a few keys in all sections: one text of each stays at hand.
        let known = table.and_then(|table| known(table, &key));
        let key = known.map_or(key, Cow::Borrowed);
        Written { key, value: entry.value(text), entry }
    }

    /// The file of its place.
    pub fn file(&self) -> FileId {
        self.entry.key.file
    }

    /// Its key.
    pub fn key_span(&self) -> Span {
        self.entry.key
    }

    /// Its value; its key when the value is empty.
    pub fn span(&self) -> Span {
        let value = self.entry.value_span();
        if value.is_empty() { self.entry.key } else { value }
    }

    /// Key and value.
    pub fn whole(&self) -> Span {
        Span { start: self.entry.key.start, ..self.entry.value_span() }
    }

    /// The place of a range of the value.
    pub fn place(&self, range: Range<u32>) -> Span {
        let (start, end) = (self.entry.locate(range.start), self.entry.locate(range.end));
        Span::new(self.file(), start..end.max(start))
    }
}
