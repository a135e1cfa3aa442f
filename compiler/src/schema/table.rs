//! What a row of the table holds, and the macro that makes a struct and its rows of one list.

use super::value::{Invalid, Shown};
use crate::host::Inquiry;

/// A kind of section.
#[derive(Debug)]
pub struct SectionSpec {
    /// The whole name, or the prefix with its colon.
    pub name: &'static str,
    /// What it is for: one sentence.
    pub doc: &'static str,
    /// Whether `name` is a prefix, and the rest the section's own name.
    pub prefix: bool,
    /// Its options in the order the original evaluates them (CFG-147 to CFG-149), a list a struct
    /// that holds them. An option that occurs again is shadowed by its first row.
    pub parts: &'static [&'static [OptionSpec]],
}

/// One option.
#[derive(Debug, PartialEq, Eq)]
pub struct OptionSpec {
    /// Its key.
    pub name: &'static str,
    /// What it does: the doc comment of its field.
    pub doc: &'static str,
    /// The name of its kind of value.
    pub kind: &'static str,
    /// The JSON type of its value.
    pub json: &'static str,
    /// What it is when it is not written.
    pub default: Default,
    /// Which names its value may use.
    pub expand: Expand,
    /// How a change of it takes effect.
    pub reload: Reload,
    /// What `getAllConfigInfo` calls it; `None` when it does not report it.
    pub info: Option<&'static str>,
}

/// What an option is when it is not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Default {
    /// This text, read as if it were written.
    Text(&'static str),
    /// The value of another option of the section.
    SameAs(&'static str),
    /// The directory for temporary files.
    TempDir,
    /// Not set.
    Unset,
    /// Nothing: it has to be written.
    Required,
}

/// The sets of names a value may use (CFG-116 to CFG-123).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expand {
    /// `here` and the inherited variables.
    E0,
    /// The daemon's variables too.
    E1,
    /// `host_node_name`, `program_name`, `group_name` too.
    E2,
    /// `process_num`, `numprocs` and the section's own variables too.
    E3,
    /// As `E1`, but without `here`.
    E4,
    /// As `E1`, and `program_name`.
    E5,
    /// As `E0`, and `host_node_name`.
    E6,
    /// The variables of `supervisorctl`, without `here`.
    E7,
    /// The variables of `supervisorctl`, and `here`.
    E7Here,
}

/// How a change of an option takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reload {
    /// At the next reread, or whenever it is looked at.
    Live,
    /// When the process is started again, which an update does.
    Restart,
    /// When the daemon is started again.
    Daemon,
}

/// A struct made of rows of the table.
pub trait Section: Sized {
    /// The rows, in the order of [`Section::set`].
    const ROWS: &'static [OptionSpec];

    /// A section in which nothing is written.
    fn defaults() -> &'static Self;

    /// Reads `text` into the field of row `row`.
    fn set(&mut self, row: usize, text: &str, inquiry: &Inquiry<'_>) -> Result<(), Invalid>;

    /// Gives row `row`, which is not written, the value of the row it is the same as.
    fn inherit(&mut self, row: usize);

    /// The value of row `row`.
    fn show(&self, row: usize) -> Shown;

    /// Whether row `row` has another value in `other`.
    fn differs(&self, other: &Self, row: usize) -> bool;
}

impl SectionSpec {
    /// Whether a section called `name` is one of these. The servers need no colon (CFG-051).
    pub fn claims(&self, name: &str) -> bool {
        if self.prefix { name.starts_with(self.name) } else { name == self.name }
    }

    /// Its options, each once.
    pub fn options(&self) -> impl Iterator<Item = &'static OptionSpec> + use<'_> {
        let shadowed = |index: usize, name: &str| {
            self.parts[..index].iter().any(|part| part.iter().any(|row| row.name == name))
        };
        self.parts.iter().enumerate().flat_map(move |(index, part)| {
            part.iter().filter(move |row| !shadowed(index, row.name))
        })
    }

    /// The option called `key`, in lower case.
    pub fn option(&self, key: &str) -> Option<&'static OptionSpec> {
        self.parts.iter().find_map(|part| part.iter().find(|row| row.name == key))
    }
}

impl Reload {
    /// The word of the reference.
    pub fn word(self) -> &'static str {
        match self {
            Reload::Live => "live",
            Reload::Restart => "restart",
            Reload::Daemon => "daemon",
        }
    }
}

impl Expand {
    /// The names beside `ENV_x`.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Expand::E0 | Expand::E1 | Expand::E7Here => &["here"],
            Expand::E2 => &["here", "host_node_name", "program_name", "group_name"],
            Expand::E3 => {
                &["here", "host_node_name", "program_name", "group_name", "process_num", "numprocs"]
            }
            Expand::E4 | Expand::E7 => &[],
            Expand::E5 => &["here", "program_name"],
            Expand::E6 => &["here", "host_node_name"],
        }
    }
}

/// The row called `name`, at compile time: a name that is not in the table does not build.
pub(crate) const fn row_of(rows: &[OptionSpec], name: &str) -> usize {
    let mut row = 0;
    while row < rows.len() {
        if same(rows[row].name, name) {
            return row;
        }
        row += 1;
    }
    panic!("no such option in the table")
}

