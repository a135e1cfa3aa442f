//! The activity log: the daemon's own log in the original's format (LOG-001), fed by `tracing` and
//! written to a rotated file or to syslog, in the foreground to stdout too. The logs of programs
//! are not here, and how a line gets into a file without anybody waiting is that of `outlet`.
//!
//! `tracing` knows five levels and the log seven: an error with the target [`CRITICAL`] is `CRIT`
//! and a trace with the target [`BLATHER`] is `BLAT`.

use std::fmt::{self, Write as _};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use compiler::schema::value::LogLevel;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::oneshot;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};

use self::outlet::Outlet;
use self::writer::Target;
use crate::clock;
use crate::logs::rotate::{OpenError, RotatingFile, Rotation};
use crate::logs::syslog::Syslog;

mod outlet;
mod writer;

/// Target of an error that is logged as `CRIT`.
pub const CRITICAL: &str = "critical";

/// Target of a trace that is logged as `BLAT`.
pub const BLATHER: &str = "blather";

/// What the log is and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Its file; the exact word `syslog` means syslog (LOG-007).
    pub file: PathBuf,
    /// When the file is rotated.
    pub rotation: Rotation,
    /// The least severe level that is kept.
    pub level: LogLevel,
    /// Whether every line is copied to stdout, first (LOG-005).
    pub copy_to_stdout: bool,
}

/// The log, shared by everything that logs. Closed until [`Activity::open`].
#[derive(Clone, Debug, Default)]
pub struct Activity(Arc<Mutex<Outputs>>);

/// Where a record goes.
#[derive(Debug)]
struct Outputs {
    level: LogLevel,
    main: Option<Outlet>,
    /// The file behind `main`; none for syslog.
    path: Option<Arc<Path>>,
    stdout: Option<Outlet>,
    /// Whether lines are copied to stdout.
    copied: bool,
    /// Whether outlets have threads.
    apart: bool,
}

/// Why the log file could not be cleared (LOG-065).
#[derive(Debug)]
pub enum ClearError {
    /// There is no file to clear.
    NoFile,
    /// It cannot be removed.
    Failed(io::Error),
}

impl Default for Outputs {
    fn default() -> Self {
        Self {
            level: LogLevel::Info,
            main: None,
            path: None,
            stdout: None,
            copied: false,
            apart: false,
        }
    }
}

impl Activity {
    /// The log of this process, made the destination of `tracing`.
    pub fn install() -> Self {
        let activity = Self::default();
        // Fails only when a test has installed one before; then that one is used.
        drop(tracing::subscriber::set_global_default(activity.clone()));
        activity
    }

    /// Opens the log, or opens it anew with other settings.
    ///
    /// # Errors
    /// When the file can be neither opened nor created.
    pub fn open(&self, settings: &Settings) -> Result<(), OpenError> {
        let (target, path) = if settings.file == Path::new("syslog") {
            (Target::Syslog(Syslog::default()), None)
        } else {
            let file = RotatingFile::open(&settings.file, settings.rotation)?;
            (Target::File(file), Some(Arc::from(settings.file.as_path())))
        };
        let mut outputs = self.outputs();
        outputs.level = settings.level;
        outputs.path = path;
        match &mut outputs.main {
            Some(main) => main.replace(target),
            None => outputs.main = Some(Outlet::new(target)),
        }
        outputs.copied = settings.copy_to_stdout;
        if outputs.copied && outputs.stdout.is_none() {
            outputs.stdout = Some(Outlet::new(Target::Stdout));
        }
        if outputs.apart {
            let failed = |source| OpenError { path: settings.file.clone(), source };
            outputs.start().map_err(failed)?;
        }
        drop(outputs);
        tracing::callsite::rebuild_interest_cache();
        Ok(())
    }

    /// From now on lines are written by threads of their own, one for the file and one for stdout:
    /// who logs does not wait. To be called once the daemon may have threads.
    ///
    /// # Errors
    /// When the system has no room for another thread.
    pub fn write_apart(&self) -> io::Result<()> {
        let mut outputs = self.outputs();
        outputs.apart = true;
        outputs.start()
    }

    /// Blocks until everything logged so far is written, for at most `limit` an output.
    pub fn flush(&self, limit: Duration) {
        let outputs = self.outputs();
        let queues: Vec<_> = outputs.outlets().filter_map(Outlet::queue).collect();
        // Whoever writes may have something to log.
        drop(outputs);
        for queue in queues {
            queue.flush(limit);
        }
    }

    /// Resolves when everything logged so far is in the file; `None` when it is.
    pub fn fence(&self) -> Option<oneshot::Receiver<()>> {
        self.outputs().main.as_ref()?.fence()
    }

    /// Closes the file and opens it again by name (LOG-060). When that fails the old one stays,
    /// and the failure is logged there.
    pub fn reopen(&self) {
        let reopened = self.outputs().main.as_mut().map_or(Ok(()), Outlet::reopen);
        if let Err(error) = reopened {
            report_reopen(&error);
        }
    }

