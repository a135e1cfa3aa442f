//! After any sequence of edits an incremental compilation gives what a fresh one gives.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::{io, path::Path};

use grammar::Span;
use proptest::prelude::*;

use super::*;
use crate::compile;
use crate::diagnostic::Diagnostic;
use crate::host::memory::MemoryHost;
use crate::host::{Group, PathKind, Stamp, User};
use crate::plan::{Plan, ProcessPlan};

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
    prop::sample::select(vec![ROOT, "/etc/d/a.conf", "/etc/d/b.conf", "/etc/e/c.conf"])
}

/// The text of a file: sections that depend on all that can change.
fn text() -> impl Strategy<Value = String> {
    let lines = prop::sample::select(vec![
        "[supervisord]",
        "environment=D=1",
        "environment=D=%(ENV_X)s",
        "[DEFAULT]",
        "directory=%(here)s",
        "[include]\nfiles=d/*.conf",
        "[include]\nfiles=d/*.conf e/*.conf d/a.conf",
        "[program:a]\ncommand=/a %(ENV_X)s",
        "[program:b]\ncommand=/b %(ENV_D)s",
        "[program:c]\ncommand=%(here)s/c",
        "[group:g]\nprograms=a",
        "[group:h]\nprograms=b,c",
        "[eventlistener:l]\ncommand=/l\nevents=TICK",
        "[fcgi-program:f]\ncommand=/f\nsocket=unix:///f",
        "user=www",
        "stdout_logfile=/log/x",
        "numprocs=2\nprocess_name=p%(process_num)d",
        "startsecs=no",
        "junk",
    ]);
    prop::collection::vec(lines, 0..9).prop_map(|lines| lines.join("\n") + "\n")
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        4 => (file(), text()).prop_map(|(file, text)| Edit::Write(file, text)),
        2 => (file(), text()).prop_map(|(file, text)| Edit::Sneak(file, text)),
        2 => file().prop_map(Edit::Twist),
        1 => file().prop_map(Edit::Delete),
        1 => prop::sample::select(vec![None, Some("1"), Some("x y")]).prop_map(|it| Edit::Env("X", it)),
        1 => any::<bool>().prop_map(Edit::User),
        1 => any::<bool>().prop_map(Edit::Directory),
    ]
}

/// A memory host whose stamps say less, and that counts what is asked of it.
#[derive(Default)]
struct Watched {
    memory: MemoryHost,
    unsettled: Mutex<Vec<std::path::PathBuf>>,
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

    /// Whether the next edits of these files come too soon to show in their stamps.
    fn unsettle(&self, next: Option<&Edit>) {
        let path = match next {
            Some(Edit::Sneak(path, _)) => Some(Path::new(path).to_owned()),
            _ => None,
        };
        *self.unsettled.lock().unwrap() = path.into_iter().collect();
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
        let settled = !self.unsettled.lock().unwrap().iter().any(|other| other == path);
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

/// A compilation without the numbers of files, which depend on the order they were met in: the
/// plan, the processes also where there is no plan, the findings, the variables.
type Comparable = (Option<Plan>, Vec<Arc<ProcessPlan>>, Vec<String>, Environment);

fn comparable(compiled: &Compiled) -> Comparable {
    let place = |span: &Span| {
        let path = compiled.sources.path(span.file).display().to_string();
        format!("{path}:{}..{}", span.start, span.end)
    };
    let show = |found: &Diagnostic| {
        let labels: Vec<String> = found.labels().iter().map(|label| place(&label.span)).collect();
        format!(
            "{} {labels:?} {} {:?} {:?}",
            found.code.id(),
            found.message,
            found.original,
            found.help
        )
    };
    let processes = compiled.settings.sections().flat_map(|section| section.processes());
    (
        compiled.plan.clone(),
        processes.cloned().collect(),
        compiled.diagnostics.iter().map(show).collect(),
        compiled.learned.clone(),
    )
}

fn options() -> Options {
    Options { depth: Depth::Host, ..Options::default() }
}

proptest! {
    #[test]
    fn any_edits_give_what_a_fresh_compilation_gives(edits in prop::collection::vec(edit(), 1..12)) {
        let mut host = Watched::default();
        let mut incremental = Incremental::default();
        host.apply(&Edit::Write(ROOT, "[supervisord]\n[include]\nfiles=d/*.conf\n".into()));
        for (index, edit) in edits.iter().enumerate() {
            host.unsettle(Some(edit));
            incremental.compile(&host, Path::new(ROOT), &options());
            host.apply(edit);
            host.unsettle(edits.get(index + 1));
            let again = incremental.compile(&host, Path::new(ROOT), &options());
            let fresh = compile(&host, Path::new(ROOT), &options());
            prop_assert_eq!(comparable(&again), comparable(&fresh));
        }
    }
}

/// A main file and two programs in files of their own.
fn two_programs() -> Watched {
    let memory = MemoryHost::new([
        (ROOT, "[supervisord]\n[include]\nfiles=d/*.conf\n"),
        ("/etc/d/a.conf", "[program:a]\ncommand=/a\n"),
        ("/etc/d/b.conf", "[program:b]\ncommand=/b\n"),
    ]);
    Watched { memory, ..Watched::default() }
}

fn groups(compiled: &Compiled) -> BTreeMap<String, *const crate::plan::GroupPlan> {
    let groups = &compiled.plan.as_ref().unwrap().groups;
    groups.iter().map(|group| (group.name.clone(), std::sync::Arc::as_ptr(group))).collect()
}

#[test]
fn reads_and_checks_only_what_changed() {
    let mut host = two_programs();
    let mut incremental = Incremental::default();
    let first = incremental.compile(&host, Path::new(ROOT), &options());
    assert_eq!(host.reads.swap(0, Ordering::Relaxed), 3);
    host.apply(&Edit::Write("/etc/d/b.conf", "[program:b]\ncommand=/c\n".into()));
    let second = incremental.compile(&host, Path::new(ROOT), &options());
    assert_eq!(host.reads.swap(0, Ordering::Relaxed), 1);
    assert_eq!(groups(&first)["a"], groups(&second)["a"]);
    assert_ne!(groups(&first)["b"], groups(&second)["b"]);
    incremental.compile(&host, Path::new(ROOT), &options());
    assert_eq!(host.reads.load(Ordering::Relaxed), 0);
}

#[test]
fn a_new_file_leaves_the_others_alone() {
    let mut host = two_programs();
    let mut incremental = Incremental::default();
    let first = incremental.compile(&host, Path::new(ROOT), &options());
    host.apply(&Edit::Write("/etc/d/aa.conf", "[program:aa]\ncommand=/c\n".into()));
    let second = incremental.compile(&host, Path::new(ROOT), &options());
    assert_eq!(groups(&first)["b"], groups(&second)["b"]);
    assert_eq!(groups(&second).len(), 3);
}
