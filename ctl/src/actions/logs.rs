//! `tail` and `maintail`: the ends of logs, once or as they grow.

use std::fmt::Display;

use rpc::value::Quoted;
use rpc::{FaultCode, Method, Value};

use crate::actions::Flow;
use crate::client::{CallError, Followed};
use crate::session::Session;

/// The bytes shown unless told otherwise.
const DEFAULT_BYTES: i64 = 1600;

/// How much of a log is wanted.
enum Extent {
    /// Its end, and what is added.
    Follow,
    /// These last bytes; of a negative number, all but the first; of zero, all (CTL-085).
    Last(i64),
}

/// Shows the end of the log of a process (CTL-084 to CTL-097).
pub(super) fn tail(session: &mut Session, words: &str) -> Result<Flow, CallError> {
    let words: Vec<_> = words.split_whitespace().collect();
    let (modifier, words) = match words.as_slice() {
        [] => return miscounted(session, "tail", "few"),
        [_, _, _, _, ..] => return miscounted(session, "tail", "many"),
        [modifier, words @ ..] if modifier.starts_with('-') => (Some(*modifier), words),
        words => (None, words),
    };
    let (name, channel) = match words {
        [] => return refuse(session, "tail requires process name"),
        [name] => (*name, "stdout".to_owned()),
        [name, .., channel] => (*name, channel.to_lowercase()),
    };
    let method = match channel.as_str() {
        "stdout" => Method::ReadProcessStdoutLog,
        "stderr" => Method::ReadProcessStderrLog,
        _ => return refuse(session, format_args!("bad channel {}", Quoted(&channel))),
    };
    match modifier.map_or(Some(Extent::Last(DEFAULT_BYTES)), extent) {
        None => refuse(session, format_args!("bad argument {}", modifier.unwrap_or_default())),
        Some(Extent::Follow) => follow(session, &format!("/logtail/{name}/{channel}")),
        Some(Extent::Last(bytes)) => {
            show(session, name, method, &[name.into(), (-bytes).into(), 0.into()])
        }
    }
}

/// Shows the end of the main log of the daemon (CTL-098, CTL-099).
pub(super) fn maintail(session: &mut Session, words: &str) -> Result<Flow, CallError> {
    let words: Vec<_> = words.split_whitespace().collect();
    let wanted = match words.as_slice() {
        [] => Some(Extent::Last(DEFAULT_BYTES)),
        [modifier] if modifier.starts_with('-') => extent(modifier),
        [_] => None,
        _ => return miscounted(session, "maintail", "many"),
    };
    match wanted {
        None => refuse(session, format_args!("bad argument {}", words.concat())),
        Some(Extent::Follow) => follow(session, "/mainlogtail"),
        Some(Extent::Last(bytes)) => {
            show(session, "supervisord", Method::ReadLog, &[(-bytes).into(), 0.into()])
        }
    }
}

/// Reads `-f` or `-100`.
fn extent(modifier: &str) -> Option<Extent> {
    match &modifier[1..] {
        "f" => Some(Extent::Follow),
        number => number.parse().ok().filter(|bytes| *bytes > i64::MIN).map(Extent::Last),
    }
}

fn show(
    session: &mut Session,
    name: &str,
    method: Method,
    params: &[Value],
) -> Result<Flow, CallError> {
    let error = match session.call::<String>(method, params) {
        Ok(text) => {
            session.say(text);
            return Ok(Flow::Stay);
        }
        Err(error) => error,
    };
    let problem = match error.fault() {
        Some(FaultCode::NoFile) => "no log file",
        Some(FaultCode::Failed) => "unknown error reading log",
        Some(FaultCode::BadName) if method != Method::ReadLog => "no such process name",
        _ => return Err(error),
    };
    session.refuse(format_args!("{name}: ERROR ({problem})"));
    Ok(Flow::Stay)
}

/// Copies a stream until it ends; its problems do not count (CTL-091 to CTL-094).
fn follow(session: &mut Session, path: &str) -> Result<Flow, CallError> {
    session.say("==> Press Ctrl-C to exit <==");
    session.flush();
    let followed = session.daemon.follow(&session.settings.target, path);
    if let Some(complaint) = followed.complaint() {
        let url = session.settings.target.url.clone();
        session.complain(format_args!("{url}{path} {complaint}"));
    }
    if matches!(followed, Followed::Interrupted) {
        session.say("");
    }
    Ok(Flow::Stay)
}

fn miscounted(session: &mut Session, action: &str, how_many: &str) -> Result<Flow, CallError> {
    session.refuse_arguments(action, format_args!("Error: too {how_many} arguments"));
    Ok(Flow::Stay)
}

fn refuse(session: &mut Session, why: impl Display) -> Result<Flow, CallError> {
    session.refuse(format_args!("Error: {why}"));
    Ok(Flow::Stay)
}
