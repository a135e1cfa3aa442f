//! The processes of `[program:x]` and its relatives, in the order of CFG-148.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::reader::{Slots, Value};
use super::{Context, Draft, Reader, budget, group, mend, socket};
use crate::diagnostic::{Diagnostic, codes};
use crate::pass::outline::{Section as WrittenSection, Written};
use crate::pass::resolve::Scope;
use crate::plan::{GroupKind, GroupPlan, Notice, NoticeLevel, ProcessPlan, SocketPlan};
use crate::schema::row_of;
use crate::schema::section::Program;
use crate::schema::value::{Environment, LogTarget};
use crate::settings::Made;

const PRIORITY: usize = row_of(Program::OPTIONS, "priority");
const PROCESS_NAME: usize = row_of(Program::OPTIONS, "process_name");
const ENVIRONMENT: usize = row_of(Program::OPTIONS, "environment");
const DIRECTORY: usize = row_of(Program::OPTIONS, "directory");
const COMMAND: usize = row_of(Program::OPTIONS, "command");

/// More processes than any program has; the original tries to build any number.
const MOST_PROCESSES: i64 = 100_000;

/// A `[program:x]` or `[fcgi-program:x]` that a group names.
pub(super) fn member(context: &Context<'_>, section: &WrittenSection, group: &Arc<str>) -> Draft {
    let mut reader = Reader::new(context, section);
    reader.suffixed = true;
    let name = group::name(&mut reader, true);
    let part = program_part(section);
    let slots = reader.slots(part);
    let socket = socket::of_member(context, section, &name);
    let mut builder = Builder::new(&mut reader, slots, name, group);
    builder.socket = socket;
    builder.options(PRIORITY);
    let built = builder.processes();
    let draft = finish(group, 0, GroupKind::Program, built, reader);
    Draft { made: Made { alone: false, ..draft.made }, ..draft }
}

/// A `[program:x]` that stands alone.
pub(super) fn alone(context: &Context<'_>, section: &WrittenSection) -> Draft {
    let mut reader = Reader::new(context, section);
    let name = group::name(&mut reader, false);
    let slots = reader.slots(0);
    let mut program = Program::default();
    let scope = context.daemon_scope();
    reader.read(&mut program, &slots, PRIORITY..PRIORITY + 1, &scope);
    reader.suffixed = true;
    let group = name.clone();
    let mut builder = Builder::new(&mut reader, slots, name, &group);
    builder.program = program;
    builder.options(PRIORITY + 1);
    let priority = builder.program.priority;
    let built = builder.processes();
    finish(&group, priority, GroupKind::Program, built, reader)
}

/// What a section made, and what is wrong with it.
pub(super) fn finish(
    group: &str,
    priority: i64,
    kind: GroupKind,
    built: Built,
    reader: Reader<'_>,
) -> Draft {
    let Built { processes, asked, notices } = built;
    let group = GroupPlan { name: group.to_owned(), priority, kind, processes };
    let made =
        Made { group: Arc::new(group), alone: true, listener: None, socket: None, asked, notices };
    let found = reader.found.into_boxed_slice();
    reader.context.budget.add_text(found.iter().map(Diagnostic::text_len).sum());
    Draft { made, found }
}

/// What is written for row `row` of a program.
pub(super) fn written(
    context: &Context<'_>,
    section: &WrittenSection,
    row: usize,
) -> Option<Written> {
    context.document.rows(section, program_part(section))[row]
}

/// Which part of the section's table the options of a program are.
pub(super) fn program_part(section: &WrittenSection) -> usize {
    section.kind.map_or(0, |kind| kind.spec().parts.len() - 1)
}

/// The processes of a section.
pub(super) struct Built {
    processes: Vec<Arc<ProcessPlan>>,
    /// How many it asks for.
    asked: i64,
    notices: Vec<Notice>,
}

/// A section becoming processes.
pub(super) struct Builder<'r, 'a> {
    reader: &'r mut Reader<'a>,
    slots: Slots,
    /// The program's name, stripped.
    name: Arc<str>,
    group: &'r str,
    pub(super) program: Program,
    socket: Option<Arc<SocketPlan>>,
    notices: Vec<Notice>,
}

impl<'r, 'a> Builder<'r, 'a> {
    pub(super) fn new(
        reader: &'r mut Reader<'a>,
        slots: Slots,
        name: Arc<str>,
        group: &'r str,
    ) -> Self {
        let (program, notices) = (Program::default(), Vec::new());
        Builder { reader, slots, name, group, program, socket: None, notices }
    }

