//! The tests of all rules at once: their examples. A bad one has findings of its rule and of no
//! other; a good one has none; a fix makes the one of the other, and a safe one changes nothing of
//! the plan but the options that differ.

use std::path::Path;

use super::*;
use crate::host::memory::MemoryHost;
use crate::plan::Plan;
use crate::{Compiled, Options};

const ROOT: &str = "/etc/supervisord.conf";

struct Checked {
    compiled: Compiled,
    found: Diagnostics,
}

/// Compiles and lints one file on a machine that has little: `/srv/web`, `cat`, a few directories.
fn checked(text: &str, depth: Depth) -> Checked {
    let text = with_daemon(text);
    let files = [(ROOT, text.as_str()), ("/srv/web", ""), ("/bin/cat", "")];
    let host = MemoryHost::new(files)
        .with_env("HOME", "/root")
        .with_env("PATH", "/bin:/usr/bin")
        .with_env("VENV", "/srv/venv")
        .with_env("SECRET_OPS", "x");
    let options = Options { depth, ..Options::default() };
    let compiled = crate::compile(&host, Path::new(ROOT), &options);
    let policy = Policy { depth, ..Policy::default() };
    let found = run(&compiled.sources, &host, policy, &compiled.diagnostics);
    Checked { compiled, found }
}

fn with_daemon(text: &str) -> String {
    if text.contains("[supervisord]") { text.to_owned() } else { format!("{text}[supervisord]\n") }
}

fn shown(found: &Diagnostics) -> Vec<String> {
    found.iter().map(|one| format!("{} {}", one.code.id(), one.message)).collect()
}

#[test]
fn every_code_below_sv100_is_one_rule() {
    let ruled: Vec<&str> = rules().iter().map(|rule| rule.meta().code.id()).collect();
    let registered: Vec<&str> =
        codes::ALL.iter().map(|row| row.code.id()).filter(|id| *id < "SV100").collect();
    assert_eq!(ruled, registered);
}

#[test]
fn bad_examples_trigger_their_rule_and_only_it() {
    for meta in rules().iter().map(|rule| rule.meta()) {
        assert!(!meta.examples.is_empty(), "{} has no example", meta.code.id());
        for example in meta.examples {
            let checked = checked(example.bad, meta.depth);
            let only = checked.found.iter().all(|one| one.code == meta.code);
            let shown = shown(&checked.found);
            assert!(only && !shown.is_empty(), "{}: {shown:#?}\n{}", meta.code.id(), example.bad);
        }
    }
}

#[test]
fn good_examples_are_clean() {
    for meta in rules().iter().map(|rule| rule.meta()) {
        let good = meta.examples.iter().map(|example| example.good);
        for text in good.chain(meta.clean.iter().copied()) {
            let shown = shown(&checked(text, meta.depth).found);
            assert!(shown.is_empty(), "{}: {shown:#?}\n{text}", meta.code.id());
        }
    }
}

#[test]
fn fixes_make_the_good_of_the_bad() {
    for meta in rules().iter().map(|rule| rule.meta()) {
        for example in meta.examples {
            let before = checked(example.bad, meta.depth);
            let fix = |risky| {
                let fixed = fix::apply(&before.found, &before.compiled.sources, risky);
                fixed.into_values().next()
            };
            let good = Some(with_daemon(example.good));
            let expected = match example.mended {
                Mended::ByHand => (None, None),
                Mended::Safely => (good.clone(), good),
                Mended::Unsafely => (None, good),
            };
            assert_eq!((fix(false), fix(true)), expected, "{}", meta.code.id());
        }
    }
}

#[test]
fn safe_fixes_change_one_option_of_the_plan() {
    for meta in rules().iter().map(|rule| rule.meta()) {
        for example in meta.examples.iter().filter(|example| example.mended == Mended::Safely) {
            let plan = |text| checked(text, meta.depth).compiled.plan;
            let (Some(bad), Some(good)) = (plan(example.bad), plan(example.good)) else { continue };
            let changed = changed_options(&bad, &good);
            assert!(changed.len() <= 1, "{}: {changed:?}\n{}", meta.code.id(), example.bad);
        }
    }
}

/// What `text` comes to on the machine `host`, as `CODE message` lines of warnings and advice.
fn on_the_machine(host: &MemoryHost, text: &str, neighbours: &[Neighbour]) -> Vec<String> {
    let mut host = host.clone();
    host.write(ROOT, with_daemon(text));
    let options = Options { depth: Depth::Host, ..Options::default() };
    let compiled = crate::compile(&host, Path::new(ROOT), &options);
    let policy = Policy { depth: Depth::Host, ..Policy::default() };
    let (sources, found) = (&compiled.sources, &compiled.diagnostics);
    shown(&run_beside(sources, &host, policy, found, neighbours))
}

