//! `check`: what is wrong with a configuration, and the mending of it.

use std::path::PathBuf;

use super::input::Desk;
use super::{Failure, Input, Verdict, output};
use crate::diagnostic::{Diagnostics, Severity, codes};
use crate::host::Host;
use crate::lint::{self, Neighbour, Policy, fix};
use crate::report::{Format, Report};
use crate::source::Sources;
use crate::{Compiled, Depth};

/// A check as asked for.
#[derive(Clone, Debug)]
pub(super) struct Check {
    /// What to check.
    pub(super) input: Input,
    /// Further files to check likewise.
    pub(super) further: Vec<PathBuf>,
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
            further: Vec::new(),
            policy: Policy::default(),
            format: Format::Full,
            fail_on: Severity::Error,
            exit_zero: false,
            mend: Mend::default(),
            diff: false,
        }
    }
}

/// What one configuration came to.
struct Judged {
    found: Diagnostics,
    sources: Sources,
    /// The file to judge cannot be read.
    unreadable: bool,
}

/// A file with its text before and after the mending.
struct Mended {
    path: PathBuf,
    old: String,
    new: String,
}

impl Check {
    /// Checks, mends and prints: one report, however many files.
    pub(super) fn run(&self) -> Result<Verdict, Failure> {
        let mut judged = vec![self.judge_and_mend(&self.input, &[])?];
        for file in &self.further {
            let neighbours = self.neighbours(&judged);
            let input = Input { file: file.clone(), ..self.input.clone() };
            judged.push(self.judge_and_mend(&input, &neighbours)?);
        }
        if !(self.diff || self.input.is_stdin() && self.mend != Mend::Nothing) {
            self.print(&judged);
        }
        let verdict = judged.iter().map(|judged| self.verdict(judged)).max();
        // The process ends now, which gives the trees back in less time than dropping them.
        std::mem::forget(judged);
        Ok(verdict.unwrap_or(Verdict::Accepted))
    }

    /// The daemons checked so far, if they are those of one machine.
    fn neighbours(&self, judged: &[Judged]) -> Vec<Neighbour> {
        let together = self.policy.depth == Depth::Host && !self.policy.fragment;
        let daemons = judged.iter().filter(|judged| together && !judged.unreadable);
        daemons.map(|judged| Neighbour::new(&judged.sources)).collect()
    }

    fn judge_and_mend(&self, input: &Input, neighbours: &[Neighbour]) -> Result<Judged, Failure> {
        let mut desk = input.desk()?;
        let mut judged = self.judge(input, &desk, neighbours);
        let mut mended: Vec<Mended> = Vec::new();
        for _ in 0..ROUNDS {
            if self.mend == Mend::Nothing {
                break;
            }
            let Judged { found, sources, .. } = &judged;
            let fixed = fix::apply(found, sources, self.mend == Mend::Everything);
            if fixed.is_empty() {
                break;
            }
            for (id, new) in fixed {
                let path = sources.path(id).to_owned();
                desk.replace(path.clone(), new.clone());
                match mended.iter_mut().find(|known| known.path == path) {
                    Some(known) => known.new = new,
                    None => mended.push(Mended { path, old: sources.text(id).to_owned(), new }),
                }
            }
            judged = self.judge(input, &desk, neighbours);
        }
        self.deliver(input, &mended)?;
        Ok(judged)
    }

    fn judge(&self, input: &Input, desk: &Desk, neighbours: &[Neighbour]) -> Judged {
        let (compiled, sources) = input.judge(desk, self.policy.depth);
        let mut found = match self.policy.depth {
            Depth::Syntax => compiled,
            Depth::Plan | Depth::Host => {
                lint::run_beside(&sources, desk, self.policy, &compiled, neighbours)
            }
        };
        let unreadable = is_unreadable(input, &found);
        if unreadable {
            // What else it lacks is of no interest.
            found.retain(|finding| finding.code == codes::UNREADABLE_FILE);
        }
        Judged { found, sources, unreadable }
    }

    /// Writes the mended files, or shows what would be written.
    fn deliver(&self, input: &Input, mended: &[Mended]) -> Result<(), Failure> {
        for Mended { path, old, new } in mended {
            if self.diff {
                output::to_stdout(&fix::unified_diff(&path.to_string_lossy(), old, new));
            } else if input.is_stdin() {
                output::to_stdout(new);
            } else {
                std::fs::write(path, new).map_err(|error| Failure::File(path.clone(), error))?;
            }
        }
        Ok(())
    }

    fn print(&self, judged: &[Judged]) {
        let Some((first, further)) = judged.split_first() else { return };
        let base = Desk::default().working_dir();
        let mut report = Report::new(&first.found, &first.sources, base);
        for judged in further {
            report.add(&judged.found, &judged.sources);
        }
        output::to_stdout(&report.render(self.format, output::stdout_colour()));
    }

    fn verdict(&self, judged: &Judged) -> Verdict {
        let worst = judged.found.iter().map(|finding| finding.severity).max();
        match worst {
            _ if judged.unreadable => Verdict::Unusable,
            Some(worst) if worst >= self.fail_on && !self.exit_zero => Verdict::Refused,
            _ => Verdict::Accepted,
        }
    }
}

fn is_unreadable(input: &Input, found: &Diagnostics) -> bool {
    let root = input.root();
    found.iter().any(|one| one.code == codes::UNREADABLE_FILE && one.file() == Some(&root))
}

/// Prints the errors of a configuration that has no plan.
pub(super) fn render_errors(input: &Input, compiled: &Compiled, desk: &Desk) -> Verdict {
    let errors = compiled.diagnostics.iter().filter(|found| found.severity == Severity::Error);
    let errors: Diagnostics = errors.cloned().collect();
    let report = Report::new(&errors, &compiled.sources, desk.working_dir());
    output::to_stderr(&report.render(Format::Full, super::stderr_colour()));
    if is_unreadable(input, &errors) { Verdict::Unusable } else { Verdict::Refused }
}
