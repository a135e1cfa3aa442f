//! The activity log: the daemon's own log in the original's format (LOG-001), fed by `tracing` and
//! written to a rotated file or to syslog, in the foreground to stdout too. The logs of programs
//! are not here.
//!
//! `tracing` knows five levels and the log seven: an error with the target [`CRITICAL`] is `CRIT`
//! and a trace with the target [`BLATHER`] is `BLAT`.

use std::fmt::{self, Write as _};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use compiler::schema::value::LogLevel;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};

use crate::clock;
use crate::logs::rotate::{RotatingFile, Rotation};
use crate::logs::syslog::Syslog;

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
    stdout: bool,
    main: Option<Main>,
    line: String,
    /// Whether the last write failed, so that a full disk is reported once and not per record.
    failing: bool,
}

#[derive(Debug)]
enum Main {
    File(RotatingFile),
    Syslog(Syslog),
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
        let line = String::new();
        Self { level: LogLevel::Info, stdout: false, main: None, line, failing: false }
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
    pub fn open(&self, settings: &Settings) -> Result<(), crate::logs::rotate::OpenError> {
        let main = if settings.file == Path::new("syslog") {
            Main::Syslog(Syslog::default())
        } else {
            Main::File(RotatingFile::open(&settings.file, settings.rotation)?)
        };
        let mut outputs = self.outputs();
        outputs.main = Some(main);
        outputs.level = settings.level;
        outputs.stdout = settings.copy_to_stdout;
        drop(outputs);
        tracing::callsite::rebuild_interest_cache();
        Ok(())
    }

    /// Closes the log; what is logged from now on goes nowhere.
    pub fn close(&self) {
        *self.outputs() = Outputs::default();
    }

    /// Closes the file and opens it again by name (LOG-060). When that fails the old one stays.
    ///
    /// # Errors
    /// When the file can be neither opened nor created.
    pub fn reopen(&self) -> io::Result<()> {
        match &mut self.outputs().main {
            Some(Main::File(file)) => file.reopen(),
            Some(Main::Syslog(_)) | None => Ok(()),
        }
    }

    /// Removes the file and starts an empty one. The line about it lands in the removed one
    /// (LOG-065).
    ///
    /// # Errors
    /// When there is no file, or it cannot be removed.
    pub fn clear(&self) -> Result<(), ClearError> {
        let mut outputs = self.outputs();
        let Some(Main::File(file)) = &mut outputs.main else { return Err(ClearError::NoFile) };
        if !file.path().exists() {
            return Err(ClearError::NoFile);
        }
        file.remove().map_err(ClearError::Failed)?;
        outputs.write(LogLevel::Info, &"reopening log file");
        if let Some(Main::File(file)) = &mut outputs.main {
            file.reopen().map_err(ClearError::Failed)?;
        }
        Ok(())
    }

    /// The file of the log; `None` for syslog.
    pub fn path(&self) -> Option<Arc<Path>> {
        match &self.outputs().main {
            Some(Main::File(file)) => Some(Arc::from(file.path())),
            Some(Main::Syslog(_)) | None => None,
        }
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
        self.line.clear();
        let time = TimeZone::system();
        // Writing to a `String` cannot fail; a `Display` that gives up leaves a shorter line.
        let _ = format_line(&mut self.line, clock::wall(), &time, level, message);
        let copied = if self.stdout { copy_to_stdout(self.line.as_bytes()) } else { Ok(()) };
        let written = match &mut self.main {
            Some(Main::File(file)) => file.write(self.line.as_bytes()).map_err(|e| e.source),
            Some(Main::Syslog(syslog)) => {
                syslog.record(self.line.as_bytes());
                Ok(())
            }
            None => Ok(()),
        };
        match written.and(copied) {
            Ok(()) => self.failing = false,
            Err(error) if !self.failing => {
                self.failing = true;
                complain(&error);
            }
            Err(_) => {}
        }
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

fn copy_to_stdout(line: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(line)?;
    stdout.flush()
}

#[expect(clippy::print_stderr, reason = "the log itself cannot take it")]
fn complain(error: &io::Error) {
    eprintln!("supervisord: cannot write the activity log: {error}");
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use super::*;

    fn check(millis: u64, level: LogLevel, message: &str, expected: &str) {
        let mut line = String::new();
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(millis);
        format_line(&mut line, time, &TimeZone::UTC, level, &message).unwrap();
        assert_eq!(line, expected);
    }

    fn settings(file: &Path, level: LogLevel) -> Settings {
        let rotation = Rotation::default();
        Settings { file: file.to_owned(), rotation, level, copy_to_stdout: false }
    }

    // LOG-001, LOG-002
    #[test]
    fn a_line_has_local_time_with_a_comma_and_four_letters() {
        check(0, LogLevel::Info, "x", "1970-01-01 00:00:00,000 INFO x\n");
        check(1_700_000_000_999, LogLevel::Critical, "", "2023-11-14 22:13:20,999 CRIT \n");
        check(1, LogLevel::Blather, "a\nb", "1970-01-01 00:00:00,001 BLAT a\nb\n");
    }

    // LOG-002
    #[test]
    fn records_below_the_level_are_dropped() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("log");
        let activity = Activity::default();
        activity.log(LogLevel::Critical, &"before it is open");
        activity.open(&settings(&file, LogLevel::Warn)).unwrap();
        activity.log(LogLevel::Info, &"dropped");
        activity.log(LogLevel::Warn, &"kept");
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.ends_with(" WARN kept\n") && text.lines().count() == 1, "{text}");
    }

    #[test]
    fn events_of_tracing_find_their_level() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("log");
        let activity = Activity::default();
        activity.open(&settings(&file, LogLevel::Blather)).unwrap();
        tracing::subscriber::with_default(activity, || {
            tracing::error!(target: CRITICAL, "one {}", 1);
            tracing::error!("two");
            tracing::trace!(target: BLATHER, "three");
            tracing::trace!("four");
        });
        let text = fs::read_to_string(&file).unwrap();
        let tails: Vec<_> = text.lines().map(|line| &line[24..]).collect();
        assert_eq!(tails, ["CRIT one 1", "ERRO two", "BLAT three", "TRAC four"]);
    }

    // LOG-065
    #[test]
    fn clearing_leaves_an_empty_file() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("log");
        let activity = Activity::default();
        activity.open(&settings(&file, LogLevel::Info)).unwrap();
        activity.log(LogLevel::Info, &"old");
        activity.clear().unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"");
        fs::remove_file(&file).unwrap();
        assert!(matches!(activity.clear(), Err(ClearError::NoFile)));
    }

    // LOG-060
    #[test]
    fn reopening_follows_the_name() {
        let dir = tempfile::tempdir().unwrap();
        let (file, old) = (dir.path().join("log"), dir.path().join("old"));
        let activity = Activity::default();
        activity.open(&settings(&file, LogLevel::Info)).unwrap();
        fs::rename(&file, &old).unwrap();
        activity.log(LogLevel::Info, &"to the old one");
        activity.reopen().unwrap();
        activity.log(LogLevel::Info, &"to the new one");
        assert!(fs::read_to_string(&old).unwrap().ends_with("to the old one\n"));
        assert!(fs::read_to_string(&file).unwrap().ends_with("to the new one\n"));
    }
}