const fn same(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    if left.len() != right.len() {
        return false;
    }
    let mut at = 0;
    while at < left.len() {
        if left[at] != right[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// Declares a struct of options. A row is
/// `name: Kind = default, E2, restart, info "reported_name";` where the default is a text,
/// `unset`, `required`, `temp_dir` or `same_as(other)`, and `info` may be left out. The doc comment
/// is the option's documentation; a row called otherwise than its key says `key "…"` first.
macro_rules! section {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident {
            $(
                $(#[doc = $doc:literal])+
                $(#[key = $key:literal])?
                $field:ident : $kind:ty = $default:tt $(($of:ident))?, $expand:ident, $reload:ident
                $(, info $info:literal)?;
            )+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        $vis struct $name {
            $(
                $(#[doc = $doc])+
                pub $field: <$kind as $crate::schema::value::Kind>::Value,
            )+
        }

        impl $name {
            /// The rows of the table, in the order of the fields.
            pub const OPTIONS: &'static [$crate::schema::OptionSpec] = &[$(
                $crate::schema::OptionSpec {
                    name: $crate::schema::table::section!(@key $field $($key)?),
                    doc: concat!($($doc, "\n"),+),
                    kind: <$kind as $crate::schema::value::Kind>::NAME,
                    json: <$kind as $crate::schema::value::Kind>::JSON,
                    default: $crate::schema::table::section!(@default $default $($of)?),
                    expand: $crate::schema::Expand::$expand,
                    reload: $crate::schema::table::section!(@reload $reload),
                    info: $crate::schema::table::section!(@info $($info)?),
                }
            ),+];
        }

        impl $crate::schema::Section for $name {
            const ROWS: &'static [$crate::schema::OptionSpec] = Self::OPTIONS;

            fn defaults() -> &'static Self {
                static DEFAULTS: std::sync::LazyLock<$name> = std::sync::LazyLock::new(|| {
                    let mut defaults = $name {
                        $($field: $crate::schema::table::section!(@value $kind, $default),)+
                    };
                    for row in 0..$name::OPTIONS.len() {
                        <$name as $crate::schema::Section>::inherit(&mut defaults, row);
                    }
                    defaults
                });
                &DEFAULTS
            }

            fn set(
                &mut self,
                row: usize,
                text: &str,
                inquiry: &$crate::host::Inquiry<'_>,
            ) -> Result<(), $crate::schema::value::Invalid> {
                let mut at = 0..;
                $(
                    if Some(row) == at.next() {
                        self.$field = <$kind as $crate::schema::value::Kind>::parse(text, inquiry)?;
                        return Ok(());
                    }
                )+
                Ok(())
            }

            fn inherit(&mut self, row: usize) {
                let mut at = 0..;
                $(
                    if Some(row) == at.next() {
                        $crate::schema::table::section!(@inherit self, $field $(, $of)?);
                        return;
                    }
                )+
            }

            fn show(&self, row: usize) -> $crate::schema::value::Shown {
                let mut at = 0..;
                $(
                    if Some(row) == at.next() {
                        return <$kind as $crate::schema::value::Kind>::show(&self.$field);
                    }
                )+
                $crate::schema::value::Shown::Unset
            }

            fn differs(&self, other: &Self, row: usize) -> bool {
                let mut at = 0..;
                $(
                    if Some(row) == at.next() {
                        return self.$field != other.$field;
                    }
                )+
                false
            }
        }

        impl std::default::Default for $name {
            /// A section in which nothing is written.
            fn default() -> Self {
                <Self as $crate::schema::Section>::defaults().clone()
            }
        }
    };

    (@key $field:ident) => { stringify!($field) };
    (@key $field:ident $key:literal) => { $key };

    (@default unset) => { $crate::schema::Default::Unset };
    (@default required) => { $crate::schema::Default::Required };
    (@default temp_dir) => { $crate::schema::Default::TempDir };
    (@default same_as $of:ident) => { $crate::schema::Default::SameAs(stringify!($of)) };
    (@default $text:literal) => { $crate::schema::Default::Text($text) };

    (@reload live) => { $crate::schema::Reload::Live };
    (@reload restart) => { $crate::schema::Reload::Restart };
    (@reload daemon) => { $crate::schema::Reload::Daemon };

    (@info) => { None };
    (@info $info:literal) => { Some($info) };

    (@value $kind:ty, $text:literal) => {
        <$kind as $crate::schema::value::Kind>::parse($text, &$crate::host::Inquiry::none())
            .unwrap_or_else(|invalid| panic!("a default of the table: {}", invalid.message))
    };
    (@value $kind:ty, $other:ident) => {
        <<$kind as $crate::schema::value::Kind>::Value as std::default::Default>::default()
    };

    (@inherit $self:ident, $field:ident) => {};
    (@inherit $self:ident, $field:ident, $of:ident) => { $self.$field = $self.$of.clone() };
}

pub(crate) use section;
