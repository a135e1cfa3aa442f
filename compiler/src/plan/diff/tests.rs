//! The rules of equality row by row, and the properties of diff and changeset over random pairs of
//! configurations.

use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::host::User;
use crate::host::memory::MemoryHost;
use crate::plan::changeset::{Step, changeset};
use crate::{Depth, Options, compile};

fn plan(text: &str) -> Plan {
    let host = MemoryHost::new([("/s.conf", format!("[supervisord]\n{text}"))]);
    let compiled = compile(&host, Path::new("/s.conf"), &Options::default());
    let found = compiled.original_error().map(str::to_owned);
    compiled.plan.unwrap_or_else(|| panic!("{found:?}"))
}

fn active(plan: &Plan) -> impl Iterator<Item = &GroupPlan> + Clone {
    plan.groups.iter().map(|group| &**group)
}

/// What a reread of `new` reports where `old` runs: `+added ~changed -removed`.
#[track_caller]
fn check(old: &str, new: &str, expected: &str) {
    let (old, new) = (plan(old), plan(new));
    let Reread { added, changed, removed } = reread(active(&old), &new);
    let mut shown: Vec<String> = added.iter().map(|name| format!("+{name}")).collect();
    shown.extend(changed.iter().map(|name| format!("~{name}")));
    shown.extend(removed.iter().map(|name| format!("-{name}")));
    assert_eq!(shown.join(" "), expected);
}

fn program(options: &str) -> String {
    format!("[program:a]\ncommand=/x\n{options}\n")
}

#[test]
fn options_that_count() {
    // CFG-366, CFG-369, CFG-494
    check(&program(""), &program("command=/y"), "~a");
    check(&program("exitcodes=0,1"), &program("exitcodes=1,0"), "~a");
    check(&program(""), &program("numprocs=2\nprocess_name=a%(process_num)d"), "~a");
    check(&program(""), "[supervisord]\nenvironment=A=1\n[program:a]\ncommand=/x", "~a");
}

/// Every option whose value is compared, with one that is not its default.
const COMPARED: [(&str, &str); 31] = [
    ("priority", "5"),
    ("autostart", "false"),
    ("autorestart", "true"),
    ("startsecs", "5"),
    ("startretries", "5"),
    ("stopsignal", "INT"),
    ("stopwaitsecs", "5"),
    ("stopasgroup", "true"),
    ("killasgroup", "true"),
    ("exitcodes", "0,5"),
    ("redirect_stderr", "true"),
    ("stdout_capture_maxbytes", "5"),
    ("stdout_events_enabled", "true"),
    ("stderr_capture_maxbytes", "5"),
    ("stderr_events_enabled", "true"),
    ("serverurl", "http://x"),
    ("user", "stranger"),
    ("umask", "077"),
    ("environment", "A=5"),
    ("directory", "/"),
    ("stdout_logfile", "/o"),
    ("stdout_logfile_backups", "5"),
    ("stdout_logfile_maxbytes", "5"),
    ("stdout_syslog", "true"),
    ("stderr_logfile", "/e"),
    ("stderr_logfile_backups", "5"),
    ("stderr_logfile_maxbytes", "5"),
    ("stderr_syslog", "true"),
    ("command", "/y"),
    // Through the names and the number of processes alone (CFG-371).
    ("process_name", "b"),
    ("numprocs", "0"),
];

// CFG-366, CFG-371
#[test]
fn every_option_counts() {
    let plan = |options: &str| {
        let text = format!("[supervisord]\n[program:a]\ncommand=/x\n{options}\n");
        let mut host = MemoryHost::new([("/s.conf", text)]);
        let home = "/".into();
        host.users = vec![User { name: "stranger".to_owned(), uid: 7, gid: 7, home }];
        let options = Options { depth: Depth::Host, ..Options::default() };
        compile(&host, Path::new("/s.conf"), &options).plan.expect("a plan")
    };
    for row in Program::OPTIONS {
        let known = COMPARED.iter().find(|(name, _)| *name == row.name);
        let (name, value) = known.unwrap_or(&("numprocs_start", "5"));
        assert_eq!(*name, row.name);
        let changed = reread(active(&plan("")), &plan(&format!("{name}={value}"))).changed;
        // Without a number in its name a process does not depend on its number.
        assert_eq!(changed.is_empty(), *name == "numprocs_start", "{name}");
    }
}

#[test]
fn values_count_not_words() {
    // CFG-368, CFG-370, CFG-371
    check(&program("stopsignal=15"), &program("stopsignal=TERM"), "");
    check(&program("umask=22"), &program("umask=022"), "");
    check(&program("environment=A=1,B=2"), &program("environment=B=2,A=1"), "");
    check(&program(""), &program("numprocs_start=0\nunknown=1\nprocess_name=a"), "");
}

#[test]
fn auto_is_not_compared() {
    // CFG-367, CFG-492
    check(&program("stdout_logfile=/o"), &program(""), "");
    check(&program(""), &program("stdout_logfile=/o"), "~a");
    check(&program(""), &program("stderr_logfile=NONE"), "~a");
    check(&program("stdout_logfile=/o"), &program("stdout_logfile=NONE"), "~a");
}

