//! `avail`, `reread`, `add`, `remove`, `update`.

use rpc::ProcessState::Running;
use rpc::types::{Clamped, ConfigChanges, ConfigInfo, Uid};

use super::support::{Scene, check, entry, fault, info, play, received, yes};

fn config(group: &str, name: &str, inuse: bool, autostart: bool) -> ConfigInfo {
    let none = || "none".to_owned();
    ConfigInfo {
        autostart,
        directory: none(),
        uid: Uid::Inherited,
        command: none(),
        exitcodes: Vec::new(),
        group: group.to_owned(),
        group_prio: 999,
        inuse,
        killasgroup: false,
        name: name.to_owned(),
        process_prio: 5,
        redirect_stderr: false,
        startretries: 0,
        startsecs: 0,
        stdout_capture_maxbytes: Clamped(0),
        stdout_events_enabled: false,
        stdout_logfile: none(),
        stdout_logfile_backups: 0,
        stdout_logfile_maxbytes: Clamped(0),
        stdout_syslog: false,
        stopsignal: 15,
        stopwaitsecs: 0,
        stderr_capture_maxbytes: Clamped(0),
        stderr_events_enabled: false,
        stderr_logfile: none(),
        stderr_logfile_backups: 0,
        stderr_logfile_maxbytes: Clamped(0),
        stderr_syslog: false,
        serverurl: none(),
    }
}

fn changes(added: &[&str], changed: &[&str], removed: &[&str]) -> ConfigChanges {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    ConfigChanges { added: owned(added), changed: owned(changed), removed: owned(removed) }
}

#[test]
fn avail_shows_what_is_configured() {
    // CTL-105, CTL-106
    let infos = [config("a", "a", true, true), config("g", "b", false, false)];
    let expected = "a                                in use    auto      999:5\n\
                    g:b                              avail     manual    999:5\n";
    check("avail", [("getAllConfigInfo()", received(infos.as_slice()))], 0, expected);
    let script = [("getAllConfigInfo()", fault(6, "X"))];
    check("avail", script, 1, "ERROR: supervisor shutting down\n");
}

#[test]
fn reread_shows_what_differs() {
    // CTL-106, CTL-107, CTL-108
    let differing = changes(&["z", "a"], &["m"], &["b"]);
    let expected = "a: available\nb: disappeared\nm: changed\nz: available\n";
    check("reread", [("reloadConfig()", received(&differing))], 0, expected);
    let same = changes(&[], &[], &[]);
    check("reread", [("reloadConfig()", received(&same))], 0, "No config updates to processes\n");
    let script = [("reloadConfig()", fault(92, "CANT_REREAD: no"))];
    check("reread", script, 1, "ERROR: CANT_REREAD: no\n");
    check("reread", [("reloadConfig()", fault(6, "X"))], 1, "ERROR: supervisor shutting down\n");
}

#[test]
fn add_and_remove() {
    // CTL-109, CTL-110, CTL-111, CTL-112, CTL-113, CTL-114
    let script = [
        ("addProcessGroup('a')", yes()),
        ("addProcessGroup('b')", fault(90, "X")),
        ("addProcessGroup('c')", fault(10, "X")),
        ("addProcessGroup('d')", fault(6, "X")),
    ];
    let expected = "a: added process group\nERROR: process group already active\n\
                    ERROR: no such process/group: c\nERROR: shutting down\n";
    check("add a b c d", script, 1, expected);
    check(
        "add a",
        [("addProcessGroup('a')", fault(90, "X"))],
        0,
        "ERROR: process group already active\n",
    );
    let script = [
        ("removeProcessGroup('a')", yes()),
        ("removeProcessGroup('b')", fault(91, "X")),
        ("removeProcessGroup('c')", fault(10, "X")),
    ];
    let expected = "a: removed process group\nERROR: process/group still running: b\n\
                    ERROR: no such process/group: c\n";
    check("remove a b c", script, 1, expected);
    check("add", [], 0, "");
    check("remove", [], 0, "");
}

#[test]
fn update_works_in_order() {
    // CTL-115, CTL-116, CTL-117, CTL-118
    let none: [rpc::types::StatusEntry; 0] = [];
    let script = [
        ("reloadConfig()", received(&changes(&["n"], &["c"], &["r"]))),
        ("stopProcessGroup('r')", received(none.as_slice())),
        ("removeProcessGroup('r')", yes()),
        ("stopProcessGroup('c')", received(none.as_slice())),
        ("removeProcessGroup('c')", yes()),
        ("addProcessGroup('c')", yes()),
        ("addProcessGroup('n')", yes()),
    ];
    let expected = "r: stopped\nr: removed process group\nc: stopped\nc: updated process group\n\
                    n: added process group\n";
    check("update", script, 0, expected);
    check("update all", [("reloadConfig()", received(&changes(&[], &[], &[])))], 0, "");
}

#[test]
fn update_keeps_what_cannot_be_stopped() {
    // CTL-116
    let failed = [entry("r", "r", 30, "FAILED")];
    let script = [
        ("reloadConfig()", received(&changes(&[], &[], &["r"]))),
        ("stopProcessGroup('r')", received(failed.as_slice())),
    ];
    check("update", script, 1, "r: stopped\nr: has problems; not removing\n");
}

#[test]
fn update_of_some_groups() {
    // CTL-119
    let active = [info("c", "c", Running)];
    let script = [
        ("reloadConfig()", received(&changes(&["n", "m"], &["d"], &[]))),
        ("getAllProcessInfo()", received(active.as_slice())),
        ("addProcessGroup('n')", yes()),
    ];
    check(
        "update n nope c nope",
        script,
        1,
        "ERROR: no such group: nope\nn: added process group\n",
    );
}

#[test]
fn update_that_cannot_read() {
    // CTL-106, CTL-120, ITRAP-052
    check("update", [("reloadConfig()", fault(6, "X"))], 1, "ERROR: already shutting down\n");
    let script = [("reloadConfig()", fault(92, "CANT_REREAD: it's"))];
    let outcome = play(Scene { exchanges: script.into(), ..Scene::default() }, "update");
    let head = "error: <class 'xmlrpc.client.Fault'>, <Fault 92: \"CANT_REREAD: it's\">: file: ";
    assert!(outcome.stdout.starts_with(head), "{}", outcome.stdout);
}
