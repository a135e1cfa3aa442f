//! `check`: what is wrong with a configuration, and the mending of it.

use std::path::PathBuf;

use super::input::Desk;
use super::{Failure, Input, Verdict, output};
use crate::diagnostic::{Diagnostics, Severity, codes};
use crate::host::Host;
use crate::lint::{self, Policy, fix};
use crate::report::{Format, Report};
use crate::settings::Settings;
use crate::source::Sources;
use crate::{Compiled, Depth};

/// A check as asked for.
#[derive(Clone, Debug)]
pub(super) struct Check {
    /// What to check.
    pub(super) input: Input,
    /// What to hold against it.
    pub(super) policy: Policy,
    /// How to show what is found.
    pub(super) format: Format,
    /// The least severity that fails.
    pub(super) fail_on: Severity,
    /// Whether findings never fail.
    pub(super) exit_zero: bool,
    /// What to mend.
    pub(super) mend: Mend,
    /// Whether to show the mending instead of writing it.
    pub(super) diff: bool,
}

/// What a check is to mend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mend {
    /// Nothing.
    #[default]
    Nothing,
    /// What changes nothing but the option at fault.
    Safe,
    /// Everything that has a fix.
    Everything,
}

/// Rounds of mending after which fixes are taken to undo each other.
const ROUNDS: usize = 10;

impl Default for Check {
    fn default() -> Self {
        Check {
            input: Input::default(),
            policy: Policy::default(),
            format: Format::Full,
            fail_on: Severity::Error,
            exit_zero: false,
            mend: Mend::default(),
            diff: false,
        }
    }
}

impl Check {
    /// Checks, mends and prints.
    pub(super) fn run(&self) -> Result<Verdict, Failure> {
        let mut desk = self.input.desk()?;
        let (mut compiled, mut found) = self.judge(&desk);
        let mut mended: Vec<(PathBuf, String, String)> = Vec::new();
        for _ in 0..ROUNDS {
            if self.mend == Mend::Nothing {
                break;
            }
            let fixed = fix::apply(&found, &compiled.sources, self.mend == Mend::Everything);
            if fixed.is_empty() {
                break;
            }
            for (id, text) in fixed {
                let (path, old) = (compiled.sources.path(id), compiled.sources.text(id));
                match mended.iter_mut().find(|(known, ..)| known == path) {
                    Some((_, _, new)) => new.clone_from(&text),
                    None => mended.push((path.to_owned(), old.to_owned(), text.clone())),
                }
                desk.replace(path.to_owned(), text);
            }
            (compiled, found) = self.judge(&desk);
        }
        self.deliver(&mended)?;
        if !(self.diff || self.input.is_stdin() && self.mend != Mend::Nothing) {
            self.print(&found, &compiled.sources, desk.working_dir());
        }
        Ok(self.verdict(&found))
    }

    fn judge(&self, desk: &Desk) -> (Compiled, Diagnostics) {
        let mut compiled = self.input.compile(desk, self.policy.depth);
        // The rules read the text; the memory of the rest is better used for theirs.
        compiled.plan = None;
        compiled.settings = Settings::default();
        let mut found = match self.policy.depth {
            Depth::Syntax => std::mem::take(&mut compiled.diagnostics),
            Depth::Plan | Depth::Host => {
                lint::run(&compiled.sources, desk, self.policy, &compiled.diagnostics)
            }
        };
        if self.is_unreadable(&found) {
            // What else it lacks is of no interest.
            found.retain(|finding| finding.code == codes::UNREADABLE_FILE);
        }
        (compiled, found)
    }

    /// Writes the mended files, or shows what would be written.
    fn deliver(&self, mended: &[(PathBuf, String, String)]) -> Result<(), Failure> {
        for (path, old, new) in mended {
            if self.diff {
                output::to_stdout(&fix::unified_diff(&path.to_string_lossy(), old, new));
            } else if self.input.is_stdin() {
                output::to_stdout(new);
            } else {
                std::fs::write(path, new).map_err(|error| Failure::File(path.clone(), error))?;
            }
        }
        Ok(())
    }

    fn print(&self, found: &Diagnostics, sources: &Sources, base: PathBuf) {
        let report = Report::new(found, sources, base);
        output::to_stdout(&report.render(self.format, output::stdout_colour()));
    }

    fn is_unreadable(&self, found: &Diagnostics) -> bool {
        let root = self.input.root();
        found.iter().any(|one| one.code == codes::UNREADABLE_FILE && one.file() == Some(&root))
    }

    fn verdict(&self, found: &Diagnostics) -> Verdict {
        let worst = found.iter().map(|finding| finding.severity).max();
        match worst {
            _ if self.is_unreadable(found) => Verdict::Unusable,
            Some(worst) if worst >= self.fail_on && !self.exit_zero => Verdict::Refused,
            _ => Verdict::Accepted,
        }
    }
}

/// Prints the errors of a configuration that has no plan.
pub(super) fn render_errors(input: &Input, compiled: &Compiled, desk: &Desk) -> Verdict {
    let errors = compiled.diagnostics.iter().filter(|found| found.severity == Severity::Error);
    let errors: Diagnostics = errors.cloned().collect();
    let check = Check { input: input.clone(), ..Check::default() };
    let report = Report::new(&errors, &compiled.sources, desk.working_dir());
    output::to_stderr(&report.render(Format::Full, super::stderr_colour()));
    check.verdict(&errors)
}