#[test]
fn kinds_of_group() {
    // CFG-361, CFG-362, CFG-363, CFG-364, CFG-365, CFG-493
    let fcgi = |options: &str| format!("[fcgi-program:a]\ncommand=/x\nsocket=tcp://H:9\n{options}");
    let pool = |options: &str| format!("[eventlistener:a]\ncommand=/x\nevents=TICK\n{options}");
    check(&program(""), &fcgi(""), "~a");
    check(&fcgi(""), &fcgi("socket_backlog=5"), "");
    check(&fcgi(""), &fcgi("socket=tcp://h:10"), "~a");
    check(&pool("priority=999"), &program(""), "~a");
    check(&pool(""), &pool("buffer_size=11"), "~a");
    check(&pool("events=TICK,EVENT"), &pool("events=EVENT,TICK"), "");
}

#[test]
fn groups_and_members() {
    // CFG-372, CFG-373
    let with = |group: &str| format!("{}[program:b]\ncommand=/y\n{group}", program(""));
    check(&with(""), &with("[group:g]\nprograms=a"), "+g -a");
    check(&with("[group:g]\nprograms=a,b"), &with("[group:g]\nprograms=b,a"), "~g");
    check(&program(""), &format!("{}[group:a]\nprograms=a", program("")), "");
}

#[test]
fn names_the_option_and_how_it_applies() {
    let found = diff(&plan(&program("startsecs=1")), &plan(&program("startsecs=5\numask=022")));
    let [GroupDiff::Changed(change)] = &found.groups[..] else { panic!("{found:?}") };
    let [ProcessDiff::Changed(name, options)] = &change.processes[..] else { panic!("{change:?}") };
    assert_eq!(name, "a");
    let rows: Vec<_> = options.iter().map(|it| (it.name, it.new.to_string(), it.reload)).collect();
    let expected = [
        ("startsecs", "5".to_owned(), Reload::Restart),
        ("umask", "022".to_owned(), Reload::Restart),
    ];
    assert_eq!(rows, expected);
    let found = diff(&plan("identifier=a"), &plan("identifier=b\npidfile=/run/p"));
    let rows: Vec<_> = found.daemon.iter().map(|it| (it.name, it.reload)).collect();
    assert_eq!(rows, [("pidfile", Reload::Daemon), ("identifier", Reload::Live)]);
}

/// A configuration of a few programs, each of a few versions, some in a group.
fn configurations() -> impl Strategy<Value = String> {
    let version = prop::sample::select(vec![
        "",
        "priority=5",
        "numprocs=2\nprocess_name=%(program_name)s%(process_num)d",
        "stdout_logfile=/o",
        "environment=A=1",
    ]);
    let programs =
        prop::collection::vec((prop::sample::select(vec!["a", "b", "c"]), version), 0..4);
    (programs, any::<bool>(), any::<bool>()).prop_map(|(programs, group, environment)| {
        let mut text = String::from(if environment { "environment=D=1\n" } else { "" });
        for (name, version) in &programs {
            text.push_str(&format!("[program:{name}]\ncommand=/x\n{version}\n"));
        }
        if let Some((first, _)) = programs.first().filter(|_| group) {
            text.push_str(&format!("[group:a]\nprograms={first}\n"));
        }
        text
    })
}

proptest! {
    #[test]
    fn a_plan_does_not_differ_from_itself(text in configurations()) {
        let (one, other) = (plan(&text), plan(&text));
        prop_assert!(diff(&one, &other).is_empty());
        prop_assert_eq!(diff(&one, &other).groups, vec![]);
    }

    #[test]
    fn applying_a_diff_gives_the_new_plan(old in configurations(), new in configurations()) {
        let (old, new) = (plan(&old), plan(&new));
        let found = diff(&old, &new);
        prop_assert_eq!(found.is_empty(), old == new);
        prop_assert_eq!(found.apply(&old), new);
    }

    #[test]
    fn a_changeset_leaves_unchanged_groups_alone(old in configurations(), new in configurations()) {
        let (old, new) = (plan(&old), plan(&new));
        // CFG-374: a name that is configured twice is changed for ever.
        let mut names: Vec<&str> = new.groups.iter().map(|group| group.name.as_str()).collect();
        names.sort_unstable();
        prop_assume!(names.windows(2).all(|pair| pair[0] != pair[1]));
        let report = reread(active(&old), &new);
        for step in changeset(&report, &new).0 {
            let earlier = old.groups.iter().find(|group| group.name == step.group());
            match &step {
                Step::Stop(name) | Step::Remove(name) => {
                    prop_assert!(report.changed.contains(name) || report.removed.contains(name));
                }
                Step::Add(group) => {
                    prop_assert!(earlier.is_none_or(|earlier| group_differs(earlier, group)));
                }
            }
        }
    }
}