    /// The options that all processes of the section share, from row `first` on, and the checks
    /// after them.
    pub(super) fn options(&mut self, first: usize) {
        let context = self.reader.context;
        let name = self.name.clone();
        let scope = Scope {
            node: Some(context.node),
            program: Some(&name),
            group: Some(self.group),
            ..context.daemon_scope()
        };
        self.reader.read(&mut self.program, &self.slots, first..PROCESS_NAME, &scope);
        if let Some(written) = self.slots[PROCESS_NAME] {
            let raw = self.reader.text(&written);
            let unexpanded = Value { text: (&*raw).into(), assumed: false };
            self.reader.set(&mut self.program, PROCESS_NAME, &written, &raw, &unexpanded);
        }
        self.check_names();
        if self.program.stopasgroup && !self.program.killasgroup {
            let span = self.reader.span(self.slots[row_of(Program::OPTIONS, "killasgroup")]);
            let original = "Cannot set stopasgroup=true and killasgroup=false";
            let message = "the process group gets the stop signal but not the SIGKILL";
            self.reader.error(codes::STOP_WITHOUT_KILL, span, message, original).help =
                Some("remove `killasgroup`, or set `stopasgroup = false`".to_owned());
        }
    }

    /// Several processes need several names (CFG-205).
    fn check_names(&mut self) {
        let numprocs = self.slots[row_of(Program::OPTIONS, "numprocs")];
        if self.program.numprocs > 1 && !self.program.process_name.contains("%(process_num)") {
            let span = self.reader.span(self.slots[PROCESS_NAME].or(numprocs));
            let original = "%(process_num) must be present within process_name when numprocs > 1";
            let message = format!("{} processes would have one name", self.program.numprocs);
            let fix =
                mend::numbered(self.slots[PROCESS_NAME], numprocs, self.reader.context.sources);
            let finding =
                self.reader.error(codes::NUMPROCS_WITHOUT_PROCESS_NUM, span, message, original);
            finding.help =
                Some("write `process_name = %(program_name)s_%(process_num)02d`".to_owned());
            finding.fix = fix;
        }
        if self.program.numprocs > MOST_PROCESSES {
            let span = self.reader.span(numprocs);
            let message = format!("more than {MOST_PROCESSES} processes");
            self.reader.error(codes::OUT_OF_RANGE, span, message.clone(), &message);
            self.program.numprocs = 1;
        }
    }

    /// The processes, sorted by name: their priorities are equal (CFG-316). None where they are not
    /// wanted, and not all when there are too many.
    pub(super) fn processes(mut self) -> Built {
        let budget = &self.reader.context.budget;
        let mut processes: Vec<Arc<ProcessPlan>> = Vec::new();
        let mut left = BTreeMap::new();
        let asked = self.program.numprocs;
        // The first was counted with the section.
        budget.add_processes(usize::try_from(asked.saturating_sub(1)).unwrap_or_default());
        for index in 0..asked {
            if index > 0 && budget.is_spent() {
                break;
            }
            let number = self.program.numprocs_start.saturating_add(index);
            let (plan, own) = self.process(number, index == 0, &left);
            if self.program.numprocs > 1 {
                let own = own.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
                left.extend(own);
            }
            processes.extend(plan.map(Arc::new));
        }
        processes.sort_by(|one, other| one.name.cmp(&other.name));
        Built { processes, asked, notices: self.notices }
    }

    /// One process. All but the first only read anew what holds an expansion.
    fn process(
        &mut self,
        number: i64,
        first: bool,
        left: &BTreeMap<String, String>,
    ) -> (Option<ProcessPlan>, Environment) {
        let context = self.reader.context;
        let name = self.name.clone();
        let bare = Scope {
            node: Some(context.node),
            program: Some(&name),
            group: Some(self.group),
            process: Some((number, self.program.numprocs)),
            left: Some(left),
            ..context.daemon_scope()
        };
        let complete = self.environment(&bare);
        let own = std::mem::take(&mut self.program.environment);
        let scope = Scope { own: Some(&own), lenient: bare.lenient || !complete, ..bare.clone() };
        self.per_process(DIRECTORY, &scope, first);
        let said = ["stdout", "stderr"].map(|channel| self.log(channel, &scope, first));
        self.warn_redirected(said);
        if self.slots[COMMAND].is_none() && first {
            self.no_command();
        }
        self.per_process(COMMAND, &scope, first);
        let name = self.process_name(&scope);
        let section = &self.reader.section.name;
        let environment = context.daemon.text_len() + own.text_len();
        context.budget.add_text(budget::size(section, &name, &self.program, environment));
        let plan = context.builds.then(|| {
            let environment = context.daemon.merged(&own);
            let mut program = Program { environment, ..self.program.clone() };
            rewrite_logs(&mut program, said);
            let section = self.reader.section.name.to_string();
            ProcessPlan { name, section, program, socket: self.socket.clone() }
        });
        (plan, own)
    }

