//! One file as a unit of compilation: what of it the others can see.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use grammar::FileId;
use serde::{Deserialize, Serialize};

use crate::diagnostic::Diagnostics;
use crate::host::{Host, Inquiry};
use crate::pass::check::check;
use crate::pass::files::{Files, ReadFile};
use crate::pass::load::{Loaded, Reading, directory};
use crate::pass::merge::merge;
use crate::pass::outline::{DEFAULT, Outline};
use crate::pass::print::Print;
use crate::pass::whole::Surroundings;
use crate::plan::GroupPlan;
use crate::schema::section::SectionKind;
use crate::schema::value::Environment;
use crate::settings::{Settings, Typed};

/// One file of a compilation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Unit {
    pub(super) path: PathBuf,
    pub(super) print: Print,
    /// The names of its sections.
    pub(super) sections: Box<[Box<str>]>,
    /// The names of the groups it makes.
    pub(super) groups: Box<[Box<str>]>,
    /// The programs its groups ask for that stand in other files.
    pub(super) foreign: Box<[Box<str>]>,
    /// Whether more of the plan depends on it than its groups.
    pub(super) central: bool,
}

/// A file compiled alone.
pub(super) struct Compiled {
    pub(super) unit: Unit,
    pub(super) groups: Vec<Arc<GroupPlan>>,
}

impl Unit {
    /// The units of a compilation, in the order read.
    pub(super) fn all(loaded: &Loaded, settings: &Settings) -> Vec<Unit> {
        let mut units: Vec<Builder> = loaded
            .readings
            .iter()
            .map(|reading| {
                let file = loaded.files.get(reading.file);
                Builder::new(file.source.path(), file.print, &file.outline)
            })
            .collect();
        let number = |file: Option<FileId>| {
            file.and_then(|file| loaded.readings.iter().skip(1).position(|it| it.file == file))
        };
        // Sections of one file stand together.
        let (mut last, mut place) = (None, 0);
        for (index, section) in settings.document().sections.iter().enumerate() {
            if section.owner != last {
                last = section.owner;
                place = number(last).map_or(0, |included| included + 1);
            }
            units[place].add(&section.name, settings.typed(index));
        }
        units.into_iter().map(Builder::finish).collect()
    }

    /// Compiles the file of these `bytes`, as if it were all there is beside the daemon's
    /// `variables`. `None` when there is anything to say of it, or more than its groups would
    /// change.
    pub(super) fn compile(
        host: &dyn Host,
        (surroundings, variables, inquiry): (&Surroundings, &Environment, &Inquiry<'_>),
        (path, print, bytes): (&Path, Print, Vec<u8>),
    ) -> Option<Compiled> {
        let id = FileId(0);
        let file = ReadFile { print, ..ReadFile::parsed(id, path, bytes) };
        if !file.found.is_empty() || file.unreadable.is_some() {
            return None;
        }
        let files = Files::of(file);
        let loaded = Loaded {
            sources: files.sources(),
            files,
            readings: vec![Reading { file: id, here: Arc::from(directory(host, path)) }],
            includes: true,
            patterns: Vec::new(),
            unmatched: false,
            notices: Vec::new(),
        };
        let document = merge(&loaded);
        let mut context = surroundings.context(&document, &loaded.sources, inquiry);
        context.daemon = variables.clone();
        let mut diagnostics = Diagnostics::default();
        let checked = check(&mut context, &mut diagnostics);
        if diagnostics.has_errors() || !checked.notices.is_empty() {
            return None;
        }
        let settings = Settings::new(document, checked.typed, loaded.sources.clone());
        let unit = Unit::all(&loaded, &settings).pop()?;
        Some(Compiled { unit, groups: checked.groups })
    }

    /// Whether the file can be replaced without a look at the others but for their names.
    pub(super) fn stands_alone(&self) -> bool {
        !self.central && self.foreign.is_empty()
    }
}

/// A unit being put together.
struct Builder {
    unit: Unit,
    groups: Vec<Box<str>>,
    asked: Vec<Box<str>>,
}

impl Builder {
    fn new(path: &Path, print: Print, outline: &Outline) -> Self {
        let central = outline.sections.iter().any(|section| {
            &*section.name == DEFAULT || section.kind.is_some_and(|kind| !stays_at_home(kind))
        });
        let sections = outline.sections.iter().map(|section| Box::from(&*section.name)).collect();
        let (groups, foreign) = (Box::default(), Box::default());
        let unit = Unit { path: path.to_owned(), print, sections, groups, foreign, central };
        Builder { unit, groups: Vec::new(), asked: Vec::new() }
    }

    /// Adds what a section of the file became.
    fn add(&mut self, name: &str, typed: &Typed) {
        let made = typed.made();
        // Notices are logged in an order that goes across files.
        self.unit.central |= made.iter().any(|made| !made.notices.is_empty());
        let alone = made.iter().filter(|made| made.alone);
        self.groups.extend(alone.map(|made| Box::from(made.group.name.as_str())));
        if let Typed::Group(group) = typed {
            let own = name.split_once(':').map_or(name, |(_, own)| own);
            self.groups.push(Box::from(grammar::strip(own)));
            self.asked.extend(group.programs.iter().map(|program| Box::from(program.as_str())));
        }
    }

    fn finish(self) -> Unit {
        let Builder { unit, groups, mut asked } = self;
        let own: HashSet<&str> = unit.sections.iter().map(|name| key(name)).collect();
        asked.retain(|program| !own.contains(&*format!("program:{program}")));
        Unit { groups: groups.into(), foreign: asked.into(), ..unit }
    }
}

/// A section name, with the two kinds of program a group may mean by one name taken for one.
pub(super) fn key(name: &str) -> &str {
    if name.starts_with("fcgi-program:") { &name["fcgi-".len()..] } else { name }
}

/// Whether a section of this kind matters to nobody beyond the groups of its own file.
fn stays_at_home(kind: SectionKind) -> bool {
    kind.makes_processes() || matches!(kind, SectionKind::Group | SectionKind::CtlPlugin)
}
