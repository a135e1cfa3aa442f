//! `start`, `stop`, `restart`, `signal` and `clear`: one thing done to processes by name, to groups
//! or to all.

use rpc::types::StatusEntry;
use rpc::{FaultCode, Method, Namespec, Value, namespec};

use crate::actions::Flow;
use crate::client::CallError;
use crate::session::{Session, exit};

/// What is done, and how its results are told.
struct Operation {
    /// The method for one process.
    one: Method,
    /// The method for the processes of a group; without one, `group:*` is taken for a name.
    group: Option<Method>,
    /// The method for all processes.
    all: Method,
    /// What a success is called.
    done: &'static str,
    /// The failures that are told in few words.
    failures: &'static [(FaultCode, &'static str)],
    /// Whether a failure without a more precise code is told in the daemon's words.
    tells_failed: bool,
    /// The failure that leaves the exit status alone.
    harmless: Option<FaultCode>,
    /// The exit status for an unknown group.
    no_group: u8,
}

const START: Operation = Operation {
    one: Method::StartProcess,
    group: Some(Method::StartProcessGroup),
    all: Method::StartAllProcesses,
    done: "started",
    failures: &[
        (FaultCode::BadName, "no such process"),
        (FaultCode::NoFile, "no such file"),
        (FaultCode::NotExecutable, "file is not executable"),
        (FaultCode::AlreadyStarted, "already started"),
        (FaultCode::SpawnError, "spawn error"),
        (FaultCode::AbnormalTermination, "abnormal termination"),
    ],
    tells_failed: false,
    harmless: Some(FaultCode::AlreadyStarted),
    no_group: exit::INVALID_ARGUMENTS,
};

const SIGNAL: Operation = Operation {
    one: Method::SignalProcess,
    group: Some(Method::SignalProcessGroup),
    all: Method::SignalAllProcesses,
    done: "signalled",
    failures: &[
        (FaultCode::BadName, "no such process"),
        (FaultCode::BadSignal, "bad signal name"),
        (FaultCode::NotRunning, "not running"),
    ],
    tells_failed: true,
    harmless: None,
    no_group: exit::GENERIC,
};

const STOP: Operation = Operation {
    one: Method::StopProcess,
    group: Some(Method::StopProcessGroup),
    all: Method::StopAllProcesses,
    done: "stopped",
    harmless: Some(FaultCode::NotRunning),
    ..SIGNAL
};

const CLEAR: Operation = Operation {
    one: Method::ClearProcessLogs,
    group: None,
    all: Method::ClearAllProcessLogs,
    done: "cleared",
    failures: &[(FaultCode::BadName, "no such process"), (FaultCode::Failed, "failed")],
    tells_failed: false,
    harmless: None,
    no_group: exit::GENERIC,
};

/// Starts processes (CTL-053 to CTL-061).
pub(super) fn start(session: &mut Session, words: &str) -> Result<Flow, CallError> {
    let names = words.split_whitespace().collect::<Vec<_>>();
    if names.is_empty() {
        let flow = lacking(session, "start", "a process name");
        session.status = exit::INVALID_ARGUMENTS;
        return Ok(flow);
    }
    apply(session, &START, &names, &[])
}

/// Stops processes (CTL-062 to CTL-066).
pub(super) fn stop(session: &mut Session, words: &str) -> Result<Flow, CallError> {
    let names = words.split_whitespace().collect::<Vec<_>>();
    if names.is_empty() {
        return Ok(lacking(session, "stop", "a process name"));
    }
    apply(session, &STOP, &names, &[])
}

/// Stops processes, then starts the same, whether they ran or not (CTL-067 to CTL-070).
pub(super) fn restart(session: &mut Session, words: &str) -> Result<Flow, CallError> {
    let names = words.split_whitespace().collect::<Vec<_>>();
    if names.is_empty() {
        return Ok(lacking(session, "restart", "a process name"));
    }
    apply(session, &STOP, &names, &[])?;
    apply(session, &START, &names, &[])
}

/// Sends a signal to processes (CTL-071 to CTL-075).
pub(super) fn signal(session: &mut Session, words: &str) -> Result<Flow, CallError> {
    match words.split_whitespace().collect::<Vec<_>>().as_slice() {
        [signal, names @ ..] if !names.is_empty() => {
            apply(session, &SIGNAL, names, &[(*signal).into()])
        }
        _ => Ok(lacking(session, "signal", "a signal name and a process name")),
    }
}