#[test]
fn passwords_everybody_can_read() {
    let text = "[inet_http_server]\nport=127.0.0.1:9\nusername=u\npassword=p\n[supervisorctl]\n\
        serverurl=http://127.0.0.1:9\nusername=u\npassword=p\n[rpcinterface:supervisor]\n\
        supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n";
    let mut host = MemoryHost::default();
    assert!(on_the_machine(&host, text, &[]).is_empty());
    host.modes.insert(ROOT.into(), 0o644);
    let found = on_the_machine(&host, text, &[]);
    assert_eq!(found, ["SV039 everybody on this machine can read this password"; 2]);
    let text = text.replace("password=p", "password={SHA}148de9c5a7a44d19e56cd9ae1a554bf67847afb0");
    assert!(!on_the_machine(&host, &text, &[]).iter().any(|found| found.contains("read")));
}

#[test]
fn a_daemon_of_root() {
    let host = MemoryHost { uid: Some(0), ..MemoryHost::default() };
    let found = on_the_machine(&host, "", &[]);
    assert_eq!(found, ["SV039 this daemon and its programs run as root"]);
    assert!(on_the_machine(&MemoryHost::default(), "", &[]).is_empty());
}

#[test]
fn wrapper_scripts() {
    let check = |script: &str, expected: usize| {
        let host = MemoryHost::new([("/srv/run.sh", script)]);
        let found = on_the_machine(&host, "[program:a]\ncommand=/srv/run.sh\n", &[]);
        assert_eq!(found.len(), expected, "{script}: {found:?}");
    };
    check("#!/bin/sh\nexport A=1\n/srv/app --port 80\n", 1);
    check("#!/usr/bin/env bash\n. /srv/env\n./app\n", 1);
    check("#!/bin/sh\nexec /srv/app\n", 0);
    check("#!/bin/sh\ntrap 'kill $pid' TERM\n/srv/app & pid=$!\nwait\n", 0);
    check("#!/usr/bin/python3\n/srv/app\n", 0);
    check("#!/bin/sh\necho done\n", 0);
}

#[test]
fn two_daemons_of_one_machine() {
    let neighbour = |text: &str| {
        let mut sources = Sources::default();
        sources.add("/etc/first.conf", with_daemon(text));
        [Neighbour::new(&sources)]
    };
    let check = |first: &str, second: &str, expected: &[&str]| {
        let found = on_the_machine(&MemoryHost::default(), second, &neighbour(first));
        assert_eq!(found, expected);
    };
    let places = "[supervisord]\npidfile=/p.pid\n";
    check(places, places, &["SV034 `/p.pid` is taken by the daemon of /etc/first.conf"]);
    check(places, "[supervisord]\npidfile=/q.pid\n", &[]);
    let logs = "[program:a]\ncommand=/etc/supervisord.conf\n";
    let deleted = "SV034 a start of this daemon deletes the AUTO logs of /etc/first.conf";
    check(logs, logs, &[deleted]);
    check(logs, &format!("[supervisord]\nidentifier=two\n{logs}"), &[]);
    check(logs, &format!("[supervisord]\nnocleanup=true\n{logs}"), &[]);
    check(logs, "[program:a]\ncommand=/etc/supervisord.conf\nstdout_logfile=NONE\n", &[]);
}

#[test]
fn includes_that_match_nothing() {
    let text = "[include]\nfiles=/etc/none/*.conf\n";
    let found = on_the_machine(&MemoryHost::default(), text, &[]);
    assert_eq!(found, ["SV037 no file matches `/etc/none/*.conf` on this machine"]);
    assert!(checked(text, Depth::Plan).found.is_empty());
}

/// The options in which two plans of the same processes differ.
fn changed_options(one: &Plan, other: &Plan) -> Vec<String> {
    let processes = |plan: &Plan| -> Vec<serde_json::Value> {
        let groups = plan.groups.iter().flat_map(|group| &group.processes);
        groups.map(|process| serde_json::to_value(&process.program).expect("plain data")).collect()
    };
    let mut changed = Vec::new();
    for (before, after) in processes(one).iter().zip(&processes(other)) {
        let (Some(before), Some(after)) = (before.as_object(), after.as_object()) else { continue };
        let names = before.iter().filter(|(key, value)| after.get(*key) != Some(value));
        changed.extend(names.map(|(key, _)| key.clone()));
    }
    changed.dedup();
    changed
}
