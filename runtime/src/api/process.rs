//! What is told of processes: the info struct with its line for people, and the results of
//! operations on several.

use std::borrow::Cow;
use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rpc::ProcessState;
use rpc::types::{Clamped, ProcessInfo, StatusEntry};
use rpc::xml::{Encode, Encoder};

use crate::supervisor::message::{Outcome, ProcessStatus, Wall};

/// The info structs of many processes, each written as soon as it is made.
pub(super) struct Infos<'a> {
    pub(super) all: &'a [ProcessStatus],
    pub(super) zone: &'a TimeZone,
}

/// The info struct of a process (RPC-193 to RPC-199).
#[must_use]
pub fn info<'a>(status: &'a ProcessStatus, zone: &TimeZone) -> ProcessInfo<'a> {
    let stdout = path(status.stdout_log.as_deref());
    ProcessInfo {
        name: Cow::Borrowed(&status.name),
        group: Cow::Borrowed(&status.group),
        start: seconds(status.start),
        stop: seconds(status.stop),
        now: seconds(Some(status.now)),
        state: status.state.code().into(),
        statename: Cow::Borrowed(status.state.name()),
        spawnerr: Cow::Borrowed(status.spawn_error.as_deref().unwrap_or_default()),
        exitstatus: status.exit_code.unwrap_or_default().into(),
        logfile: stdout.clone(),
        stdout_logfile: stdout,
        stderr_logfile: path(status.stderr_log.as_deref()),
        pid: status.pid.map_or(0, |pid| pid.0.into()),
        description: description(status, zone),
    }
}

/// The line for people (RPC-200 to RPC-205).
#[must_use]
pub fn description<'a>(status: &'a ProcessStatus, zone: &TimeZone) -> Cow<'a, str> {
    match status.state {
        ProcessState::Running => {
            let pid = status.pid.map_or(0, |pid| pid.0);
            format!("pid {pid}, uptime {}", uptime(seconds_up(status))).into()
        }
        ProcessState::Stopped | ProcessState::Exited => match (status.start, status.stop) {
            (Some(_), stop) => moment(stop.unwrap_or_default(), zone).into(),
            (None, _) => "Not started".into(),
        },
        ProcessState::Fatal | ProcessState::Backoff => match &status.spawn_error {
            Some(error) if !error.is_empty() => Cow::Borrowed(error),
            Some(_) | None => format!("unknown error (try \"tail {}\")", status.name).into(),
        },
        ProcessState::Starting | ProcessState::Stopping | ProcessState::Unknown => "".into(),
    }
}

/// The results of an operation on several processes (RPC-217 to RPC-220).
pub(super) fn entries(outcomes: Vec<Outcome>) -> Vec<StatusEntry> {
    let entry = |outcome: Outcome| StatusEntry {
        name: outcome.name.as_ref().to_owned(),
        group: outcome.group.as_ref().to_owned(),
        status: outcome.status.into(),
        description: outcome.description,
    };
    outcomes.into_iter().map(entry).collect()
}

impl Encode for Infos<'_> {
    fn encode(&self, out: &mut Encoder) {
        let infos: Vec<_> = self.all.iter().map(|status| info(status, self.zone)).collect();
        infos.encode(out);
    }
}

/// Microseconds, which [`Wall`] counts, in a second.
const MICROS: i64 = 1_000_000;

/// Seconds since a process was started last; none when the clock has gone back since.
#[must_use]
pub fn seconds_up(status: &ProcessStatus) -> i64 {
    let start = status.start.unwrap_or_default();
    (status.now.0.saturating_sub(start.0) / MICROS).max(0)
}

/// `H:MM:SS`, with the days in front from 24 hours on.
fn uptime(seconds: i64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let clock = format!("{}:{:02}:{:02}", rest / 3_600, rest / 60 % 60, rest % 60);
    match days {
        0 => clock,
        1 => format!("1 day, {clock}"),
        days => format!("{days} days, {clock}"),
    }
}

/// Local time as `Nov 20 10:16 AM`.
fn moment(wall: Wall, zone: &TimeZone) -> String {
    let time = Timestamp::from_microsecond(wall.0).unwrap_or_default();
    time.to_zoned(zone.clone()).strftime("%b %d %I:%M %p").to_string()
}

fn seconds(wall: Option<Wall>) -> Clamped {
    Clamped(wall.unwrap_or_default().0 / MICROS)
}

fn path(path: Option<&Path>) -> Cow<'_, str> {
    path.map_or(Cow::Borrowed(""), Path::to_string_lossy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::tests::status;

    #[track_caller]
    fn check(change: impl FnOnce(&mut ProcessStatus), expected: &str) {
        let mut process = status("web");
        change(&mut process);
        assert_eq!(description(&process, &TimeZone::UTC), expected);
    }

    fn running_for(process: &mut ProcessStatus, seconds: i64) {
        process.start = Some(Wall(process.now.0 - seconds * MICROS));
    }

    #[test]
    fn running_processes_show_their_uptime() {
        // RPC-200
        check(|process| running_for(process, 0), "pid 7, uptime 0:00:00");
        check(|process| running_for(process, -5), "pid 7, uptime 0:00:00");
        check(|process| running_for(process, 3_661), "pid 7, uptime 1:01:01");
        check(|process| running_for(process, 86_399), "pid 7, uptime 23:59:59");
        check(|process| running_for(process, 90_000), "pid 7, uptime 1 day, 1:00:00");
        check(|process| running_for(process, 180_000), "pid 7, uptime 2 days, 2:00:00");
    }

    #[test]
    fn stopped_processes_show_when() {
        // RPC-201, RPC-202, RPC-205
        let stop = Wall(1_795_169_760 * MICROS);
        for state in [ProcessState::Stopped, ProcessState::Exited] {
            check(
                |process| {
                    process.state = state;
                    process.stop = Some(stop);
                },
                "Nov 20 10:16 AM",
            );
            check(
                |process| {
                    process.state = state;
                    process.start = None;
                },
                "Not started",
            );
        }
    }

    #[test]
    fn failed_processes_show_why() {
        // RPC-203, RPC-204
        let spoil = |error: Option<&str>| {
            let error = error.map(Into::into);
            move |process: &mut ProcessStatus| {
                process.state = ProcessState::Fatal;
                process.spawn_error = error;
            }
        };
        check(spoil(Some("no such file")), "no such file");
        check(spoil(None), "unknown error (try \"tail web\")");
        check(|process| process.state = ProcessState::Starting, "");
    }
}