/// Empties the logs of processes (CTL-076 to CTL-080).
pub(super) fn clear(session: &mut Session, words: &str) -> Result<Flow, CallError> {
    let names = words.split_whitespace().collect::<Vec<_>>();
    if names.is_empty() {
        return Ok(lacking(session, "clear", "a process name"));
    }
    apply(session, &CLEAR, &names, &[])
}

fn lacking(session: &mut Session, action: &str, what: &str) -> Flow {
    session.refuse_arguments(action, format_args!("Error: {action} requires {what}"));
    Flow::Stay
}

/// Does it to each name in turn; `all` anywhere stands for everything. `extra` are the arguments
/// after the name.
fn apply(
    session: &mut Session,
    operation: &Operation,
    names: &[&str],
    extra: &[Value],
) -> Result<Flow, CallError> {
    if names.contains(&"all") {
        let results = session.call(operation.all, extra)?;
        tell_all(session, operation, results)?;
        return Ok(Flow::Stay);
    }
    for name in names {
        let namespec = Namespec::parse(name);
        let method = operation.group.filter(|_| namespec.process.is_none());
        match method {
            Some(method) => apply_to_group(session, operation, method, namespec.group, extra)?,
            None => apply_to_one(session, operation, name, extra)?,
        }
    }
    Ok(Flow::Stay)
}

fn apply_to_group(
    session: &mut Session,
    operation: &Operation,
    method: Method,
    group: &str,
    extra: &[Value],
) -> Result<(), CallError> {
    let params: Vec<_> = std::iter::once(group.into()).chain(extra.iter().cloned()).collect();
    match session.call(method, &params) {
        Ok(results) => tell_all(session, operation, results),
        Err(error) if error.fault() == Some(FaultCode::BadName) => {
            session.say(format_args!("{group}: ERROR (no such group)"));
            session.status = operation.no_group;
            Ok(())
        }
        Err(error) => Err(error),
    }
}

fn apply_to_one(
    session: &mut Session,
    operation: &Operation,
    name: &str,
    extra: &[Value],
) -> Result<(), CallError> {
    let params: Vec<_> = std::iter::once(name.into()).chain(extra.iter().cloned()).collect();
    let (status, description) = match session.call::<Value>(operation.one, &params) {
        Ok(_) => (FaultCode::Success.code().into(), String::new()),
        Err(CallError::Fault(fault)) => (fault.code, fault.text),
        Err(error) => return Err(error),
    };
    let Namespec { group, process } = Namespec::parse(name);
    // The missing name is the original's (CTL-078).
    let (group, name) = (group.to_owned(), process.unwrap_or("None").to_owned());
    tell(session, operation, &StatusEntry { name, group, status, description })
}

fn tell_all(
    session: &mut Session,
    operation: &Operation,
    results: Vec<StatusEntry>,
) -> Result<(), CallError> {
    results.iter().try_for_each(|result| tell(session, operation, result))
}

/// Tells one result and lets it count for the exit status (CTL-045).
fn tell(
    session: &mut Session,
    operation: &Operation,
    result: &StatusEntry,
) -> Result<(), CallError> {
    let name = namespec::display(&result.group, &result.name);
    let code = FaultCode::from_code(result.status);
    let failure = operation.failures.iter().find(|(known, _)| Some(*known) == code);
    match (code, failure) {
        (Some(FaultCode::Success), _) => session.say(format_args!("{name}: {}", operation.done)),
        (_, Some((_, text))) => session.say(format_args!("{name}: ERROR ({text})")),
        (Some(FaultCode::Failed), None) if operation.tells_failed => {
            session.say(&result.description)
        }
        (_, None) => return Err(CallError::Result { code: result.status, name }),
    }
    if code != operation.harmless {
        count(session, code);
    }
    Ok(())
}

fn count(session: &mut Session, code: Option<FaultCode>) {
    session.status = match code {
        Some(FaultCode::Success) => return,
        Some(FaultCode::SpawnError | FaultCode::AbnormalTermination | FaultCode::NotRunning) => {
            exit::NOT_RUNNING
        }
        _ => exit::GENERIC,
    };
}
