"""Answers, for one configuration tree a line, what supervisor 4.3.0 makes of it.

Reads JSON lines `{"root": PATH, "cwd": PATH, "env": {NAME: VALUE}, "assume": BOOL}` on stdin and
writes one JSON line each:
`{"verdict": "accept" | "reject" | "crash", "error": TEXT or null, "plan": PLAN or null}`. The text
is what the original prints after `Error: `. A crash is an exception the original does not turn into
an error of its own. With `assume`, every user, group, directory and plugin
exists. Run with the interpreter of a virtual environment that has supervisor==4.3.0.
"""
import io
import json
import os
import sys
import warnings

import supervisor.datatypes as datatypes
import supervisor.options as options_module
from supervisor.datatypes import Automatic, RestartUnconditionally, RestartWhenExitUnexpected, Syslog
from supervisor.events import EventTypes
from supervisor.loggers import LevelsByName
from supervisor.options import (EventListenerPoolConfig, FastCGIGroupConfig, ServerOptions)

warnings.simplefilter("ignore")


class Refused(Exception):
    pass


class Options(ServerOptions):
    assume = False

    def import_spec(self, spec):
        if self.assume and spec != "supervisor.rpcinterface:make_main_rpcinterface":
            return None
        return super().import_spec(spec)

    def make_interfaces(self):
        """What opening the servers makes first of all, without opening them."""
        for _server in self.server_configs:
            for name, factory, extras in self.rpcinterface_factories:
                try:
                    if factory is not None:
                        factory(None, **extras)
                except Exception:
                    self.usage("Could not make %s rpc interface" % name)

    def usage(self, msg):
        raise Refused(str(msg))


def main():
    answers = sys.stdout
    sys.stdout = io.StringIO()
    for line in sys.stdin:
        answers.write(json.dumps(answer(json.loads(line))) + "\n")
        answers.flush()


# What asks the machine for users, groups and directories, and what takes them all to exist.
ASSUMED = {
    "existing_directory": os.path.expanduser,
    "existing_dirpath": os.path.expanduser,
    "name_to_uid": lambda name: None,
    "gid_for_uid": lambda uid: None,
    "colon_separated_user_group": lambda owner: None,
}
REAL = {name: getattr(datatypes, name) for name in ASSUMED}


def answer(case):
    Options.assume = case["assume"]
    for name, function in (ASSUMED if Options.assume else REAL).items():
        setattr(options_module, name, function)
        setattr(datatypes, name, function)
    os.environ.clear()
    os.environ.update(case["env"])
    os.chdir(case["cwd"])
    options = Options()
    options.stderr = io.StringIO()
    try:
        options.realize(["-c", case["root"]], progname="supervisord")
        options.make_interfaces()
    except Refused as refused:
        return {"verdict": "reject", "error": str(refused), "plan": None}
    except Exception as crash:
        return {"verdict": "crash", "error": "%s: %s" % (type(crash).__name__, crash), "plan": None}
    return {"verdict": "accept", "error": None, "plan": plan(options)}


def plan(options):
    section = options.configroot.supervisord
    levels = {getattr(LevelsByName, name): name for name in ("CRIT", "ERRO", "WARN", "INFO", "DEBG", "TRAC", "BLAT")}
    return {
        "supervisord": {
            "minfds": section.minfds,
            "minprocs": section.minprocs,
            "directory": section.directory,
            "user": section.user,
            "umask": section.umask,
            "logfile": "syslog" if section.logfile is Syslog else options.logfile,
            "logfile_maxbytes": section.logfile_maxbytes,
            "logfile_backups": section.logfile_backups,
            "loglevel": levels[section.loglevel],
            "pidfile": options.pidfile,
            "identifier": section.identifier,
            "nodaemon": section.nodaemon,
            "silent": section.silent,
            "childlogdir": section.childlogdir,
            "nocleanup": section.nocleanup,
            "strip_ansi": section.strip_ansi,
            "environment": section.environment,
        },
        "servers": [server(config) for config in options.server_configs],
        "interfaces": [name for name, _factory, _extras in options.rpcinterface_factories],
        "groups": [group(config) for config in options.process_group_configs],
        "warnings": options.parse_warnings,
        "infos": options.parse_infos,
    }


def server(config):
    if "file" in config:
        listen = {"file": config["file"], "chmod": config["chmod"], "chown": list(config["chown"] or ()) or None}
    else:
        listen = {"host": config["host"], "port": config["port"]}
    # An empty user name switches authentication off, whatever the password.
    username = config["username"] or None
    return {
        "section": config["section"],
        "username": username,
        "password": config["password"] if username else None,
        "listen": listen,
    }


def group(config):
    kind, more = "program", None
    if isinstance(config, EventListenerPoolConfig):
        kind = "eventlistener"
        more = {"buffer_size": config.buffer_size, "events": events(config)}
    elif isinstance(config, FastCGIGroupConfig):
        socket, kind = config.socket_config, "fcgi"
        owner = getattr(socket, "owner", None)
        more = {
            "url": socket.url,
            "backlog": socket.get_backlog(),
            "mode": getattr(socket, "mode", None),
            "owner": list(owner) if owner else None,
        }
    return {
        "name": config.name,
        "priority": config.priority,
        "kind": kind,
        "more": more,
        "processes": [process(each) for each in config.process_configs],
    }


def events(config):
    names = {kind: name for name, kind in vars(EventTypes).items() if isinstance(kind, type)}
    return sorted(names[kind] for kind in config.pool_events)


RESTART = {RestartWhenExitUnexpected: "unexpected", RestartUnconditionally: "true", False: "false"}

PLAIN = (
    "name command directory umask priority autostart startsecs startretries exitcodes stopwaitsecs "
    "stopasgroup killasgroup redirect_stderr uid "
    "stdout_logfile_maxbytes stdout_logfile_backups stdout_capture_maxbytes stdout_events_enabled "
    "stdout_syslog stderr_logfile_maxbytes stderr_logfile_backups stderr_capture_maxbytes "
    "stderr_events_enabled stderr_syslog environment"
).split()


def process(config):
    one = {name: getattr(config, name) for name in PLAIN}
    one["environment"] = dict(one["environment"] or {})
    one["autorestart"] = RESTART[config.autorestart]
    one["stopsignal"] = int(config.stopsignal)
    one["serverurl"] = config.serverurl
    for name in ("stdout_logfile", "stderr_logfile"):
        value = getattr(config, name)
        # An empty path is no log, like None.
        one[name] = "AUTO" if value is Automatic else value or None
    return one


if __name__ == "__main__":
    main()
