//! `avail`, `reread`, `add`, `remove` and `update`: the configuration and what of it is active.

use std::collections::BTreeMap;

use rpc::types::{ConfigChanges, ConfigInfo, ProcessInfo, StatusEntry};
use rpc::{FaultCode, Method, namespec};

use crate::actions::Flow;
use crate::client::CallError;
use crate::session::Session;

/// Shows every configured process (CTL-105, CTL-106).
pub(super) fn avail(session: &mut Session, _: &str) -> Result<Flow, CallError> {
    match session.call::<Vec<ConfigInfo>>(Method::GetAllConfigInfo, &[]) {
        Ok(infos) => infos.iter().for_each(|info| session.say(available(info))),
        Err(error) if error.fault() == Some(FaultCode::ShutdownState) => {
            session.refuse("ERROR: supervisor shutting down");
        }
        Err(error) => return Err(error),
    }
    Ok(Flow::Stay)
}

fn available(info: &ConfigInfo) -> String {
    let name = namespec::display(&info.group, &info.name);
    let inuse = if info.inuse { "in use" } else { "avail" };
    let autostart = if info.autostart { "auto" } else { "manual" };
    format!("{name:<32} {inuse:<9} {autostart:<9} {}:{}", info.group_prio, info.process_prio)
}

/// Lets the daemon read its configuration and shows what differs (CTL-106 to CTL-108).
pub(super) fn reread(session: &mut Session, _: &str) -> Result<Flow, CallError> {
    match session.reread() {
        Ok(changes) => show_changes(session, &changes),
        Err(CallError::Fault(fault)) if fault.known() == Some(FaultCode::CantReread) => {
            session.refuse(format_args!("ERROR: {}", fault.text));
        }
        Err(error) if error.fault() == Some(FaultCode::ShutdownState) => {
            session.refuse("ERROR: supervisor shutting down");
        }
        Err(error) => return Err(error),
    }
    Ok(Flow::Stay)
}

/// One line for each group; of a group named twice the last change counts (CTL-107).
fn show_changes(session: &mut Session, changes: &ConfigChanges) {
    let kinds = [
        (&changes.added, "available"),
        (&changes.changed, "changed"),
        (&changes.removed, "disappeared"),
    ];
    let sorted: BTreeMap<_, _> = kinds
        .into_iter()
        .flat_map(|(names, kind)| names.iter().map(move |name| (name, kind)))
        .collect();
    for (name, kind) in &sorted {
        session.say(format_args!("{name}: {kind}"));
    }
    if sorted.is_empty() {
        session.say("No config updates to processes");
    }
}

/// Activates groups (CTL-109 to CTL-112).
pub(super) fn add(session: &mut Session, words: &str) -> Result<Flow, CallError> {
    for name in words.split_whitespace() {
        let Err(error) = session.call::<bool>(Method::AddProcessGroup, &[name.into()]) else {
            session.say(format_args!("{name}: added process group"));
            continue;
        };
        match error.fault() {
            Some(FaultCode::ShutdownState) => session.refuse("ERROR: shutting down"),
            Some(FaultCode::AlreadyAdded) => session.say("ERROR: process group already active"),
            Some(FaultCode::BadName) => no_such(session, name),
            _ => return Err(error),
        }
    }
    Ok(Flow::Stay)
}

/// Takes groups out of the active ones (CTL-112 to CTL-114).
pub(super) fn remove(session: &mut Session, words: &str) -> Result<Flow, CallError> {
    for name in words.split_whitespace() {
        let Err(error) = session.call::<bool>(Method::RemoveProcessGroup, &[name.into()]) else {
            session.say(format_args!("{name}: removed process group"));
            continue;
        };
        match error.fault() {
            Some(FaultCode::StillRunning) => {
                session.refuse(format_args!("ERROR: process/group still running: {name}"));
            }
            Some(FaultCode::BadName) => no_such(session, name),
            _ => return Err(error),
        }
    }
    Ok(Flow::Stay)
}

/// Makes what is active what is configured: removed groups, changed ones, added ones (CTL-115 to
/// CTL-120).
pub(super) fn update(session: &mut Session, words: &str) -> Result<Flow, CallError> {
    let changes = match session.reread() {
        Ok(changes) => changes,
        Err(error) if error.fault() == Some(FaultCode::ShutdownState) => {
            session.refuse("ERROR: already shutting down");
            return Ok(Flow::Stay);
        }
        Err(error) => return Err(error),
    };
    let names: Vec<_> = words.split_whitespace().collect();
    let names = if names.contains(&"all") { Vec::new() } else { names };
    if !names.is_empty() {
        complain_of_unknown(session, &names, &changes.added)?;
    }
    let is_wanted = |group: &&String| names.is_empty() || names.contains(&group.as_str());
    for group in changes.removed.iter().filter(is_wanted) {
        remove_group(session, group)?;
    }
    for group in changes.changed.iter().filter(is_wanted) {
        stop_group(session, group)?;
        session.call::<bool>(Method::RemoveProcessGroup, &[group.as_str().into()])?;
        session.call::<bool>(Method::AddProcessGroup, &[group.as_str().into()])?;
        session.say(format_args!("{group}: updated process group"));
    }
    for group in changes.added.iter().filter(is_wanted) {
        session.call::<bool>(Method::AddProcessGroup, &[group.as_str().into()])?;
        session.say(format_args!("{group}: added process group"));
    }
    Ok(Flow::Stay)
}

/// Names that are neither active nor about to be (CTL-119).
fn complain_of_unknown(
    session: &mut Session,
    names: &[&str],
    added: &[String],
) -> Result<(), CallError> {
    let active: Vec<ProcessInfo<'_>> = session.call(Method::GetAllProcessInfo, &[])?;
    let is_known = |name: &str| {
        active.iter().any(|info| info.group == name) || added.iter().any(|group| group == name)
    };
    for (at, name) in names.iter().enumerate() {
        if !is_known(name) && !names[..at].contains(name) {
            session.refuse(format_args!("ERROR: no such group: {name}"));
        }
    }
    Ok(())
}

fn remove_group(session: &mut Session, group: &str) -> Result<(), CallError> {
    let results = stop_group(session, group)?;
    let failed = i64::from(FaultCode::Failed.code());
    if results.iter().any(|result| result.status == failed) {
        session.refuse(format_args!("{group}: has problems; not removing"));
        return Ok(());
    }
    session.call::<bool>(Method::RemoveProcessGroup, &[group.into()])?;
    session.say(format_args!("{group}: removed process group"));
    Ok(())
}

fn stop_group(session: &mut Session, group: &str) -> Result<Vec<StatusEntry>, CallError> {
    let results = session.call(Method::StopProcessGroup, &[group.into()])?;
    session.say(format_args!("{group}: stopped"));
    Ok(results)
}

fn no_such(session: &mut Session, name: &str) {
    session.refuse(format_args!("ERROR: no such process/group: {name}"));
}
