//! `pidproxy`: what it runs, which signals it passes on and to whom, and how it ends.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus};

use harness::installation::command;
use harness::{Installation, Run, Sandbox, wait_until};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::both;

/// Writes its pid as some programs do, what it is called and every signal it gets. Ends by SIGTERM.
const PROGRAM: &str = "#!/bin/sh
for name in HUP INT QUIT USR1 USR2; do trap \"echo $name >> heard\" $name; done
trap 'echo TERM >> heard; exit 7' TERM
echo \"$0 $1\" > called
echo \" $$ \" > x.pid
while :; do sleep 0.02; done
";

fn pidproxy(installation: &Installation) -> PathBuf {
    match installation.label {
        "ours" => env!("CARGO_BIN_EXE_pidproxy-under-test").into(),
        _ => installation.supervisord.with_file_name("pidproxy"),
    }
}

/// The proxy as a command. Signals that were ignored when the tests were started, as a shell does for
/// what it runs in the background, could not be trapped by the program.
fn proxy(installation: &Installation, sandbox: &Sandbox) -> Command {
    let mut env = command(sandbox, "env");
    env.arg("--default-signal").arg(pidproxy(installation));
    env
}

/// A proxy with its program, both in a sandbox.
struct Proxy<'s> {
    sandbox: &'s Sandbox,
    process: Child,
}

impl<'s> Proxy<'s> {
    /// Waits until the program has written its pid.
    fn start(installation: &Installation, sandbox: &'s Sandbox) -> Self {
        sandbox.script("program", PROGRAM);
        let mut proxy = proxy(installation, sandbox);
        let out = File::create(sandbox.join("out")).expect("a file");
        // The original would keep what it says to itself until it ends.
        proxy.args(["x.pid", "program", "one"]).env("PYTHONUNBUFFERED", "1").stdout(out);
        let process = proxy.spawn().expect("a proxy");
        wait_until("the pid is written", || sandbox.read("x.pid").ends_with(" \n"));
        Proxy { sandbox, process }
    }

    /// The program, whoever it belongs to.
    fn program(&self) -> Pid {
        Pid::from_raw(self.sandbox.read("x.pid").trim().parse().expect("a pid"))
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.process.id().cast_signed()), signal).expect("a live proxy");
    }

    fn wait_for_heard(&self, expected: &str) {
        wait_until(&format!("{expected:?} is heard"), || self.sandbox.read("heard") == expected);
    }

    fn has_ended(&mut self) -> bool {
        self.process.try_wait().expect("a child").is_some()
    }

    fn wait(&mut self) -> ExitStatus {
        wait_until("the proxy ends", || self.has_ended());
        self.process.wait().expect("a child")
    }
}

// CFG-433, CFG-435, LIB-024
#[test]
fn signals_are_passed_on_to_the_pid_in_the_file() {
    for installation in both() {
        let sandbox = Sandbox::new();
        let mut proxy = Proxy::start(&installation, &sandbox);
        // Not looked up, and called by the name that was typed.
        assert!(sandbox.read("called").ends_with("program one\n"));
        let mut heard = String::new();
        for signal in [Signal::SIGHUP, Signal::SIGUSR1, Signal::SIGUSR2] {
            proxy.signal(signal);
            heard += &format!("{}\n", &signal.as_str()["SIG".len()..]);
            proxy.wait_for_heard(&heard);
            assert!(!proxy.has_ended(), "{}: {signal}", installation.label);
        }
        proxy.signal(Signal::SIGTERM);
        assert!(proxy.wait().success(), "{}", installation.label);
        proxy.wait_for_heard(&(heard + "TERM\n"));
    }
}

// CFG-435
#[test]
fn an_interrupt_ends_the_proxy_and_not_the_program() {
    for (installation, signal) in
        both().flat_map(|one| [(one.clone(), Signal::SIGINT), (one, Signal::SIGQUIT)])
    {
        let sandbox = Sandbox::new();
        let mut proxy = Proxy::start(&installation, &sandbox);
        proxy.signal(signal);
        assert!(proxy.wait().success(), "{}: {signal}", installation.label);
        let name = &signal.as_str()["SIG".len()..];
        proxy.wait_for_heard(&format!("{name}\n"));
        kill(proxy.program(), Signal::SIGTERM).expect("a program that lives on");
        proxy.wait_for_heard(&format!("{name}\nTERM\n"));
    }
}

// CFG-436, LIB-025
#[test]
fn a_pid_file_that_holds_none_ends_nothing() {
    for installation in both() {
        let sandbox = Sandbox::new();
        let mut proxy = Proxy::start(&installation, &sandbox);
        let pid = sandbox.read("x.pid");
        let told = |times| {
            let out = || sandbox.read("out");
            wait_until("it is told", || {
                out().matches("Can't read child pidfile x.pid!\n").count() == times
            });
        };
        sandbox.write("x.pid", "no number");
        proxy.signal(Signal::SIGTERM);
        told(1);
        fs::remove_file(sandbox.join("x.pid")).expect("the pid file");
        proxy.signal(Signal::SIGTERM);
        told(2);
        assert!(!proxy.has_ended(), "{}", installation.label);
        assert_eq!(sandbox.read("heard"), "", "{}", installation.label);
        sandbox.write("x.pid", pid);
        proxy.signal(Signal::SIGTERM);
        assert!(proxy.wait().success(), "{}", installation.label);
        proxy.wait_for_heard("TERM\n");
    }
}

// CFG-433, CFG-434, CFG-437, CFG-508, LIB-024: mended.
#[test]
fn a_proxy_says_what_went_wrong_and_ends_with_its_program() {
    let run = |words: &[&str], sandbox: &Sandbox| {
        let mut proxy = proxy(&crate::ours(), sandbox);
        proxy.args(words);
        Run::of(proxy)
    };
    let sandbox = Sandbox::new();
    let unknown = run(&["x.pid", "true"], &sandbox);
    assert_eq!((unknown.status, unknown.stdout.as_str()), (1, ""));
    assert!(unknown.stderr.starts_with("Can't run true: "), "{}", unknown.stderr);
    assert_eq!(run(&["x.pid", "/bin/false"], &sandbox).status, 0);

    let mut proxy = Proxy::start(&crate::ours(), &sandbox);
    let program = sandbox.read("x.pid");
    // Nobody has this number: it is beyond what the kernel gives.
    sandbox.write("x.pid", "2147483646");
    proxy.signal(Signal::SIGHUP);
    assert_eq!(proxy.wait().code(), Some(1));
    assert_eq!(sandbox.read("out"), "Can't signal pid 2147483646: No such process\n");
    let program = Pid::from_raw(program.trim().parse().expect("a pid"));
    kill(program, Signal::SIGTERM).expect("a program that lives on");
}
