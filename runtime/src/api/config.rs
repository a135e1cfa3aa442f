//! What is told of the configuration read last (RPC-206 to RPC-216).

use compiler::plan::{GroupPlan, ProcessPlan};
use compiler::schema::value::LogTarget;
use rpc::types::{Clamped, ConfigInfo, Uid};

use crate::supervisor::message::{Channel, ConfigView, LogFiles};

/// The config structs of all processes, by name alone (RPC-190).
#[must_use]
pub fn infos(view: &ConfigView) -> Vec<ConfigInfo> {
    let mut infos = Vec::new();
    for (at, group) in view.plan.groups.iter().enumerate() {
        let in_use = view.active.iter().any(|active| active.name == group.name);
        for (index, process) in group.processes.iter().enumerate() {
            let files = view.auto_logs.get(&at).and_then(|files| files.get(index));
            infos.push(info(group, process, in_use, files));
        }
    }
    infos.sort_by(|a, b| a.name.cmp(&b.name));
    infos
}

fn info(
    group: &GroupPlan,
    process: &ProcessPlan,
    in_use: bool,
    files: Option<&LogFiles>,
) -> ConfigInfo {
    let program = &process.program;
    let auto = |channel| files.and_then(|files| files.get(channel));
    let shown = |target: &LogTarget, channel| match (target, auto(channel)) {
        (LogTarget::None, _) => "none".to_owned(),
        (LogTarget::Auto, None) => "auto".to_owned(),
        (LogTarget::Auto, Some(path)) => path.to_string_lossy().into_owned(),
        (LogTarget::File(path), _) => path.to_string_lossy().into_owned(),
    };
    let stderr_target =
        if program.redirect_stderr { &LogTarget::None } else { &program.stderr_logfile };
    ConfigInfo {
        autostart: program.autostart,
        directory: or_none(program.directory.as_deref()),
        uid: program.user.as_ref().and_then(|user| user.uid).map_or(Uid::Inherited, Uid::Id),
        command: program.command.to_string(),
        exitcodes: program.exitcodes.0.iter().map(|code| i64::from(*code)).collect(),
        group: group.name.to_string(),
        group_prio: group.priority,
        inuse: in_use,
        killasgroup: program.killasgroup,
        name: process.name.to_string(),
        process_prio: program.priority,
        redirect_stderr: program.redirect_stderr,
        startretries: program.startretries,
        startsecs: program.startsecs,
        stdout_capture_maxbytes: Clamped(program.stdout_capture_maxbytes),
        stdout_events_enabled: program.stdout_events_enabled,
        stdout_logfile: shown(&program.stdout_logfile, Channel::Stdout),
        stdout_logfile_backups: program.stdout_logfile_backups,
        stdout_logfile_maxbytes: Clamped(program.stdout_logfile_maxbytes),
        stdout_syslog: program.stdout_syslog,
        stopsignal: program.stopsignal.0.into(),
        stopwaitsecs: program.stopwaitsecs,
        stderr_capture_maxbytes: Clamped(program.stderr_capture_maxbytes),
        stderr_events_enabled: program.stderr_events_enabled,
        stderr_logfile: shown(stderr_target, Channel::Stderr),
        stderr_logfile_backups: program.stderr_logfile_backups,
        stderr_logfile_maxbytes: Clamped(program.stderr_logfile_maxbytes),
        stderr_syslog: program.stderr_syslog,
        serverurl: or_none(program.serverurl.as_deref()),
    }
}

fn or_none(text: Option<&str>) -> String {
    text.filter(|text| !text.is_empty()).unwrap_or("none").to_owned()
}
