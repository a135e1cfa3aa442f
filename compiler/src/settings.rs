//! What a configuration says, with the place of every word of it: what the rules of the linter and
//! `--print-plan` read. The plan says what follows from it.

use std::borrow::Cow;
use std::sync::Arc;

use grammar::{Entry, Span};

use crate::pass::merge::Document;
use crate::pass::outline::{Section, Written};
use crate::plan::{GroupPlan, Notice, ProcessPlan};
use crate::schema::keys::rows_of;
use crate::schema::section::{
    Ctl, Group, InetServer, Interface, Listener, SectionKind, Socket, Supervisord, UnixServer,
};
use crate::schema::{OptionSpec, SectionSpec};
use crate::source::Sources;

/// The sections of a compilation.
#[derive(Clone, Debug, Default)]
pub struct Settings(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    document: Document,
    typed: Vec<Typed>,
    sources: Sources,
}

/// The typed options of a section. What could not be read has its default.
#[derive(Clone, Debug, Default)]
pub enum Typed {
    /// Nobody reads the section, or nothing of it is typed.
    #[default]
    Unread,
    /// `[supervisord]`, the command line on top.
    Supervisord(Box<Supervisord>),
    /// `[unix_http_server]`.
    UnixServer(Box<UnixServer>),
    /// `[inet_http_server]`.
    InetServer(Box<InetServer>),
    /// `[supervisorctl]`, as the daemon would read it; its errors are not reported.
    Ctl(Box<Ctl>),
    /// `[rpcinterface:x]`.
    Interface(Interface),
    /// `[group:x]`.
    Group(Box<Group>),
    /// `[program:x]`, `[eventlistener:x]`, `[fcgi-program:x]`.
    /// Once for each group the section is in.
    Processes(Vec<Arc<Made>>),
}

/// What a section that makes processes made for one group.
#[derive(Clone, Debug)]
pub struct Made {
    /// The group, or as much of a heterogeneous one as the section makes.
    pub group: Arc<GroupPlan>,
    /// Whether the section stands alone, so that the group is its own.
    pub alone: bool,
    /// The options of the pool, for an event listener.
    pub listener: Option<Box<Listener>>,
    /// The options of the socket, for a FastCGI program that stands alone.
    pub socket: Option<Box<Socket>>,
    /// How many processes the section asks for; there are fewer where they are not wanted.
    pub(crate) asked: i64,
    pub(crate) notices: Vec<Notice>,
}

/// One section, with everything it says.
#[derive(Clone, Copy)]
pub struct SectionView<'s> {
    settings: &'s Settings,
    section: &'s Section,
    typed: &'s Typed,
}

/// One option as written.
#[derive(Clone, Copy)]
pub struct OptionView<'s> {
    settings: &'s Settings,
    written: Written,
}

/// Where the value of an option comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The section itself, at this place.
    Written(Span),
    /// `[DEFAULT]`, at this place.
    DefaultSection(Span),
    /// The table.
    Default,
}

impl Settings {
    pub(crate) fn new(document: Document, typed: Vec<Typed>, sources: Sources) -> Self {
        Settings(Arc::new(Inner { document, typed, sources }))
    }

    /// The sections in the order of their first appearance, `[DEFAULT]` excepted.
    pub fn sections(&self) -> impl Iterator<Item = SectionView<'_>> {
        let sections = self.0.document.sections.iter().zip(&self.0.typed);
        sections.map(|(section, typed)| SectionView { settings: self, section, typed })
    }

    /// The sections of one kind.
    pub fn of_kind(&self, kind: SectionKind) -> impl Iterator<Item = SectionView<'_>> {
        self.sections().filter(move |section| section.kind() == Some(kind))
    }

    /// The section with this whole name.
    pub fn section(&self, name: &str) -> Option<SectionView<'_>> {
        let index = self.0.document.find(name)?;
        let (section, typed) = (&self.0.document.sections[index], self.0.typed.get(index)?);
        Some(SectionView { settings: self, section, typed })
    }

    /// The options of `[DEFAULT]`.
    pub fn defaults(&self) -> impl Iterator<Item = OptionView<'_>> {
        self.0
            .document
            .defaults
            .values()
            .map(|written| OptionView { settings: self, written: *written })
    }

    /// `[supervisord]`; the defaults when there is no such section.
    pub fn supervisord(&self) -> Cow<'_, Supervisord> {
        let typed = self.section("supervisord").map(|section| section.typed);
        if let Some(Typed::Supervisord(supervisord)) = typed {
            Cow::Borrowed(supervisord)
        } else {
            Cow::Owned(Supervisord::default())
        }
    }

    /// The files the sections stand in.
    pub fn sources(&self) -> &Sources {
        &self.0.sources
    }

    /// The sections, as the passes see them.
    pub(crate) fn document(&self) -> &Document {
        &self.0.document
    }

    /// The typed options of section `index` of the document.
    pub(crate) fn typed(&self, index: usize) -> &Typed {
        &self.0.typed[index]
    }
}

