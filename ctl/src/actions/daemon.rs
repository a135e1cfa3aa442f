//! `shutdown`, `reload`, `version`, `open`, `quit`: the daemon as a whole, and which one.

use std::io;

use rpc::{FaultCode, Method};

use crate::actions::{Flow, status};
use crate::client::CallError;
use crate::session::Session;
use crate::target;

/// Stops the daemon (CTL-122 to CTL-125).
pub(super) fn shutdown(session: &mut Session, _: &str) -> Result<Flow, CallError> {
    if !is_confirmed(session, "Really shut the remote supervisord process down y/N? ")? {
        return Ok(Flow::Stay);
    }
    let Err(error) = session.call::<bool>(Method::Shutdown, &[]) else {
        session.say("Shut down");
        return Ok(Flow::Stay);
    };
    let problem = match error.io_kind() {
        _ if error.fault() == Some(FaultCode::ShutdownState) => {
            session.say("ERROR: already shutting down");
            return Ok(Flow::Stay);
        }
        Some(io::ErrorKind::ConnectionRefused) => "refused connection",
        Some(io::ErrorKind::NotFound) => "no such file",
        _ => return Err(error),
    };
    let url = session.settings.target.url.clone();
    session.refuse(format_args!("ERROR: {url} {problem} (already shut down?)"));
    session.explain(&error);
    Ok(Flow::Stay)
}

/// Restarts the daemon (CTL-123, CTL-125 to CTL-127).
pub(super) fn reload(session: &mut Session, _: &str) -> Result<Flow, CallError> {
    if !is_confirmed(session, "Really restart the remote supervisord process y/N? ")? {
        return Ok(Flow::Stay);
    }
    match session.call::<bool>(Method::Restart, &[]) {
        Ok(_) => session.say("Restarted supervisord"),
        Err(error) if error.fault() == Some(FaultCode::ShutdownState) => {
            session.refuse("ERROR: already shutting down");
        }
        Err(error) => return Err(error),
    }
    Ok(Flow::Stay)
}

/// Only the shell and `-i` ask; anything that starts with `y` is a yes (CTL-125).
fn is_confirmed(session: &mut Session, question: &str) -> Result<bool, CallError> {
    Ok(!session.interactive || session.ask(question)?.starts_with(['y', 'Y']))
}

/// Shows the version of the daemon (CTL-128).
pub(super) fn version(session: &mut Session, _: &str) -> Result<Flow, CallError> {
    let version: String = session.call(Method::GetSupervisorVersion, &[])?;
    session.say(version);
    Ok(Flow::Stay)
}

/// Turns to another daemon and shows its status, which does not count for the exit status (CTL-129,
/// CTL-130).
pub(super) fn open(session: &mut Session, url: &str) -> Result<Flow, CallError> {
    if !matches!(target::scheme(url).as_deref(), Some("http" | "unix")) {
        session.refuse("ERROR: url must be http:// or unix://");
        return Ok(Flow::Stay);
    }
    session.daemon.hang_up();
    session.settings.open(url);
    let before = session.status;
    if session.is_daemon_ready()? {
        status::status(session, "")?;
    }
    session.status = before;
    Ok(Flow::Stay)
}

/// Ends the shell (CTL-131).
pub(super) fn quit(session: &mut Session, _: &str) -> Result<Flow, CallError> {
    session.say("");
    Ok(Flow::Leave)
}
