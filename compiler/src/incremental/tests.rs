//! After any sequence of edits an incremental compilation gives what a fresh one gives.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;

use super::*;
use crate::Depth;
use crate::compile;
use crate::host::memory::MemoryHost;
use crate::host::{Group, PathKind, Stamp, User};
use crate::plan::GroupPlan;

const ROOT: &str = "/etc/s.conf";

/// One thing that happens between two compilations.
#[derive(Clone, Debug)]
enum Edit {
    /// A file gets this text.
    Write(&'static str, String),
    /// The same, but its stamp does not show it: only an unsettled stamp gives it away.
    Sneak(&'static str, String),
    /// Every command of a file becomes another of the same length.
    Twist(&'static str),
    Delete(&'static str),
    Env(&'static str, Option<&'static str>),
    User(bool),
    Directory(bool),
}

fn file() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        1 => Just(ROOT),
        6 => one_of(&["/etc/d/a.conf", "/etc/d/b.conf", "/etc/d/c.conf", "/etc/e/a.conf"]),
    ]
}

fn one_of(texts: &[&'static str]) -> impl Strategy<Value = &'static str> + use<> {
    prop::sample::select(texts.to_vec())
}

/// A program or what is like one, under a name that another file may have too.
fn program() -> impl Strategy<Value = String> {
    let kind = prop_oneof![
        8 => Just("[program:NAME]\ncommand=/NAME"),
        1 => Just("[fcgi-program:NAME]\nsocket=unix:///NAME\ncommand=/NAME"),
        1 => Just("[eventlistener:NAME]\nevents=TICK\ncommand=/NAME"),
    ];
    let arguments = one_of(&["", "", " %(ENV_X)s", " %(ENV_D)s", " %(here)s", " %(program_name)s"]);
    let option = one_of(&[
        "",
        "",
        "",
        "priority=1",
        "user=www",
        "stdout_logfile=/log/x",
        "stdout_logfile=syslog",
        "numprocs=2\nprocess_name=p%(process_num)d",
    ]);
    (one_of(&["a", "b", "c", "d"]), kind, arguments, option).prop_map(
        |(name, kind, arguments, option)| {
            format!("{kind}{arguments}\n{option}\n").replace("NAME", name)
        },
    )
}

/// A section that may stand in any file.
fn section() -> impl Strategy<Value = String> {
    let group = (one_of(&["a", "g", "h"]), one_of(&["a", "b", "c", "b,c", "a,d", ""]))
        .prop_map(|(name, programs)| format!("[group:{name}]\nprograms={programs}\n"));
    let other = one_of(&[
        "[DEFAULT]\nstartsecs=7\n",
        "[DEFAULT]\ndirectory=%(here)s\n",
        "[supervisord]\nenvironment=D=3\n",
        "[supervisord]\nminfds=77\n",
        "[inet_http_server]\nport=9001\n",
        "[unknown]\nx=1\n",
        "; a comment\n",
        "junk\n",
        "[program:a]\nstartsecs=no\n",
    ]);
    prop_oneof![12 => program(), 3 => group, 1 => other.prop_map(str::to_owned)]
}

/// The text of a file: sections that depend on all that can change, mostly without a mistake.
fn text(path: &'static str) -> impl Strategy<Value = String> {
    let head = (
        one_of(&[
            "environment=D=1",
            "environment=D=1",
            "environment=D=%(ENV_X)s",
            "environment=X=%(ENV_X)s0",
            "user=www",
        ]),
        one_of(&["d/*.conf", "d/*.conf e/*.conf", "d/*.conf e/*.conf d/a.conf"]),
    )
        .prop_map(|(option, files)| format!("[supervisord]\n{option}\n[include]\nfiles={files}\n"));
    (head, prop::collection::vec(section(), 0..4)).prop_map(move |(head, sections)| {
        let head = if path == ROOT { head } else { String::new() };
        head + &sections.concat()
    })
}

/// A file and a text for it.
fn written() -> impl Strategy<Value = (&'static str, String)> {
    file().prop_flat_map(|file| (Just(file), text(file)))
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        12 => written().prop_map(|(file, text)| Edit::Write(file, text)),
        3 => written().prop_map(|(file, text)| Edit::Sneak(file, text)),
        6 => file().prop_map(Edit::Twist),
        2 => file().prop_map(Edit::Delete),
        1 => one_of(&["", "1", "x y"]).prop_map(|value| {
            Edit::Env("X", Some(value).filter(|value| !value.is_empty()))
        }),
        1 => prop::bool::weighted(0.8).prop_map(Edit::User),
        1 => prop::bool::weighted(0.8).prop_map(Edit::Directory),
    ]
}

/// A memory host whose stamps say less, and that counts what is asked of it.
#[derive(Default)]
struct Watched {
    memory: MemoryHost,
    unsettled: Option<PathBuf>,
    reads: AtomicUsize,
}

impl Watched {
    fn apply(&mut self, edit: &Edit) {
        match edit {
            Edit::Write(path, text) => self.memory.write(*path, text.as_bytes()),
            Edit::Sneak(path, text) => {
                self.memory.files.insert(path.into(), text.clone().into_bytes());
            }
            Edit::Twist(path) => {
                let text = self.memory.files.get(Path::new(path)).cloned().unwrap_or_default();
                let text = String::from_utf8(text).unwrap().replace("command=", "Command=/");
                self.memory.write(*path, text.replace("Command=//", "command=/").into_bytes());
            }
            Edit::Delete(path) => drop(self.memory.files.remove(Path::new(path))),
            Edit::Env(name, Some(value)) => {
                self.memory.env.insert((*name).to_owned(), (*value).to_owned());
            }
            Edit::Env(name, None) => drop(self.memory.env.remove(*name)),
            Edit::User(exists) => {
                let user = User { name: "www".into(), uid: 33, gid: 33, home: "/".into() };
                self.memory.users = exists.then_some(user).into_iter().collect();
            }
            Edit::Directory(exists) => {
                self.memory.directories = exists.then(|| "/log".into()).into_iter().collect();
            }
        }
    }

    /// Touches the file that the next edit changes, if that comes too soon to show in its stamp.
    fn unsettle(&mut self, next: Option<&Edit>) {
        let path = match next {
            Some(Edit::Sneak(path, _)) => Some(PathBuf::from(path)),
            _ => None,
        };
        if let Some(path) = &path {
            *self.memory.edits.entry(path.clone()).or_default() += 1;
        }
        self.unsettled = path;
    }
}

impl Host for Watched {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.memory.read(path)
    }
    fn glob(&self, pattern: &str) -> io::Result<Vec<PathBuf>> {
        self.memory.glob(pattern)
    }
    fn stamp(&self, path: &Path) -> Option<Stamp> {
        let settled = self.unsettled.as_deref() != Some(path);
        self.memory.stamp(path).map(|stamp| Stamp { settled, size: 0, ..stamp })
    }
    fn env(&self, name: &str) -> Option<String> {
        self.memory.env(name)
    }
    fn env_names(&self) -> Vec<String> {
        self.memory.env_names()
    }
    fn hostname(&self) -> String {
        self.memory.hostname()
    }
    fn user(&self, name: &str) -> Option<User> {
        self.memory.user(name)
    }
    fn group(&self, name: &str) -> Option<Group> {
        self.memory.group(name)
    }
    fn kind(&self, path: &Path) -> Option<PathKind> {
        self.memory.kind(path)
    }
    fn mode(&self, path: &Path) -> Option<u32> {
        self.memory.mode(path)
    }

    fn working_dir(&self) -> PathBuf {
        self.memory.working_dir()
    }
    fn temp_dir(&self) -> PathBuf {
        self.memory.temp_dir()
    }
    fn uid(&self) -> u32 {
        self.memory.uid()
    }
}

/// What a daemon remembers between two readings of its configuration.
#[derive(Default)]
struct Daemon {
    incremental: Incremental,
    learned: Option<Environment>,
}

impl Daemon {
    /// Starts or, if it has started, reads again; what a fresh compilation would have said.
    fn read(&mut self, host: &Watched) -> (Outcome, Outcome) {
        let options =
            Options { depth: Depth::Host, reread: self.learned.clone(), ..Options::default() };
        let fresh = outcome(compile(host, Path::new(ROOT), &options));
        let again = match self.learned {
            None => outcome(self.incremental.start(host, Path::new(ROOT), &options)),
            Some(_) => self.incremental.compile(host, Path::new(ROOT), &options),
        };
        self.learned = Some(again.learned.clone());
        (again, fresh)
    }
}

fn outcome(compiled: Compiled) -> Outcome {
    let refusal = compiled.diagnostics.first_error().map(Diagnostic::told).unwrap_or_default();
    Outcome { plan: compiled.plan.ok_or(refusal), learned: compiled.learned }
}

proptest! {
    #[test]
    fn any_edits_give_what_a_fresh_compilation_gives(edits in prop::collection::vec(edit(), 1..20)) {
        let mut host = Watched::default();
        let mut daemon = Daemon::default();
        let main = "[supervisord]\nenvironment=D=1\n[include]\nfiles=d/*.conf e/*.conf\n";
        let start = [
            Edit::Write(ROOT, main.into()),
            Edit::Env("X", Some("1")),
            Edit::User(true),
            Edit::Directory(true),
        ];
        start.iter().for_each(|edit| host.apply(edit));
        for (index, edit) in edits.iter().enumerate() {
            host.unsettle(Some(edit));
            daemon.read(&host);
            host.apply(edit);
            host.unsettle(edits.get(index + 1));
            let (again, fresh) = daemon.read(&host);
            prop_assert_eq!(again, fresh);
        }
    }
}

/// A main file and two programs in files of their own.
fn two_programs() -> Watched {
    let memory = MemoryHost::new([
        (ROOT, "[supervisord]\nenvironment=D=1\n[include]\nfiles=d/*.conf\n"),
        ("/etc/d/a.conf", "[program:a]\ncommand=/a %(ENV_D)s\n"),
        ("/etc/d/b.conf", "[program:b]\ncommand=/b\n"),
    ]);
    Watched { memory, ..Watched::default() }
}

fn groups(outcome: &Outcome) -> BTreeMap<String, *const GroupPlan> {
    let groups = &outcome.plan.as_ref().unwrap().groups;
    groups.iter().map(|group| (group.name.clone(), Arc::as_ptr(group))).collect()
}

/// Reads again; the plan, which must be that of a fresh compilation, and how many files were read.
fn again(daemon: &mut Daemon, host: &Watched) -> (Outcome, usize) {
    let options =
        Options { depth: Depth::Host, reread: daemon.learned.clone(), ..Options::default() };
    host.reads.store(0, Ordering::Relaxed);
    let outcome = daemon.incremental.compile(host, Path::new(ROOT), &options);
    let reads = host.reads.load(Ordering::Relaxed);
    assert_eq!(outcome, self::outcome(compile(host, Path::new(ROOT), &options)));
    (outcome, reads)
}

#[test]
fn reads_and_checks_only_what_changed() {
    let mut host = two_programs();
    let mut daemon = Daemon::default();
    let (first, _) = daemon.read(&host);
    host.apply(&Edit::Write("/etc/d/b.conf", "[program:b]\ncommand=/c\n".into()));
    let (second, reads) = again(&mut daemon, &host);
    assert_eq!(reads, 1);
    assert_eq!(groups(&first)["a"], groups(&second)["a"]);
    assert_ne!(groups(&first)["b"], groups(&second)["b"]);
    let (third, reads) = again(&mut daemon, &host);
    assert_eq!((reads, groups(&third)), (0, groups(&second)));
}

#[test]
fn files_come_and_go_by_themselves() {
    let mut host = two_programs();
    let mut daemon = Daemon::default();
    let (first, _) = daemon.read(&host);
    host.apply(&Edit::Write("/etc/d/aa.conf", "[program:aa]\ncommand=/c\n".into()));
    let (second, reads) = again(&mut daemon, &host);
    assert_eq!((reads, groups(&second).len()), (1, 3));
    assert_eq!(groups(&first)["b"], groups(&second)["b"]);
    host.apply(&Edit::Delete("/etc/d/a.conf"));
    let (third, reads) = again(&mut daemon, &host);
    assert_eq!((reads, groups(&third).len()), (0, 2));
    assert_eq!(groups(&first)["b"], groups(&third)["b"]);
}

#[test]
fn what_files_share_is_compiled_together() {
    // Each edit makes one file matter to another: by a section, a group, a member, a default.
    for (path, text) in [
        ("/etc/d/b.conf", "[program:b]\ncommand=/b\n[program:a]\nstartsecs=9\n"),
        ("/etc/d/b.conf", "[program:b]\ncommand=/b\n[group:g]\nprograms=a,b\n"),
        ("/etc/d/b.conf", "[program:b]\ncommand=/b\n[eventlistener:a]\ncommand=/l\nevents=TICK\n"),
        ("/etc/d/b.conf", "[program:b]\ncommand=/b\n[DEFAULT]\nstartsecs=9\n"),
        ("/etc/d/b.conf", "[program:b]\ncommand=/b\n[supervisord]\nminfds=99\n"),
        ("/etc/d/b.conf", "[program:b]\ncommand=/b\n[inet_http_server]\nport=9\n"),
        ("/etc/d/b.conf", "[program:b]\ncommand=/b\nstdout_logfile=syslog\n"),
        ("/etc/d/b.conf", "[fcgi-program:a]\ncommand=/b\nsocket=tcp://h:1\n"),
        (
            "/etc/d/b.conf",
            "[fcgi-program:a]\ncommand=/b\nsocket=tcp://h:1\n[group:g]\nprograms=a\n",
        ),
        (ROOT, "[supervisord]\nenvironment=D=2\n[include]\nfiles=d/*.conf\n"),
        (
            ROOT,
            "[supervisord]\nenvironment=D=1\n[include]\nfiles=d/*.conf\n[program:b]\nstartsecs=9\n",
        ),
    ] {
        let mut host = two_programs();
        let mut daemon = Daemon::default();
        daemon.read(&host);
        host.apply(&Edit::Write(path, text.into()));
        again(&mut daemon, &host);
        host.apply(&Edit::Write("/etc/d/a.conf", "[program:a]\ncommand=/a2\n".into()));
        again(&mut daemon, &host);
    }
}

#[test]
fn a_program_and_an_fcgi_program_share_a_name() {
    let mut host = two_programs();
    let member = "[program:a]\ncommand=/a\n[group:g]\nprograms=a\n";
    host.apply(&Edit::Write("/etc/d/a.conf", member.into()));
    let mut daemon = Daemon::default();
    assert_eq!(groups(&daemon.read(&host).0).len(), 2);
    let other = "[fcgi-program:a]\ncommand=/b\nsocket=tcp://h:1\n";
    host.apply(&Edit::Write("/etc/d/b.conf", other.into()));
    assert!(again(&mut daemon, &host).0.plan.is_err_and(|error| error.contains("ambiguous")));
}

#[test]
fn another_process_of_the_program_takes_over() {
    let mut host = two_programs();
    let mut daemon = Daemon::default();
    let (first, _) = daemon.read(&host);
    daemon.incremental = Incremental::unpack(&mut &*daemon.incremental.pack().unwrap()).unwrap();
    let (second, reads) = again(&mut daemon, &host);
    assert_eq!((reads, &second), (0, &first));
    host.apply(&Edit::Write("/etc/d/b.conf", "[program:b]\ncommand=/c\n".into()));
    assert_eq!(again(&mut daemon, &host).1, 1);
}

// CFG-172
#[test]
fn who_takes_over_need_not_look_the_daemons_user_up() {
    let mut host = two_programs();
    host.apply(&Edit::User(true));
    host.apply(&Edit::Write(ROOT, "[supervisord]\nuser=www\n[include]\nfiles=d/b.conf\n".into()));
    let mut daemon = Daemon::default();
    let (first, _) = daemon.read(&host);
    let packed = daemon.incremental.pack().unwrap();
    let taken_over = Incremental::unpack(&mut &*packed).unwrap().plan().unwrap();
    assert_eq!(taken_over.supervisord.user.as_ref().and_then(|user| user.uid), Some(33));
    assert_eq!(Ok(taken_over), first.plan);
}

// CFG-157
#[test]
fn a_variable_learned_leads_to_other_files() {
    let mut host = two_programs();
    host.apply(&Edit::Env("W", Some("d")));
    let root = "[supervisord]\nenvironment=W=e\n[include]\nfiles=%(ENV_W)s/*.conf\n";
    host.apply(&Edit::Write(ROOT, root.into()));
    host.apply(&Edit::Write("/etc/d/a.conf", "[program:a]\ncommand=/a\n".into()));
    host.apply(&Edit::Write("/etc/e/c.conf", "[program:c]\ncommand=/c\n".into()));
    let mut daemon = Daemon::default();
    assert!(groups(&daemon.read(&host).0).into_keys().eq(["a", "b"]));
    assert!(groups(&again(&mut daemon, &host).0).into_keys().eq(["c"]));
}

#[test]
fn what_is_too_much_together_is_refused() {
    let processes = |name: &str, count: usize| {
        let long = "x".repeat(1 << 20);
        format!(
            "[program:{name}]\nnumprocs={count}\nprocess_name=%(process_num)d\ncommand=/{long}\n"
        )
    };
    let mut host = two_programs();
    host.apply(&Edit::Write("/etc/d/a.conf", processes("a", 160)));
    let mut daemon = Daemon::default();
    daemon.read(&host);
    host.apply(&Edit::Write("/etc/d/b.conf", processes("b", 100)));
    let refused = again(&mut daemon, &host).0.plan;
    assert!(refused.is_err_and(|error| error.contains("more than 256 MiB")));
}
