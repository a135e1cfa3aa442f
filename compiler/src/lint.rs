//! The linter: what it asks of a rule, what a rule may ask of it, and the run over all of them.
//! A rule knows nothing of severities, suppression, output or command lines.

use grammar::Span;

pub use crate::Depth;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, MOST_FINDINGS, Severity, codes};
use crate::host::Host;
use crate::pass::parallel::in_parallel;
use crate::source::Sources;

mod command;
mod environment;
pub mod fix;
mod neighbour;
mod reference;
mod rules;
mod suppression;
mod text;
mod view;

pub use neighbour::Neighbour;
pub use reference::{explain, list, reference};
use suppression::Suppressions;
pub use view::{Config, Kind, Log, Section, Written};

/// From so many sections on, rules run on several threads.
const MANY_SECTIONS: usize = 100;

/// What a check is asked to hold against a configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// How far to go.
    pub depth: Depth,
    /// Unknown options and sections are errors.
    pub strict: bool,
    /// The text is only a part of a configuration; what it lacks stands elsewhere.
    pub fragment: bool,
    /// The seconds a shutdown may take, when they are known.
    pub stop_timeout: Option<i64>,
    /// The command line says as whom the daemon is to run.
    pub user_given: bool,
}

/// One mistake the linter knows. Everything about it stands in one file.
pub trait Rule: Sync {
    /// Its code, documentation and examples.
    fn meta(&self) -> &'static Meta;

    /// Reports every place of the mistake. A rule the compiler itself enforces has nothing to add.
    fn check(&self, cx: &mut LintContext<'_>) {
        let _ = cx;
    }
}

/// What is written about a rule; `--explain`, the reference page and the tests read it.
#[derive(Debug)]
pub struct Meta {
    /// Its code.
    pub code: Code,
    /// The least depth at which it speaks.
    pub depth: Depth,
    /// What it finds.
    pub what: &'static str,
    /// What happens to those who do it.
    pub why: &'static str,
    /// What to write instead.
    pub remedy: &'static str,
    /// Where people met it: issues of supervisor by number, or `owner/name#number`.
    pub seen: &'static [&'static str],
    /// Configurations that have the mistake, and the same ones mended.
    pub examples: &'static [Example],
    /// Configurations that look like it and are right.
    pub clean: &'static [&'static str],
}

/// A configuration with exactly one kind of mistake, and the same without it. `[supervisord]` is
/// implied where it is not written.
#[derive(Debug)]
pub struct Example {
    /// Has the mistake.
    pub bad: &'static str,
    /// Has none.
    pub good: &'static str,
    /// How the one becomes the other.
    pub mended: Mended,
}

/// Who mends a mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mended {
    /// The reader.
    ByHand,
    /// `--fix`.
    Safely,
    /// `--unsafe-fixes`.
    Unsafely,
}

/// What a rule sees, and where it reports.
pub struct LintContext<'a> {
    /// The configuration as written, merged.
    pub config: &'a Config<'a>,
    /// The machine; only for rules of depth [`Depth::Host`].
    pub host: &'a dyn Host,
    /// What the check is asked for.
    pub policy: Policy,
    /// The other daemons of the machine, as far as they are checked with this one.
    pub neighbours: &'a [Neighbour],
    meta: &'static Meta,
    found: Diagnostics,
}

impl LintContext<'_> {
    /// A finding of the rule that runs, at its registered severity.
    pub fn finding(&self, span: Span, message: impl Into<String>) -> Diagnostic {
        let code = self.meta.code;
        let registered = codes::find(code.id()).map_or(Severity::Warning, |row| row.severity);
        // What the compiler does not refuse is no error, whatever else the code stands for.
        Diagnostic::new(code, registered.min(Severity::Warning), span, message)
    }

    /// A finding that is a warning, whatever the rule's severity.
    pub fn warning(&self, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.meta.code, Severity::Warning, span, message)
    }

    /// A finding that is advice, whatever the rule's severity.
    pub fn advice(&self, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.meta.code, Severity::Info, span, message)
    }

    /// Reports a finding.
    pub fn report(&mut self, finding: Diagnostic) {
        self.found.push(finding);
    }

    /// Whether the rule has found more than will be listed, and may stop looking.
    pub fn is_full(&self) -> bool {
        self.found.len() > MOST_FINDINGS
    }
}

/// Every rule by code.
pub fn rules() -> &'static [&'static dyn Rule] {
    rules::ALL
}

/// Runs every rule over the files of a configuration, in the order they were read, and puts their
/// findings behind those of `compiled`. Suppressed findings are left out.
pub fn run(
    sources: &Sources,
    host: &dyn Host,
    policy: Policy,
    compiled: &Diagnostics,
) -> Diagnostics {
    run_beside(sources, host, policy, compiled, &[])
}

/// As [`run`], on a machine with other daemons.
pub fn run_beside(
    sources: &Sources,
    host: &dyn Host,
    policy: Policy,
    compiled: &Diagnostics,
    neighbours: &[Neighbour],
) -> Diagnostics {
    let config = Config::new(sources);
    let rules: Vec<_> =
        rules::ALL.iter().filter(|rule| rule.meta().depth <= policy.depth).collect();
    // A rule is no work worth a thread unless there is much to look at.
    let grain = if config.sections().len() < MANY_SECTIONS { rules.len() } else { 1 };
    let findings = in_parallel(rules.len(), grain, |index| {
        let (rule, meta) = (rules[index], rules[index].meta());
        let mut cx = LintContext {
            config: &config,
            host,
            policy,
            neighbours,
            meta,
            found: Diagnostics::default(),
        };
        rule.check(&mut cx);
        cx.found
    });
    let mut found: Vec<Diagnostic> = compiled.iter().cloned().collect();
    found.extend(findings.into_iter().flatten());
    let mut suppressions = Suppressions::read(&config);
    found.retain(|finding| !suppressions.covers(finding));
    found.extend(suppressions.unused());
    if policy.strict {
        found.iter_mut().for_each(raise);
    }
    found.into_iter().collect()
}

/// What plugins may know is an error for those who have none.
fn raise(finding: &mut Diagnostic) {
    if finding.code == codes::UNKNOWN_KEY || finding.code == codes::UNKNOWN_SECTION {
        finding.severity = Severity::Error;
    }
}

#[cfg(test)]
mod tester;
