//! The actions of the old status page, by its addresses, with its messages (WEB-032 to WEB-042).
//! Whether the request may act at all was decided before.

use jiff::Zoned;
use rpc::{Fault, FaultCode};

use super::Web;
use super::form::Form;
use crate::api::Daemon;
use crate::supervisor::message::{Request, Target};

/// What became of an old action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The text for the page that follows.
    Message(String),
    /// There is no such action, it lacks its process (WEB-042), or the daemon stops (WEB-011).
    Unable,
}

/// Whether an action changes nothing.
pub(super) fn is_harmless(action: &str) -> bool {
    action == "refresh"
}

/// Carries out `action`; waits until it is done (WEB-045).
pub(super) async fn act<D: Daemon>(web: &Web<D>, action: &str, form: &Form) -> Outcome {
    if web.daemon.request(Request::State).await.is_err() {
        return Outcome::Unable;
    }
    let name = form.get("processname");
    let message = match action {
        "refresh" => format!("Page refreshed at {}", now()),
        "stopall" => {
            stop_all(web).await;
            format!("All stopped at {}", now())
        }
        "restartall" => {
            stop_all(web).await;
            let start = Request::Start { target: Target::All, wait: true };
            // Single failures are not told of (WEB-034).
            drop(web.daemon.request(start).await);
            format!("All restarted at {}", now())
        }
        verb => {
            let Some(name) = name else {
                return Outcome::Unable;
            };
            let found = web.daemon.request(Request::Info { name: name.to_owned() }).await;
            if found.is_err_and(|fault| fault.code == FaultCode::BadName) {
                return Outcome::Message(format!("No such process named {name}"));
            }
            match act_on(web, verb, name).await {
                Some(message) => message,
                None => return Outcome::Unable,
            }
        }
    };
    Outcome::Message(message)
}

async fn act_on<D: Daemon>(web: &Web<D>, verb: &str, name: &str) -> Option<String> {
    Some(match verb {
        "start" => match start(web, name).await {
            Ok(()) => format!("Process {name} started"),
            Err(fault) => format!("ERROR: Process {name}: {}", start_error(&fault)),
        },
        "stop" => match stop(web, name).await {
            Ok(()) => format!("Process {name} stopped"),
            Err(fault) => unexpected(&fault),
        },
        "restart" => {
            // Always told as a success (WEB-039), as far as the process got.
            drop(stop(web, name).await);
            drop(start(web, name).await);
            format!("Process {name} restarted")
        }
        "clearlog" => {
            let clear = Request::ClearLogs { name: name.to_owned() };
            match web.daemon.request(clear).await {
                Ok(_) => format!("Log for {name} cleared"),
                Err(fault) => unexpected(&fault),
            }
        }
        _ => return None,
    })
}

async fn start<D: Daemon>(web: &Web<D>, name: &str) -> Result<(), Fault> {
    let target = Target::Process(name.to_owned());
    web.daemon.request(Request::Start { target, wait: true }).await.map(drop)
}

async fn stop<D: Daemon>(web: &Web<D>, name: &str) -> Result<(), Fault> {
    let target = Target::Process(name.to_owned());
    web.daemon.request(Request::Stop { target, wait: true }).await.map(drop)
}

async fn stop_all<D: Daemon>(web: &Web<D>) {
    let stop = Request::Stop { target: Target::All, wait: true };
    drop(web.daemon.request(stop).await);
}

/// Why a start failed (WEB-036).
fn start_error(fault: &Fault) -> String {
    let known = [
        (FaultCode::NoFile, "no such file"),
        (FaultCode::NotExecutable, "file not executable"),
        (FaultCode::AlreadyStarted, "already started"),
        (FaultCode::SpawnError, "spawn error"),
        (FaultCode::AbnormalTermination, "abnormal termination"),
    ];
    match known.iter().find(|(code, _)| *code == fault.code) {
        Some((_, text)) => (*text).to_owned(),
        None => unexpected(fault),
    }
}

/// A fault no message is written for.
pub(super) fn unexpected(fault: &Fault) -> String {
    format!("unexpected rpc fault [{}] {fault}", fault.code.code())
}

/// Local time as `Fri Nov 20 10:19:37 2026`.
fn now() -> String {
    Zoned::now().strftime("%a %b %e %H:%M:%S %Y").to_string()
}