    /// Reads row `row` for this process; whether it could be read.
    fn per_process(&mut self, row: usize, scope: &Scope<'_>, first: bool) -> bool {
        let Some(written) = self.slots[row] else { return true };
        if !first && !written.expands {
            return true;
        }
        self.reader.read_one(&mut self.program, row, &written, scope)
    }

    /// The section's own variables, under a label of their own (CFG-105).
    fn environment(&mut self, scope: &Scope<'_>) -> bool {
        let Some(written) = self.slots[ENVIRONMENT] else { return true };
        if !self.reader.passed(&written) {
            return false;
        }
        let raw = self.reader.text(&written);
        let Some(text) = self.reader.expand(&raw, &written, scope, &"environment") else {
            return false;
        };
        self.reader.set(&mut self.program, ENVIRONMENT, &written, &raw, &text)
    }

    /// The four options of one stream.
    fn log(&mut self, channel: &str, scope: &Scope<'_>, first: bool) -> Said {
        let base = match channel {
            "stdout" => row_of(Program::OPTIONS, "stdout_logfile"),
            _ => row_of(Program::OPTIONS, "stderr_logfile"),
        };
        let key = Program::OPTIONS[base].name;
        let said = self.log_file(base, key, scope);
        self.per_process(base + 1, scope, first);
        self.per_process(base + 2, scope, first);
        self.per_process(base + 3, scope, first);
        let section = self.reader.section.name.clone();
        if said == Said::Syslog {
            self.warn(format!(
                "For [{section}], {key}=syslog but this is deprecated and will be removed.  \
                 Use {channel}_syslog=true to enable syslog instead."
            ));
        }
        let (target, size) = if channel == "stdout" {
            (&self.program.stdout_logfile, self.program.stdout_logfile_maxbytes)
        } else {
            (&self.program.stderr_logfile, self.program.stderr_logfile_maxbytes)
        };
        if *target == LogTarget::Auto && size == 0 {
            self.warn(format!(
                "For [{section}], AUTO logging used for {key} without rollover, set maxbytes > 0 \
                 to avoid filling up filesystem unintentionally"
            ));
        }
        said
    }

    /// A `*_logfile`, which is expanded twice (CFG-150).
    fn log_file(&mut self, row: usize, key: &str, scope: &Scope<'_>) -> Said {
        let Some(written) = self.slots[row] else { return Said::Nothing };
        if !self.reader.passed(&written) {
            return Said::Nothing;
        }
        let raw = self.reader.text(&written);
        let Some(text) = self.reader.expand_twice(&raw, &written, [scope, scope], key) else {
            return Said::Nothing;
        };
        self.reader.set(&mut self.program, row, &written, &raw, &text);
        let is = |word: &str| text.text.eq_ignore_ascii_case(word);
        if is("syslog") {
            Said::Syslog
        } else if is("none") || is("off") || is("auto") {
            Said::Nothing
        } else {
            Said::File
        }
    }

    /// A redirected stderr has no file (CFG-219).
    fn warn_redirected(&mut self, [_, stderr]: [Said; 2]) {
        if self.program.redirect_stderr && stderr == Said::File {
            let section = &self.reader.section.name;
            self.warn(format!(
                "For [{section}], redirect_stderr=true but stderr_logfile has also been set to a \
                 filename, the filename has been ignored"
            ));
        }
    }

    fn no_command(&mut self) {
        let section = &self.reader.section.name;
        let original = format!("program section {section} does not specify a command");
        let message = format!("`[{section}]` has no `command`");
        let span = self.reader.span(None);
        self.reader.error(codes::MISSING_OPTION, span, message, &original).help =
            Some("add `command = ` and what to run".to_owned());
    }

    fn process_name(&mut self, scope: &Scope<'_>) -> String {
        let Some(written) = self.slots[PROCESS_NAME] else { return self.name.to_string() };
        let template = self.program.process_name.clone();
        if !self.reader.passed(&written) {
            return template.to_string();
        }
        let expanded = self.reader.expand(&template, &written, scope, &"process_name");
        expanded.map_or_else(|| template.to_string(), |name| name.text.into_owned())
    }

    fn warn(&mut self, text: String) {
        self.notices.push(Notice { level: NoticeLevel::Warn, text });
    }
}

/// What the words in the log options mean for each other (CFG-219, CFG-221).
fn rewrite_logs(program: &mut Program, [stdout, stderr]: [Said; 2]) {
    program.stdout_syslog |= stdout == Said::Syslog;
    program.stderr_syslog |= stderr == Said::Syslog;
    if program.redirect_stderr {
        program.stderr_logfile = LogTarget::None;
    }
}

/// What a `*_logfile` says, as far as other options care.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Said {
    /// Nothing, or a word for no file or any file.
    Nothing,
    /// The deprecated `syslog` (CFG-221).
    Syslog,
    /// A file, or an empty text.
    File,
}
