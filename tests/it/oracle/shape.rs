//! A plan in the shape `tests/oracle/driver.py` gives the original's options.

use compiler::plan::{
    GroupKind, GroupPlan, Listen, NoticeLevel, Owner, Plan, ProcessPlan, ServerPlan,
};
use compiler::schema::section::Supervisord;
use compiler::schema::value::{AutoRestart, Environment, LogTarget, SocketAddress, UserRef};
use serde_json::{Value, json};

/// Every value of the plan that the original resolves too.
pub(crate) fn of(plan: &Plan) -> Value {
    let texts = |level| -> Vec<&str> {
        let of_level = plan.notices.iter().filter(|notice| notice.level == level);
        of_level.map(|notice| notice.text.as_str()).collect()
    };
    json!({
        "supervisord": supervisord(&plan.supervisord),
        "servers": plan.servers.iter().map(server).collect::<Vec<_>>(),
        "interfaces": plan.interfaces.iter().map(|interface| &interface.name).collect::<Vec<_>>(),
        "groups": plan.groups.iter().map(|each| group(each)).collect::<Vec<_>>(),
        "warnings": texts(NoticeLevel::Warn),
        "infos": texts(NoticeLevel::Info),
    })
}

fn supervisord(options: &Supervisord) -> Value {
    json!({
        "minfds": options.minfds,
        "minprocs": options.minprocs,
        "directory": options.directory,
        "user": options.user.as_ref().map(|user| &user.name),
        "umask": options.umask,
        "logfile": options.logfile,
        "logfile_maxbytes": options.logfile_maxbytes,
        "logfile_backups": options.logfile_backups,
        "loglevel": options.loglevel.label(),
        "pidfile": options.pidfile,
        "identifier": options.identifier,
        "nodaemon": options.nodaemon,
        "silent": options.silent,
        "childlogdir": options.childlogdir,
        "nocleanup": options.nocleanup,
        "strip_ansi": options.strip_ansi,
        "environment": environment(&options.environment),
    })
}

fn server(server: &ServerPlan) -> Value {
    let credentials = server.credentials.as_ref();
    let listen = match &server.listen {
        Listen::Inet { host, port } => json!({ "host": host, "port": port }),
        Listen::Unix { file, chmod, chown } => {
            json!({ "file": file, "chmod": chmod, "chown": chown.as_ref().map_or(json!([-1, -1]), owner) })
        }
    };
    json!({
        "section": server.section,
        "username": credentials.map(|credentials| &credentials.username),
        "password": credentials.map(|credentials| &credentials.password.0),
        "listen": listen,
    })
}

fn owner(owner: &Owner) -> Value {
    owner.ids.map_or(Value::Null, |(uid, gid)| json!([uid, gid.map_or(-1, i64::from)]))
}

fn group(group: &GroupPlan) -> Value {
    let (kind, more) = match &group.kind {
        GroupKind::Program => ("program", Value::Null),
        GroupKind::EventListener(pool) => {
            ("eventlistener", json!({ "buffer_size": pool.buffer_size, "events": pool.events }))
        }
        GroupKind::Fcgi(socket) => {
            let url = match &socket.address {
                SocketAddress::Unix(path) => format!("unix://{}", path.display()),
                SocketAddress::Tcp { host, port } => format!("tcp://{host}:{port}"),
            };
            let owner = socket.owner.as_ref().map(owner);
            (
                "fcgi",
                json!({ "url": url, "backlog": socket.backlog, "mode": socket.mode, "owner": owner }),
            )
        }
    };
    json!({
        "name": group.name,
        "priority": group.priority,
        "kind": kind,
        "more": more,
        "processes": group.processes.iter().map(|each| process(each)).collect::<Vec<_>>(),
    })
}

fn process(process: &ProcessPlan) -> Value {
    let program = &process.program;
    json!({
        "name": process.name,
        "command": program.command,
        "directory": program.directory,
        "umask": program.umask,
        "priority": program.priority,
        "autostart": program.autostart,
        "autorestart": match program.autorestart {
            AutoRestart::Never => "false",
            AutoRestart::Unexpected => "unexpected",
            AutoRestart::Always => "true",
        },
        "startsecs": program.startsecs,
        "startretries": program.startretries,
        "exitcodes": program.exitcodes.0,
        "stopsignal": program.stopsignal.0,
        "stopwaitsecs": program.stopwaitsecs,
        "stopasgroup": program.stopasgroup,
        "killasgroup": program.killasgroup,
        "redirect_stderr": program.redirect_stderr,
        "uid": program.user.as_ref().and_then(|user: &UserRef| user.uid),
        "stdout_logfile": target(&program.stdout_logfile),
        "stdout_logfile_maxbytes": program.stdout_logfile_maxbytes,
        "stdout_logfile_backups": program.stdout_logfile_backups,
        "stdout_capture_maxbytes": program.stdout_capture_maxbytes,
        "stdout_events_enabled": program.stdout_events_enabled,
        "stdout_syslog": program.stdout_syslog,
        "stderr_logfile": target(&program.stderr_logfile),
        "stderr_logfile_maxbytes": program.stderr_logfile_maxbytes,
        "stderr_logfile_backups": program.stderr_logfile_backups,
        "stderr_capture_maxbytes": program.stderr_capture_maxbytes,
        "stderr_events_enabled": program.stderr_events_enabled,
        "stderr_syslog": program.stderr_syslog,
        "environment": environment(&program.environment),
        "serverurl": program.serverurl,
    })
}

fn target(target: &LogTarget) -> Value {
    match target {
        LogTarget::None => Value::Null,
        LogTarget::Auto => json!("AUTO"),
        LogTarget::File(path) => json!(path),
    }
}

fn environment(environment: &Environment) -> Value {
    environment.iter().map(|(name, value)| (name.to_owned(), json!(value))).collect()
}
