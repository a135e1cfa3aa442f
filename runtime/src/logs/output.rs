//! What becomes of the output of a process: its log files opened, and who has to see it. Decided
//! before the process is spawned, so that a log that cannot be opened is an error of the spawn.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use compiler::plan::ProcessPlan;
use compiler::schema::value::LogTarget;

use super::rotate::{OpenError, RotatingFile, Rotation};
use super::sink::Sink;
use super::watch::Interest;
use super::{Options, auto};
use crate::supervisor::message::{Channel, LogFiles, ProcessId};

/// The name that stands for syslog where a log file is expected (LOG-044).
const SYSLOG: &str = "syslog";

/// The log files of a process that is about to be spawned, still to be opened.
#[derive(Debug)]
pub struct Opening {
    plan: Arc<ProcessPlan>,
    /// Their names, AUTO resolved.
    files: LogFiles,
    /// Whether the process is an event listener.
    listener: bool,
    options: Options,
}

/// The open log files of a process that is about to be spawned. Dropping it closes them.
#[derive(Debug)]
pub struct Outputs {
    pub(super) stdout: Output,
    pub(super) stderr: Option<Output>,
}

/// Where one stream goes and who looks at it.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) sink: Sink,
    pub(super) listener: bool,
    pub(super) events: bool,
    pub(super) capture_maxbytes: usize,
    pub(super) options: Options,
    pub(super) name: String,
}

/// The options of one channel.
struct ChannelOptions<'a> {
    target: &'a LogTarget,
    rotation: Rotation,
    syslog: bool,
    capture_maxbytes: i64,
    events: bool,
}

impl Opening {
    /// The log files that `plan` asks for, with the names in `files`, of an event `listener` or not.
    pub fn new(plan: Arc<ProcessPlan>, files: LogFiles, listener: bool, options: Options) -> Self {
        Self { plan, files, listener, options }
    }

    /// The directories in which files are opened; none when there is nothing to open.
    pub fn places(&self) -> Vec<PathBuf> {
        let files = [Channel::Stdout, Channel::Stderr].map(|channel| self.file(channel));
        let directories = files.into_iter().flatten().filter_map(Path::parent);
        directories.map(Path::to_path_buf).collect()
    }

    /// Opens them, stdout before stderr.
    ///
    /// # Errors
    /// When one cannot be opened (RUN-179d); then none is.
    pub fn open(&self) -> Result<Box<Outputs>, OpenError> {
        let stdout = self.open_one(Channel::Stdout, self.listener)?;
        let stderr = match self.plan.program.redirect_stderr {
            true => None,
            false => Some(self.open_one(Channel::Stderr, false)?),
        };
        Ok(Box::new(Outputs { stdout, stderr }))
    }

    fn open_one(&self, channel: Channel, listener: bool) -> Result<Output, OpenError> {
        let plan = &*self.plan;
        let ChannelOptions { target, rotation, syslog, capture_maxbytes, events } =
            ChannelOptions::of(plan, channel);
        // The protocol of a listener is no text for syslog.
        let to_syslog = self.is_named_syslog(channel) || (syslog && !listener);
        let mode = if *target == LogTarget::Auto { auto::MODE } else { 0o666 };
        let open = |path| RotatingFile::open_with_mode(path, rotation, mode);
        let file = self.file(channel).map(open).transpose()?;
        Ok(Output {
            sink: Sink::new(file, to_syslog.then_some(&plan.name)),
            listener,
            events: events && !listener,
            capture_maxbytes: match listener {
                true => 0,
                false => usize::try_from(capture_maxbytes).unwrap_or(0),
            },
            options: self.options.clone(),
            name: plan.name.clone(),
        })
    }

    /// The log file of a channel, if it has one.
    fn file(&self, channel: Channel) -> Option<&Path> {
        let path = self.files.get(channel).map(AsRef::as_ref);
        path.filter(|_| !self.is_named_syslog(channel))
    }

    fn is_named_syslog(&self, channel: Channel) -> bool {
        self.files.get(channel).is_some_and(|path| **path == *Path::new(SYSLOG))
    }
}

impl Output {
    /// Whether the core, or the activity log, has to see the bytes.
    pub(super) fn is_watched(&self) -> bool {
        self.listener || self.events || self.options.mirror || self.capture_maxbytes > 0
    }

    /// What it is watched for.
    pub(super) fn interest(&self, process: ProcessId, channel: Channel) -> Interest {
        Interest {
            process,
            name: self.name.clone(),
            channel,
            listener: self.listener,
            events: self.events,
            mirror: self.options.mirror,
            capture_maxbytes: self.capture_maxbytes,
            strip_ansi: self.options.strip_ansi,
            logged: !self.sink.is_null(),
        }
    }
}

impl<'a> ChannelOptions<'a> {
    fn of(plan: &'a ProcessPlan, channel: Channel) -> Self {
        let program = &plan.program;
        match channel {
            Channel::Stdout => Self {
                target: &program.stdout_logfile,
                rotation: rotation(program.stdout_logfile_maxbytes, program.stdout_logfile_backups),
                syslog: program.stdout_syslog,
                capture_maxbytes: program.stdout_capture_maxbytes,
                events: program.stdout_events_enabled,
            },
            Channel::Stderr => Self {
                target: &program.stderr_logfile,
                rotation: rotation(program.stderr_logfile_maxbytes, program.stderr_logfile_backups),
                syslog: program.stderr_syslog,
                capture_maxbytes: program.stderr_capture_maxbytes,
                events: program.stderr_events_enabled,
            },
        }
    }
}

/// Numbers below zero mean zero, as they do to the original.
fn rotation(maxbytes: i64, backups: i64) -> Rotation {
    Rotation {
        maxbytes: u64::try_from(maxbytes).unwrap_or(0),
        backups: u32::try_from(backups).unwrap_or(0),
    }
}