impl Typed {
    /// What the section made for each group it is in; nothing if it makes no processes.
    pub fn made(&self) -> &[Arc<Made>] {
        if let Typed::Processes(made) = self { made } else { &[] }
    }

    /// The processes the section made for the group `group`.
    pub(crate) fn members(&self, group: &str) -> &[Arc<ProcessPlan>] {
        let found = self.made().iter().find(|made| made.group.name == group);
        found.map_or(&[], |made| &made.group.processes)
    }
}

impl<'s> SectionView<'s> {
    /// The whole name: `program:web`.
    pub fn name(self) -> &'s str {
        &self.section.name
    }

    /// What stands after the first colon, verbatim: `web`.
    pub fn own_name(self) -> &'s str {
        self.name().split_once(':').map_or("", |(_, own)| own)
    }

    /// What it is; `None` when nobody reads it.
    pub fn kind(self) -> Option<SectionKind> {
        self.section.kind
    }

    /// Its rows in the table.
    pub fn spec(self) -> Option<&'static SectionSpec> {
        self.kind().map(SectionKind::spec)
    }

    /// The place of its first header.
    pub fn header(self) -> Span {
        self.section.headers[0]
    }

    /// The places of all its headers.
    pub fn headers(self) -> &'s [Span] {
        &self.section.headers
    }

    /// Its typed options.
    pub fn typed(self) -> &'s Typed {
        self.typed
    }

    /// Its processes, of the first group it is in; empty for other sections.
    pub fn processes(self) -> &'s [Arc<ProcessPlan>] {
        self.typed.made().first().map_or(&[], |made| &made.group.processes)
    }

    /// The option `key`, from the section or from `[DEFAULT]`; `None` when it has its default.
    pub fn option(self, key: &str) -> Option<OptionView<'s>> {
        let (document, sources) = (self.settings.document(), self.settings.sources());
        let rows = self.kind().map(|kind| rows_of(kind, key));
        let known = self.section.options.iter().find(|written| Some(written.rows) == rows);
        let other = || self.section.others.iter().rfind(|written| written.key(sources) == key);
        let written = known.or_else(other).or_else(|| document.defaults.get(key))?;
        Some(OptionView { settings: self.settings, written: *written })
    }

    /// Everything written in the section itself, unknown options too, in no particular order.
    pub fn options(self) -> impl Iterator<Item = OptionView<'s>> {
        let settings = self.settings;
        let written = self.section.options.iter().chain(self.section.others.iter());
        written.map(move |written| OptionView { settings, written: *written })
    }

    /// Where the value of `key` comes from.
    pub fn origin(self, key: &str) -> Origin {
        self.option(key).map_or(Origin::Default, OptionView::origin)
    }
}

impl<'s> OptionView<'s> {
    /// The key in lower case.
    pub fn key(self) -> Cow<'s, str> {
        self.written.key(self.settings.sources())
    }

    /// The value as written, its lines joined, nothing expanded.
    pub fn raw(self) -> Cow<'s, str> {
        self.written.raw(self.settings.sources())
    }

    /// The entry in the syntax tree.
    pub fn entry(self) -> &'s Entry {
        self.written.entry(self.settings.sources())
    }

    /// The place of the value, or of the key when the value is empty.
    pub fn span(self) -> Span {
        self.written.value_span(self.settings.sources())
    }

    /// The place of the key.
    pub fn key_span(self) -> Span {
        self.entry().key
    }

    /// The place of bytes `range` of [`OptionView::raw`].
    pub fn locate(self, range: std::ops::Range<u32>) -> Span {
        let entry = self.entry();
        let (start, end) = (entry.locate(range.start), entry.locate(range.end));
        Span { start, end, ..entry.key }
    }

    /// Where the value comes from.
    pub fn origin(self) -> Origin {
        if self.written.from_default {
            Origin::DefaultSection(self.span())
        } else {
            Origin::Written(self.span())
        }
    }

    /// Whether the section's table knows the key.
    pub fn is_known(self) -> bool {
        self.written.is_known()
    }

    /// Its row in the table of `spec`.
    pub fn row(self, spec: &'static SectionSpec) -> Option<&'static OptionSpec> {
        spec.option(&self.key())
    }
}
