//! What a daemon that was killed has left running (RUN-349): found by the environment its programs
//! carry, named in the log, and left alone.

use std::collections::BTreeMap;
use std::fs;

use compiler::plan::Plan;

use crate::pidfile;

/// A process an earlier daemon started, still running.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Orphan {
    /// Its pid.
    pub(crate) pid: i32,
    /// The group it was started in.
    pub(crate) group: String,
    /// Its name in the group.
    pub(crate) process: String,
}

/// The processes of `plan` that an earlier daemon left, by pid. Looked for only if the pid file
/// names a daemon that is gone, for the search reads all of `/proc`. `server_url` tells apart the
/// daemons of one machine.
pub(crate) fn orphans(plan: &Plan, server_url: Option<&str>) -> Vec<Orphan> {
    let Some(predecessor) = pidfile::read(&plan.supervisord.pidfile) else { return Vec::new() };
    if is_alive(predecessor) {
        return Vec::new();
    }
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let mut found: Vec<Orphan> = pids
        .filter(|pid| leads_its_group(*pid))
        .filter_map(|pid| {
            let environment = fs::read(format!("/proc/{pid}/environ")).ok()?;
            identify(pid, &environment, server_url)
        })
        .filter(|orphan| is_planned(plan, orphan))
        .collect();
    found.sort();
    found
}

/// Whether the process is there, not merely uncollected, and runs the same program as this one.
fn is_alive(pid: i32) -> bool {
    let name = |of: &str| fs::read_to_string(format!("/proc/{of}/comm")).ok();
    Stat::of(pid).is_some_and(|stat| stat.state != "Z") && name(&pid.to_string()) == name("self")
}

/// A program leads its process group; what it has started itself does not (RUN-201).
fn leads_its_group(pid: i32) -> bool {
    Stat::of(pid).is_some_and(|stat| stat.group == Some(pid))
}

/// What `/proc/PID/stat` says.
struct Stat {
    state: String,
    group: Option<i32>,
}

impl Stat {
    fn of(pid: i32) -> Option<Stat> {
        let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name in parentheses may hold anything; state, parent and group follow it.
        let mut fields = text.rsplit_once(')')?.1.split_whitespace();
        let state = fields.next()?.to_owned();
        Some(Stat { state, group: fields.nth(1)?.parse().ok() })
    }
}

fn identify(pid: i32, environment: &[u8], server_url: Option<&str>) -> Option<Orphan> {
    let text = String::from_utf8_lossy(environment);
    let variables: BTreeMap<&str, &str> =
        text.split('\0').filter_map(|entry| entry.split_once('=')).collect();
    variables.get("SUPERVISOR_ENABLED")?;
    if server_url.is_some() && variables.get("SUPERVISOR_SERVER_URL").copied() != server_url {
        return None;
    }
    let group = (*variables.get("SUPERVISOR_GROUP_NAME")?).to_owned();
    let process = (*variables.get("SUPERVISOR_PROCESS_NAME")?).to_owned();
    Some(Orphan { pid, group, process })
}

fn is_planned(plan: &Plan, orphan: &Orphan) -> bool {
    let groups = plan.groups.iter().filter(|group| group.name == orphan.group);
    groups.flat_map(|group| &group.processes).any(|process| process.name == orphan.process)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(environment: &str, url: Option<&str>, expected: Option<(&str, &str)>) {
        let found = identify(7, environment.as_bytes(), url);
        let found = found.as_ref().map(|o| (o.group.as_str(), o.process.as_str()));
        assert_eq!(found, expected, "{environment:?}");
    }

    #[test]
    fn this_process_is_alive_and_nobody_is_not() {
        assert!(is_alive(i32::try_from(std::process::id()).unwrap()));
        assert!(!is_alive(i32::MAX));
    }

    #[test]
    fn programs_are_known_by_their_environment() {
        let ours = "PATH=/bin\0SUPERVISOR_ENABLED=1\0SUPERVISOR_SERVER_URL=unix:///s\0\
                    SUPERVISOR_PROCESS_NAME=p\0SUPERVISOR_GROUP_NAME=g\0";
        check(ours, Some("unix:///s"), Some(("g", "p")));
        check(ours, None, Some(("g", "p")));
        check(ours, Some("unix:///other"), None);
        check("PATH=/bin\0SUPERVISOR_GROUP_NAME=g\0SUPERVISOR_PROCESS_NAME=p\0", None, None);
        check("", None, None);
    }
}
