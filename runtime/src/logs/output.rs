//! What becomes of the output of a process: its log files opened, and who has to see it. Decided
//! before the process is spawned, so that a log that cannot be opened is an error of the spawn.

use std::path::Path;

use compiler::plan::ProcessPlan;
use compiler::schema::value::LogTarget;

use super::rotate::{OpenError, RotatingFile, Rotation};
use super::sink::Sink;
use super::watch::Interest;
use super::{Options, auto};
use crate::supervisor::message::{Channel, LogFiles, ProcessId};

/// The name that stands for syslog where a log file is expected (LOG-044).
const SYSLOG: &str = "syslog";

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

impl Outputs {
    pub(super) fn open(
        plan: &ProcessPlan,
        files: &LogFiles,
        listener: bool,
        options: &Options,
    ) -> Result<Self, OpenError> {
        let open = |channel: Channel, listener: bool| {
            let file = files.get(channel).map(AsRef::as_ref);
            Output::open(plan, channel, file, listener, options)
        };
        let stdout = open(Channel::Stdout, listener)?;
        let stderr = match plan.program.redirect_stderr {
            true => None,
            false => Some(open(Channel::Stderr, false)?),
        };
        Ok(Self { stdout, stderr })
    }
}

impl Output {
    fn open(
        plan: &ProcessPlan,
        channel: Channel,
        path: Option<&Path>,
        listener: bool,
        options: &Options,
    ) -> Result<Self, OpenError> {
        let ChannelOptions { target, rotation, syslog, capture_maxbytes, events } =
            ChannelOptions::of(plan, channel);
        let (path, to_syslog) = match path {
            Some(path) if path == Path::new(SYSLOG) => (None, true),
            // The protocol of a listener is no text for syslog.
            path => (path, syslog && !listener),
        };
        let mode = if *target == LogTarget::Auto { auto::MODE } else { 0o666 };
        let open = |path| RotatingFile::open_with_mode(path, rotation, mode);
        let file = path.map(open).transpose()?;
        Ok(Self {
            sink: Sink::new(file, to_syslog.then_some(&plan.name)),
            listener,
            events: events && !listener,
            capture_maxbytes: match listener {
                true => 0,
                false => usize::try_from(capture_maxbytes).unwrap_or(0),
            },
            options: options.clone(),
            name: plan.name.clone(),
        })
    }

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
