//! How much a configuration may come to. A few lines can ask for a million processes, or for ten
//! megabytes in each of a thousand: what is made of the text is counted, and has an end.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Context, program};
use crate::diagnostic::{Diagnostic, Severity, codes};
use crate::pass::outline::Section;
use crate::plan::{GroupPlan, ProcessPlan};
use crate::schema::row_of;
use crate::schema::section::Program;
use crate::schema::value::LogTarget;

/// More processes than any machine runs; the original tries to build any number.
const MOST_PROCESSES: usize = 500_000;

/// More text than any fleet is told.
const MOST_TEXT: usize = 256 << 20;

const NUMPROCS: usize = row_of(Program::OPTIONS, "numprocs");

/// What one compilation has made so far. Sections are made on several threads in any order, so what
/// is decided must depend on the sums alone: processes are counted for all of them, and text until
/// there is too much.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    processes: AtomicUsize,
    text: AtomicUsize,
}

impl Budget {
    /// What `groups` cost, but for what is wrong with them.
    pub(crate) fn of<'g>(groups: impl IntoIterator<Item = &'g GroupPlan>) -> Self {
        let budget = Budget::default();
        for process in groups.into_iter().flat_map(|group| &group.processes) {
            let ProcessPlan { section, name, program, .. } = &**process;
            budget.add_processes(1);
            budget.add_text(size(section, name, program, program.environment.text_len()));
        }
        budget
    }

    /// Counts `count` more processes.
    pub(super) fn add_processes(&self, count: usize) {
        self.processes.fetch_add(count, Ordering::Relaxed);
    }

    /// Counts `bytes` more of text.
    pub(super) fn add_text(&self, bytes: usize) {
        self.text.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Whether there is too much: nothing more need be made, for there will be no plan.
    pub(super) fn is_spent(&self) -> bool {
        self.processes.load(Ordering::Relaxed) > MOST_PROCESSES
            || self.text.load(Ordering::Relaxed) > MOST_TEXT
    }

    /// Whether this and `other` together are far from too much. A process that both the daemon and
    /// its section give a variable counts less in its plan than it did in the making, at most by half.
    pub(crate) fn leaves_room_for(&self, other: &Budget) -> bool {
        let sum = |count: fn(&Budget) -> &AtomicUsize| {
            count(self).load(Ordering::Relaxed) + count(other).load(Ordering::Relaxed)
        };
        sum(|budget| &budget.processes) <= MOST_PROCESSES / 2
            && sum(|budget| &budget.text) <= MOST_TEXT / 2
    }

    /// The one finding about sections that ask for too much, where most is asked for.
    pub(super) fn finding(
        &self,
        context: &Context<'_>,
        largest: Option<Largest<'_>>,
    ) -> Diagnostic {
        let too_many = self.processes.load(Ordering::Relaxed) > MOST_PROCESSES;
        let (message, help) = if too_many {
            let message = format!("the sections ask for more than {MOST_PROCESSES} processes");
            (message, "lower `numprocs`, or give some of them to another daemon")
        } else {
            let message = "the processes come to more than 256 MiB of text".to_owned();
            (message, "shorten the values, or lower `numprocs`")
        };
        let (code, severity, original) = (codes::OUT_OF_RANGE, Severity::Error, message.clone());
        let finding = match largest {
            Some(Largest { section, asked }) => {
                let written = program::written(context, section, NUMPROCS);
                let span = written.map(|written| written.value_span(context.sources));
                Diagnostic::new(code, severity, span.unwrap_or(section.headers[0]), message)
                    .labelled(format!("{asked} of them here"))
            }
            None => Diagnostic::of_file(code, severity, context.root, message),
        };
        finding.help(help).original(original)
    }
}

/// The section that asks for most processes, if one asks for several.
pub(super) struct Largest<'a> {
    section: &'a Section,
    asked: i64,
}

impl<'a> Largest<'a> {
    /// The larger of `before` and a `section` that asks for `asked` processes.
    pub(super) fn of(before: Option<Self>, section: &'a Section, asked: i64) -> Option<Self> {
        let most = before.as_ref().map_or(1, |before| before.asked);
        if asked > most { Some(Largest { section, asked }) } else { before }
    }
}

/// The bytes of text one process of `section` is made of, its `environment` as it is in its plan.
pub(super) fn size(section: &str, name: &str, program: &Program, environment: usize) -> usize {
    let log = |target: &LogTarget| match target {
        LogTarget::File(path) => path.as_os_str().len(),
        LogTarget::Auto | LogTarget::None => 0,
    };
    let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let user = program.user.as_ref().map_or(0, |user| user.name.len());
    section.len()
        + name.len()
        + program.exitcodes.0.len()
        + text(&program.serverurl)
        + user
        + program.process_name.len()
        + environment
        + text(&program.directory)
        + log(&program.stdout_logfile)
        + log(&program.stderr_logfile)
        + program.command.len()
}
