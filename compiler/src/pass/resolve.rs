//! The names an expansion may use, and what they stand for (CFG-094 to CFG-158). How an expansion
//! is written is the grammar's business.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::ops::Range;

use grammar::value::{Bound, ExpandError, MOST_EXPANDED, Malformed, Names, Piece, template};
use grammar::{Span, python_repr};
use serde::{Deserialize, Serialize};

use crate::diagnostic::{Diagnostic, Severity, codes};
use crate::host::Host;
use crate::schema::nearest;
use crate::schema::value::Environment;

/// The variables the daemon inherits, as they were when the compilation began (CFG-130).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Outer {
    variables: Environment,
    assumed: BTreeMap<String, Option<String>>,
}

/// The names one value may use. Variables are looked up in the section's own, the daemon's, the
/// inherited ones, and those left over from an earlier process of the section (CFG-156).
#[derive(Clone)]
pub(crate) struct Scope<'a> {
    pub(crate) here: Option<&'a str>,
    pub(crate) node: Option<&'a str>,
    pub(crate) program: Option<&'a str>,
    pub(crate) group: Option<&'a str>,
    /// `process_num` and `numprocs`.
    pub(crate) process: Option<(i64, i64)>,
    pub(crate) own: Option<&'a Environment>,
    pub(crate) daemon: Option<&'a Environment>,
    pub(crate) outer: &'a Outer,
    pub(crate) left: Option<&'a BTreeMap<String, String>>,
    /// Whether a variable may be missing because what should have set it is itself faulty.
    pub(crate) lenient: bool,
    /// Set when a value depends on a variable that is only assumed to exist.
    pub(crate) assumed: Cell<bool>,
    /// Set when an expansion without a name asked for all of this at once.
    pub(crate) leaked: Cell<bool>,
}

/// A value with everything expanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Expanded<'t> {
    pub(crate) text: Cow<'t, str>,
    /// Whether it depends on a variable whose value is not known.
    pub(crate) assumed: bool,
    /// Whether an expansion without a name was left as it was written (CFG-101).
    pub(crate) leaked: bool,
}

/// A template that cannot be expanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    error: ExpandError,
    /// The message of the original.
    pub(crate) original: String,
    /// The names that would have been known, those of variables without values.
    near: Vec<String>,
}

impl Outer {
    /// What `host` has, with `sticky` on top (CFG-157), and what may be assumed beside it.
    pub(crate) fn new(
        host: &dyn Host,
        sticky: &Environment,
        assumed: &BTreeMap<String, Option<String>>,
    ) -> Self {
        let names = host.env_names().into_iter();
        let found = names.filter_map(|name| host.env(&name).map(|value| (name, value)));
        let inherited: Environment = found.collect();
        let assumed = assumed.clone();
        Outer { variables: inherited.merged(sticky), assumed }
    }
}

impl<'a> Scope<'a> {
    /// The inherited variables alone.
    pub(crate) fn new(outer: &'a Outer) -> Self {
        Scope {
            here: None,
            node: None,
            program: None,
            group: None,
            process: None,
            own: None,
            daemon: None,
            outer,
            left: None,
            lenient: false,
            assumed: Cell::new(false),
            leaked: Cell::new(false),
        }
    }

    fn variable(&self, name: &str) -> Option<&str> {
        let sets = [self.own, self.daemon, Some(&self.outer.variables)];
        let set = sets.into_iter().flatten().find_map(|set| set.get(name));
        if let Some(value) = set.or_else(|| Some(self.left?.get(name)?.as_str())) {
            return Some(value);
        }
        match self.outer.assumed.get_key_value(name) {
            Some((_, Some(value))) => Some(value),
            Some((name, None)) => {
                self.assumed.set(true);
                Some(name)
            }
            None if self.lenient => {
                self.assumed.set(true);
                Some("unknown")
            }
            None => None,
        }
    }

    /// All names, sorted by code point, as CFG-103 lists them.
    fn known(&self) -> Vec<Cow<'a, str>> {
        let here = self.here.map(|_| "here");
        let node = self.node.map(|_| "host_node_name");
        let program = self.program.map(|_| "program_name");
        let group = self.group.map(|_| "group_name");
        let process = self.process.map(|_| ["process_num", "numprocs"]).into_iter().flatten();
        let fixed = [here, node, program, group].into_iter().flatten().chain(process);
        let sets = [self.own, self.daemon, Some(&self.outer.variables)];
        let left = self.left.into_iter().flat_map(BTreeMap::keys).map(String::as_str);
        let variables = sets.into_iter().flatten().flat_map(Environment::names).chain(left);
        let variables = variables.map(|name| Cow::Owned(format!("ENV_{name}")));
        let mut known: Vec<Cow<'a, str>> = fixed.map(Cow::Borrowed).chain(variables).collect();
        known.sort_unstable();
        known.dedup();
        known
    }
}

impl Names for Scope<'_> {
    fn get(&self, name: &str) -> Option<Bound<'_>> {
        if let Some(variable) = name.strip_prefix("ENV_") {
            return self.variable(variable).map(Bound::Text);
        }
        let number = |pick: fn((i64, i64)) -> i64| self.process.map(pick).map(Bound::Int);
        match name {
            "here" => self.here.map(Bound::Text),
            "host_node_name" => self.node.map(Bound::Text),
            "program_name" => self.program.map(Bound::Text),
            "group_name" => self.group.map(Bound::Text),
            "process_num" => number(|(process, _)| process),
            "numprocs" => number(|(_, count)| count),
            _ => None,
        }
    }

    /// Nothing: the original dumps every variable here (CFG-101).
    fn table(&self) -> String {
        self.leaked.set(true);
        String::new()
    }
}

