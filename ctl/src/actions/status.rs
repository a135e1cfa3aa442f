//! `status` and `pid`: what the daemon knows of its processes.

use rpc::types::ProcessInfo;
use rpc::{FaultCode, Method, Namespec, ProcessState, namespec};

use crate::actions::Flow;
use crate::client::CallError;
use crate::session::{Session, exit};

/// Shows the states of processes (CTL-046 to CTL-052).
pub(super) fn status(session: &mut Session, words: &str) -> Result<Flow, CallError> {
    let all: Vec<ProcessInfo<'_>> = session.call(Method::GetAllProcessInfo, &[])?;
    let names: Vec<_> = words.split_whitespace().collect();
    let shown = if names.is_empty() || names.contains(&"all") {
        all.iter().collect()
    } else {
        select(session, &all, &names)
    };
    show(session, &shown);
    let is_down = |info: &&ProcessInfo<'_>| {
        ProcessState::from_code(info.state).is_some_and(ProcessState::is_stopped)
    };
    if shown.iter().any(is_down) {
        session.status = exit::STATUS_NOT_RUNNING;
    }
    Ok(Flow::Stay)
}

/// The processes named, in the order asked; complains about names nothing has (CTL-047, CTL-050).
fn select<'a>(
    session: &mut Session,
    all: &'a [ProcessInfo<'static>],
    names: &[&str],
) -> Vec<&'a ProcessInfo<'static>> {
    let mut selected = Vec::new();
    for name in names {
        let wanted = Namespec::parse(name);
        let before = selected.len();
        selected.extend(all.iter().filter(|info| {
            info.group == wanted.group && wanted.process.is_none_or(|process| info.name == process)
        }));
        if selected.len() > before {
            continue;
        }
        match wanted.process {
            None => session.say(format_args!("{}: ERROR (no such group)", wanted.group)),
            Some(_) => session.say(format_args!("{name}: ERROR (no such process)")),
        }
        session.status = exit::STATUS_UNKNOWN;
    }
    selected
}

/// One line each; the first column is as wide as the longest name needs (CTL-049).
fn show(session: &mut Session, infos: &[&ProcessInfo<'_>]) {
    let names: Vec<_> =
        infos.iter().map(|info| namespec::display(&info.group, &info.name)).collect();
    let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or_default();
    let width = longest.max(30) + 3;
    for (name, info) in names.iter().zip(infos) {
        session.say(format_args!("{name:<width$}{:<10}{}", info.statename, info.description));
    }
}

/// Shows process ids (CTL-081 to CTL-083).
pub(super) fn pid(session: &mut Session, words: &str) -> Result<Flow, CallError> {
    let names: Vec<_> = words.split_whitespace().collect();
    if names.is_empty() {
        let pid: i64 = session.call(Method::GetPid, &[])?;
        session.say(pid);
    } else if names.contains(&"all") {
        let all: Vec<ProcessInfo<'_>> = session.call(Method::GetAllProcessInfo, &[])?;
        for info in all {
            session.say(info.pid);
        }
    } else {
        for name in names {
            pid_of(session, name)?;
        }
    }
    Ok(Flow::Stay)
}

fn pid_of(session: &mut Session, name: &str) -> Result<(), CallError> {
    match session.call::<ProcessInfo<'_>>(Method::GetProcessInfo, &[name.into()]) {
        Ok(info) => {
            session.say(info.pid);
            if info.pid == 0 {
                session.status = exit::NOT_RUNNING;
            }
            Ok(())
        }
        Err(error) if error.fault() == Some(FaultCode::BadName) => {
            session.refuse(format_args!("No such process {name}"));
            Ok(())
        }
        Err(error) => Err(error),
    }
}
