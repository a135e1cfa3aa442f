//! `fg`: a process as if it ran in this terminal.

use rpc::types::ProcessInfo;
use rpc::{FaultCode, Method, ProcessState};

use crate::actions::Flow;
use crate::client::CallError;
use crate::session::Session;

/// Shows what a process writes and sends it what is typed (CTL-100 to CTL-104).
pub(super) fn fg(session: &mut Session, words: &str) -> Result<Flow, CallError> {
    let words: Vec<_> = words.split_whitespace().collect();
    let name = match words.as_slice() {
        [name] => *name,
        [] => {
            session.refuse_arguments("fg", "ERROR: no process name supplied");
            return Ok(Flow::Stay);
        }
        _ => return Ok(refuse(session, "too many process names supplied")),
    };
    match is_running(session, name) {
        Ok(true) => {}
        Ok(false) => return Ok(refuse(session, "process not running")),
        Err(error) if error.fault() == Some(FaultCode::BadName) => {
            return Ok(refuse(session, "bad process name supplied"));
        }
        Err(error @ CallError::Fault(_)) => {
            session.say(format_args!("ERROR: {error}"));
            return Ok(Flow::Stay);
        }
        Err(error) => return Err(error),
    }
    session.say("==> Press Ctrl-C to exit <==");
    session.flush();
    let paths = ["stdout", "stderr"].map(|channel| format!("/logtail/{name}/{channel}"));
    let streams = session.daemon.follow_in_background(&session.settings.target, &paths);
    let result = converse(session, name);
    drop(streams);
    match result {
        Ok(()) | Err(CallError::EndOfInput | CallError::Interrupted) => {
            session.say("Exiting foreground");
            Ok(Flow::Stay)
        }
        Err(error) => Err(error),
    }
}

/// Sends line after line until the process ends, or the input, or Ctrl-C is pressed at whatever
/// point.
fn converse(session: &mut Session, name: &str) -> Result<(), CallError> {
    loop {
        let line = format!("{}\n", session.ask("")?);
        match session.call::<bool>(Method::SendProcessStdin, &[name.into(), line.into()]) {
            Ok(_) => {}
            Err(error) if error.fault() == Some(FaultCode::NotRunning) => {
                session.say("Process got killed");
                return Ok(());
            }
            Err(error @ CallError::Fault(_)) => {
                session.say(format_args!("ERROR: {error}"));
                return Ok(());
            }
            Err(error) => return Err(error),
        }
        if !is_running(session, name)? {
            session.say("Process got killed");
            return Ok(());
        }
    }
}

fn is_running(session: &mut Session, name: &str) -> Result<bool, CallError> {
    let info: ProcessInfo<'_> = session.call(Method::GetProcessInfo, &[name.into()])?;
    Ok(ProcessState::from_code(info.state) == Some(ProcessState::Running))
}

fn refuse(session: &mut Session, why: &str) -> Flow {
    session.refuse(format_args!("ERROR: {why}"));
    Flow::Stay
}