/// `text` with its expansions replaced once. `label` is what the original calls the option.
pub(crate) fn expand<'t>(
    text: &'t str,
    scope: &Scope<'_>,
    label: &dyn fmt::Display,
) -> Result<Expanded<'t>, Fault> {
    if !text.contains('%') {
        return Ok(Expanded { text: Cow::Borrowed(text), assumed: false, leaked: false });
    }
    scope.assumed.set(false);
    scope.leaked.set(false);
    if let Some(text) = expand_plain(text, scope) {
        return Ok(Expanded {
            text: Cow::Owned(text),
            assumed: scope.assumed.get(),
            leaked: false,
        });
    }
    let template = template(text);
    let expanded = template.expand(scope).map_err(|error| fault(error, text, scope, label))?;
    if !scope.leaked.get() {
        return Ok(Expanded { text: expanded, assumed: scope.assumed.get(), leaked: false });
    }
    let nameless = template.pieces().iter().find_map(|piece| match piece {
        Piece::Expansion(expansion) if expansion.name.is_none() => Some(expansion.range.clone()),
        Piece::Expansion(_) | Piece::Literal(_) | Piece::Percent(_) | Piece::UnclosedName(_) => {
            None
        }
    });
    let kept = nameless.unwrap_or_default();
    let (start, end) = (kept.start as usize, kept.end as usize);
    let head = expand(&text[..start], scope, label)?;
    let tail = expand(&text[end..], scope, label)?;
    let text = Cow::Owned(format!("{}{}{}", head.text, &text[start..end], tail.text));
    Ok(Expanded { text, assumed: head.assumed || tail.assumed, leaked: true })
}

/// `text` expanded if it holds nothing but `%(name)s`, `%(number)d` and `%(number)02d` of known
/// names. The grammar says the same of it, but nearly all expansions of a large tree are of this
/// form and this takes a tenth of the time.
fn expand_plain(text: &str, scope: &Scope<'_>) -> Option<String> {
    let mut expanded = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while let Some(start) = rest.bytes().position(|byte| byte == b'%') {
        let inside = rest[start..].strip_prefix("%(")?;
        let end = inside.bytes().position(|byte| matches!(byte, b'(' | b')'))?;
        let (name, after) = (&inside[..end], inside[end..].strip_prefix(')')?);
        expanded.push_str(&rest[..start]);
        let length = match (scope.get(name)?, after.as_bytes()) {
            (Bound::Text(value), [b's', ..]) => {
                expanded.push_str(value);
                1
            }
            (Bound::Int(value), [b's' | b'd', ..]) => {
                write!(expanded, "{value}").ok()?;
                1
            }
            (Bound::Int(value), [b'0', width @ b'1'..=b'9', b'd', ..]) => {
                let width = usize::from(width - b'0');
                write!(expanded, "{value:0width$}").ok()?;
                3
            }
            _ => return None,
        };
        rest = &after[length..];
        if expanded.len() > MOST_EXPANDED {
            return None;
        }
    }
    expanded.push_str(rest);
    Some(expanded)
}

fn fault(error: ExpandError, text: &str, scope: &Scope<'_>, label: &dyn fmt::Display) -> Fault {
    let (text, label) = (python_repr(text), python_repr(&label.to_string()));
    let mut near = Vec::new();
    let original = match &error {
        ExpandError::UnknownName { name, .. } => {
            let known = scope.known();
            near = nearest(name, known.iter().map(AsRef::as_ref))
                .into_iter()
                .map(str::to_owned)
                .collect();
            let (name, known) = (python_repr(name), known.join(", "));
            format!(
                "Format string {text} for {label} contains names ({name}) which cannot be expanded. \
                 Available names: {known}"
            )
        }
        ExpandError::Malformed { reason, .. } => {
            format!("Format string {text} for {label} is badly formatted: {reason}")
        }
    };
    Fault { error, original, near }
}

impl Fault {
    /// The bytes of the value to blame.
    pub(crate) fn range(&self) -> Range<usize> {
        self.error.range().start as usize..self.error.range().end as usize
    }

    /// The finding at `span`, with `suffix` after the message of the original.
    pub(crate) fn diagnostic(&self, span: Span, suffix: &str) -> Diagnostic {
        let original = format!("{}{suffix}", self.original);
        let finding = match &self.error {
            ExpandError::UnknownName { name, .. } => {
                let (code, message) = match name.strip_prefix("ENV_") {
                    Some(variable) => (
                        codes::ENV_MISSING_EXPANSION,
                        format!("the environment variable `{variable}` is not set"),
                    ),
                    None => (
                        codes::UNKNOWN_EXPANSION,
                        format!("there is nothing called `{name}` to expand here"),
                    ),
                };
                let finding = Diagnostic::new(code, Severity::Error, span, message);
                match (self.near.first(), code) {
                    (Some(near), _) => finding.help(format!("did you mean `%({near})s`?")),
                    (None, codes::ENV_MISSING_EXPANSION) => {
                        finding.help("set it where the daemon is started")
                    }
                    (None, _) => finding,
                }
            }
            ExpandError::Malformed { reason: Malformed::TooLong, .. } => {
                let message = "expanded, the value is longer than 64 MiB";
                Diagnostic::new(codes::OUT_OF_RANGE, Severity::Error, span, message)
            }
            ExpandError::Malformed { reason, .. } => {
                let message = format!("this `%` begins no valid expansion: {reason}");
                Diagnostic::new(codes::UNESCAPED_PERCENT, Severity::Error, span, message)
                    .help("write `%%` for a literal `%`")
            }
        };
        finding.original(original)
    }
}