    /// Removes the file and starts an empty one (LOG-065).
    ///
    /// # Errors
    /// When there is no file, or it cannot be removed.
    pub async fn clear(&self) -> Result<(), ClearError> {
        let answer = self.outputs().main.as_mut().map(Outlet::clear);
        match answer {
            Some(answer) => answer.await.unwrap_or(Err(ClearError::NoFile)),
            None => Err(ClearError::NoFile),
        }
    }

    /// The file of the log; `None` for syslog.
    pub fn path(&self) -> Option<Arc<Path>> {
        self.outputs().path.clone()
    }

    /// Whether a record of `level` is kept.
    pub fn keeps(&self, level: LogLevel) -> bool {
        self.outputs().keeps(level)
    }

    /// Logs one record. For levels known only at run time; otherwise use the macros of `tracing`.
    pub fn log(&self, level: LogLevel, message: &dyn fmt::Display) {
        let mut outputs = self.outputs();
        if outputs.keeps(level) {
            outputs.write(level, message);
        }
    }

    /// Writes to stdout what is no line of the log, copied or not.
    pub fn print(&self, text: &[u8]) {
        let mut outputs = self.outputs();
        if outputs.stdout.is_none() {
            let mut stdout = Outlet::new(Target::Stdout);
            if outputs.apart && stdout.start().is_err() {
                return;
            }
            outputs.stdout = Some(stdout);
        }
        if let Some(stdout) = &mut outputs.stdout {
            stdout.write(&Arc::from(text));
        }
    }

    /// A panic while logging must not silence the log.
    fn outputs(&self) -> MutexGuard<'_, Outputs> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Outputs {
    fn keeps(&self, level: LogLevel) -> bool {
        self.main.is_some() && level >= self.level
    }

    fn write(&mut self, level: LogLevel, message: &dyn fmt::Display) {
        let line = Arc::from(line_of(level, message).into_bytes());
        let stdout = self.stdout.iter_mut().filter(|_| self.copied);
        for outlet in stdout.chain(&mut self.main) {
            outlet.write(&line);
        }
    }

    fn start(&mut self) -> io::Result<()> {
        self.stdout.iter_mut().chain(&mut self.main).try_for_each(Outlet::start)
    }

    fn outlets(&self) -> impl Iterator<Item = &Outlet> {
        self.stdout.iter().chain(&self.main)
    }
}

impl Subscriber for Activity {
    fn register_callsite(&self, _metadata: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && self.keeps(level_of(metadata))
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(match self.outputs().level {
            LogLevel::Blather | LogLevel::Trace => LevelFilter::TRACE,
            LogLevel::Debug => LevelFilter::DEBUG,
            LogLevel::Info => LevelFilter::INFO,
            LogLevel::Warn => LevelFilter::WARN,
            LogLevel::Error | LogLevel::Critical => LevelFilter::ERROR,
        })
    }

    fn event(&self, event: &Event<'_>) {
        let mut message = Message(String::new());
        event.record(&mut message);
        self.log(level_of(event.metadata()), &message.0);
    }

    // The log knows no spans.
    fn new_span(&self, _span: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _span: &Id, _values: &Record<'_>) {}
    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}
    fn enter(&self, _span: &Id) {}
    fn exit(&self, _span: &Id) {}
}

/// The text of an event.
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            // Writing to a `String` cannot fail.
            let _ = write!(self.0, "{value:?}");
        }
    }
}

fn level_of(metadata: &Metadata<'_>) -> LogLevel {
    match *metadata.level() {
        Level::ERROR if metadata.target() == CRITICAL => LogLevel::Critical,
        Level::ERROR => LogLevel::Error,
        Level::WARN => LogLevel::Warn,
        Level::INFO => LogLevel::Info,
        Level::DEBUG => LogLevel::Debug,
        Level::TRACE if metadata.target() == BLATHER => LogLevel::Blather,
        Level::TRACE => LogLevel::Trace,
    }
}

fn format_line(
    line: &mut String,
    time: SystemTime,
    zone: &TimeZone,
    level: LogLevel,
    message: &dyn fmt::Display,
) -> fmt::Result {
    let time = Timestamp::try_from(time).unwrap_or_default();
    let local = time.to_zoned(zone.clone());
    let millis = local.subsec_nanosecond() / 1_000_000;
    let shown = local.strftime("%Y-%m-%d %H:%M:%S");
    writeln!(line, "{shown},{millis:03} {} {message}", level.label())
}

/// A line with the time of now.
fn line_of(level: LogLevel, message: &dyn fmt::Display) -> String {
    let mut line = String::new();
    // Writing to a `String` cannot fail; a `Display` that gives up leaves a shorter line.
    let _ = format_line(&mut line, clock::wall(), &TimeZone::system(), level, message);
    line
}

fn report_reopen(error: &io::Error) {
    tracing::warn!("could not reopen the activity log: {error}");
}

#[cfg(test)]
mod tests;
