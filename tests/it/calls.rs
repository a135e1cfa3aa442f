//! Calls and what they give, one line each: the same lines are put to our daemon and, where it is
//! installed, to the original. Where the two differ on purpose, both answers stand in the line.

use std::fmt::Write as _;
use std::fs;

use harness::daemon::HEAD;
use harness::wire::Address;
use harness::{Daemon, Installation, Sandbox, wait_until};
use rpc::Value;

const PROGRAMS: &str = "\
[program:up]
command=/bin/sh -c \"printf 0123456789; exec sleep 1000\"
startsecs=0
redirect_stderr=true
stdout_logfile=%(here)s/up.log

[program:off]
command=/bin/sleep 1000
autostart=false
startsecs=0
stdout_logfile=%(here)s/off.log

[program:dies]
command=/bin/sh -c \"exit 3\"
autostart=false
startretries=0

[program:ends]
command=/bin/sh -c \"sleep 1.2; exit 7\"
autostart=false
autorestart=false

[program:cat]
command=/bin/cat
startsecs=0
stdout_logfile=%(here)s/cat.log
stderr_logfile=NONE

[program:deaf]
command=/bin/sh -c \"exec <&-; echo deaf; exec sleep 1000\"
startsecs=0
stdout_logfile=%(here)s/deaf.log

[program:patient]
command=/bin/sh -c \"trap '' TERM; echo deaf; while :; do sleep 0.1; done\"
startsecs=0
autorestart=false
stopwaitsecs=1000
stdout_logfile=%(here)s/patient.log

[program:missing]
command=/no/such/command --flag
autostart=false

[program:folder]
command=/etc
autostart=false

[program:plain]
command=%(here)s/plain
autostart=false

[program:quotes]
command=\"unbalanced
autostart=false

[program:one]
command=/bin/sleep 1000
autostart=false
startsecs=0

[program:two]
command=/bin/sleep 1000
autostart=false
startsecs=0

[group:pair]
programs=one,two
";

/// A daemon under question, and the lines it failed.
struct Questions<'s> {
    daemon: Daemon<'s>,
    address: Address,
    sandbox: &'s Sandbox,
    is_original: bool,
    wrong: String,
}

/// Arguments of any kinds.
macro_rules! args {
    ($($argument:expr),*) => { &[$(Value::from($argument)),*] };
}

impl<'s> Questions<'s> {
    fn start(installation: &Installation, sandbox: &'s Sandbox) -> Self {
        let daemon = Daemon::start(installation, sandbox);
        let address = Address::Unix(sandbox.join("s.sock"));
        let is_original = installation.label == "original";
        Questions { daemon, address, sandbox, is_original, wrong: String::new() }
    }

    /// The outcome of a call to the `supervisor` namespace, or of one with a dot in its name.
    fn call(&self, method: &str, params: &[Value]) -> String {
        let method = match method.contains('.') {
            true => method.to_owned(),
            false => format!("supervisor.{method}"),
        };
        let outcome = self.address.call(&method, params);
        outcome.replace(&self.sandbox.path().display().to_string(), "$DIR")
    }

    /// Puts a call to whichever daemon this is and keeps it if the answer is another one.
    fn check(&mut self, method: &str, params: &[Value], expected: &str) {
        let outcome = self.call(method, params);
        if outcome != expected {
            let shown = Value::Array(params.to_vec());
            writeln!(self.wrong, "{method}{shown}\n  expected {expected}\n  got      {outcome}")
                .expect("a string to write to");
        }
    }

    /// The same where we do better than the original.
    fn better(&mut self, method: &str, params: &[Value], ours: &str, originals: &str) {
        self.check(method, params, if self.is_original { originals } else { ours });
    }

    /// A member of a process's info.
    fn info(&self, name: &str, member: &str) -> String {
        let call = rpc::xml::encode_call("supervisor.getProcessInfo", args![name]).expect("a call");
        let answer = self.address.ask(harness::wire::post("/RPC2", call)).expect("an answer");
        let info = rpc::xml::decode_response(answer.body.as_bytes()).expect("XML-RPC");
        let mut info = info.expect("a process of this name");
        info.take_member(member).expect("a member of this name").to_string()
    }

    /// Waits until a process is in a state.
    fn wait_for(&self, name: &str, state: &str) {
        wait_until(&format!("`{name}` is {state}"), || self.info(name, "statename") == state);
    }

    /// Waits until a log holds at least this many bytes.
    fn wait_for_log(&self, log: &str, length: usize) {
        wait_until(&format!("{log} is written"), || self.sandbox.read(log).len() >= length);
    }

    #[track_caller]
    fn end(self) {
        // It would hold up the daemon's end.
        self.call("signalProcess", args!["patient", "KILL"]);
        assert!(self.wrong.is_empty(), "\n{}", self.wrong);
    }
}

/// Puts the questions to our daemon and to the original.
#[track_caller]
fn ask(questions: fn(&mut Questions<'_>)) {
    for installation in [Some(crate::ours()), Installation::oracle()].into_iter().flatten() {
        let sandbox = Sandbox::new();
        sandbox.write("supervisord.conf", format!("{HEAD}\n{PROGRAMS}"));
        sandbox.write("plain", "not executable");
        let mut session = Questions::start(&installation, &sandbox);
        questions(&mut session);
        session.end();
    }
}

const TRUE: &str = "True";
const UNKNOWN_METHOD: &str = "<Fault 1: 'UNKNOWN_METHOD'>";
const INCORRECT: &str = "<Fault 2: 'INCORRECT_PARAMETERS'>";
const UNSUPPORTED: &str = "<Fault 4: 'SIGNATURE_UNSUPPORTED'>";

// RPC-092..RPC-127, RPC-192: every method with its signature; aliases are methods.
const SIGNATURES: &[(&str, &str)] = &[
    ("addProcessGroup", "['boolean', 'string']"),
    ("clearAllProcessLogs", "['array']"),
    ("clearLog", "['boolean']"),
    ("clearProcessLog", "['boolean', 'string']"),
    ("clearProcessLogs", "['boolean', 'string']"),
    ("getAPIVersion", "['string']"),
    ("getAllConfigInfo", "['array']"),
    ("getAllProcessInfo", "['array']"),
    ("getIdentification", "['string']"),
    ("getPID", "['int']"),
    ("getProcessInfo", "['struct', 'string']"),
    ("getState", "['struct']"),
    ("getSupervisorVersion", "['string']"),
    ("getVersion", "['string']"),
    ("readLog", "['string', 'int', 'int']"),
    ("readMainLog", "['string', 'int', 'int']"),
    ("readProcessLog", "['string', 'string', 'int', 'int']"),
    ("readProcessStderrLog", "['string', 'string', 'int', 'int']"),
    ("readProcessStdoutLog", "['string', 'string', 'int', 'int']"),
    ("reloadConfig", "['array']"),
    ("removeProcessGroup", "['boolean', 'string']"),
    ("restart", "['boolean']"),
    ("sendProcessStdin", "['boolean', 'string', 'string']"),
    ("sendRemoteCommEvent", "['boolean', 'string', 'string']"),
    ("shutdown", "['boolean']"),
    ("signalAllProcesses", "['array', 'string']"),
    ("signalProcess", "['boolean', 'string', 'string']"),
    ("signalProcessGroup", "['array', 'string', 'string']"),
    ("startAllProcesses", "['array', 'boolean']"),
    ("startProcess", "['boolean', 'string', 'boolean']"),
    ("startProcessGroup", "['array', 'string', 'boolean']"),
    ("stopAllProcesses", "['array', 'boolean']"),
    ("stopProcess", "['boolean', 'string', 'boolean']"),
    ("stopProcessGroup", "['array', 'string', 'boolean']"),
    ("tailProcessLog", "['array', 'string', 'int', 'int']"),
    ("tailProcessStderrLog", "['array', 'string', 'int', 'int']"),
    ("tailProcessStdoutLog", "['array', 'string', 'int', 'int']"),
    ("system.listMethods", "['array']"),
    ("system.methodHelp", "['string', 'string']"),
    ("system.methodSignature", "['array', 'string']"),
    ("system.multicall", "['array', 'array']"),
];

#[test]
fn methods_say_what_they_are() {
    ask(|q| {
        let full = |name: &str| match name.contains('.') {
            true => name.to_owned(),
            false => format!("supervisor.{name}"),
        };
        let names = SIGNATURES.iter().map(|(name, _)| full(name)).collect::<Vec<_>>();
        q.check("system.listMethods", &[], &Value::from(names).to_string());
        for (name, signature) in SIGNATURES {
            q.check("system.methodSignature", args![full(name)], signature);
            // RPC-191
            let help = q.call("system.methodHelp", args![full(name)]);
            assert!(help.contains("@return"), "{name}: {help}");
        }
        // RPC-056
        for unknown in [Value::from("supervisor.nope"), Value::from("getState"), Value::from("")] {
            q.check("system.methodSignature", std::slice::from_ref(&unknown), UNSUPPORTED);
            q.check("system.methodHelp", &[unknown], UNSUPPORTED);
        }
        q.check("system.methodHelp", args![5], UNSUPPORTED);
        q.check("getVersion", &[], "3.0");
        q.check("getAPIVersion", &[], "3.0");
        q.check("getSupervisorVersion", &[], "4.3.0");
        q.check("getIdentification", &[], "supervisor");
        q.check("getState", &[], "{'statecode': 1, 'statename': 'RUNNING'}");
        let pid = q.daemon.pid().to_string();
        q.check("getPID", &[], &pid);
    });
}

#[test]
fn calls_are_dispatched_by_name_and_number_of_arguments() {
    ask(|q| {
        // RPC-053, RPC-072, RPC-073, RPC-074
        for name in [
            ".getState",
            "supervisor.",
            "supervisor.supervisord.options",
            "supervisor._update",
            "supervisor.__init__",
            "supervisor.nope",
            "supervisor.supervisord",
            "nope.getState",
            "supervisor.getstate",
            " supervisor.getState",
            "system.getState",
            "supervisor.listMethods",
        ] {
            q.check(name, &[], UNKNOWN_METHOD);
        }
        // RPC-054, RPC-076, RPC-081
        q.check("getState", args![1], INCORRECT);
        q.check("getProcessInfo", &[], INCORRECT);
        q.check("getProcessInfo", args!["up", "off"], INCORRECT);
        q.check("startProcess", args!["up", true, true], INCORRECT);
        q.check("readLog", args![0], INCORRECT);
        q.check("system.listMethods", args![0], INCORRECT);
        q.check("system.multicall", &[], INCORRECT);
        // RPC-077, RPC-079
        q.check("startProcessGroup", args![vec!["pair"]], INCORRECT);
        for method in ["startProcessGroup", "addProcessGroup", "removeProcessGroup"] {
            q.check(method, args![5], "<Fault 10: 'BAD_NAME: 5'>");
        }
        q.check("readLog", &[Value::Nil, 0.into()], INCORRECT);
        // RPC-019, RPC-078, ITRAP-022
        for method in ["startProcess", "stopProcess", "getProcessInfo", "clearProcessLogs"] {
            for wrong in [5.into(), vec!["up"].into(), Value::Nil, Value::Struct(vec![])] {
                q.check(method, &[wrong], "500");
            }
        }
        q.check("signalProcess", args![5, "HUP"], "500");
        q.check("signalProcess", args!["up", vec![1]], "500");
        q.check("readProcessStdoutLog", args!["up", "x", 0], "500");
        q.check("tailProcessStderrLog", args![5, 0, 0], "500");
        q.check("readLog", args!["x", 0], "500");
    });
}

#[test]
fn names_are_resolved_alike_by_all_methods() {
    ask(|q| {
        // RPC-083, RPC-084, RPC-085, RPC-086, RPC-088, RPC-089
        for unknown in ["nope", "pair", "one", "pair:nope", "up:up:up", "", ":", "u*", "UP"] {
            let fault = format!("<Fault 10: 'BAD_NAME: {unknown}'>");
            q.check("startProcess", args![unknown], &fault);
            q.check("stopProcess", args![unknown], &fault);
            q.check("signalProcess", args![unknown, "HUP"], &fault);
            q.check("getProcessInfo", args![unknown], &fault);
            q.check("readProcessStdoutLog", args![unknown, 0, 0], &fault);
            q.check("tailProcessStderrLog", args![unknown, 0, 0], &fault);
            q.check("clearProcessLogs", args![unknown], &fault);
            q.check("sendProcessStdin", args![unknown, "x"], &fault);
        }
        for whole in ["pair:*", "pair:"] {
            let fault = format!("<Fault 10: 'BAD_NAME: {whole}'>");
            q.check("getProcessInfo", args![whole], &fault);
            q.check("readProcessStdoutLog", args![whole, 0, 0], &fault);
            q.check("tailProcessStdoutLog", args![whole, 0, 0], &fault);
            q.check("clearProcessLogs", args![whole], &fault);
            q.check("sendProcessStdin", args![whole, "x"], &fault);
            // RPC-087, RPC-164
            for method in ["startProcessGroup", "stopProcessGroup", "addProcessGroup"] {
                q.check(method, args![whole], &fault);
            }
            q.check("signalProcessGroup", args![whole, "HUP"], &fault);
            // Nothing of the group runs (RPC-154).
            q.check("stopProcess", args![whole], "[]");
            q.check("signalProcess", args![whole, "HUP"], "[]");
        }
        for method in ["startProcessGroup", "stopProcessGroup", "removeProcessGroup"] {
            q.check(method, args!["nope"], "<Fault 10: 'BAD_NAME: nope'>");
            q.check(method, args!["pair:one"], "<Fault 10: 'BAD_NAME: pair:one'>");
        }
        q.check("signalProcessGroup", args!["nope", "HUP"], "<Fault 10: 'BAD_NAME: nope'>");
    });
}

/// A status struct of success, as printed.
fn ok(group: &str, name: &str) -> String {
    format!("{{'name': '{name}', 'group': '{group}', 'status': 80, 'description': 'OK'}}")
}

#[test]
fn processes_are_started() {
    ask(|q| {
        // RPC-130, RPC-131, RPC-132, RPC-061, RPC-062
        let missing = "<Fault 20: \"NO_FILE: can't find command '/no/such/command'\">";
        q.check("startProcess", args!["missing"], &missing.replace('"', "'"));
        let folder = "<Fault 21: 'NOT_EXECUTABLE: command at '/etc' is a directory'>";
        q.check("startProcess", args!["folder"], folder);
        let plain = "<Fault 21: 'NOT_EXECUTABLE: command at '$DIR/plain' is not executable'>";
        q.check("startProcess", args!["plain"], plain);
        let quotes = "<Fault 21: 'NOT_EXECUTABLE: can't parse command '\"unbalanced': \
                      No closing quotation'>";
        q.check("startProcess", args!["quotes"], quotes);
        // RPC-065, RPC-140
        q.check("startProcess", args!["dies"], "<Fault 50: 'SPAWN_ERROR: dies'>");
        q.wait_for("dies", "FATAL");
        // RPC-196, RPC-197, RPC-203, ITRAP-025
        let reason = "Exited too quickly (process log may have details)";
        assert_eq!(q.info("dies", "spawnerr"), reason);
        assert_eq!(q.info("dies", "description"), reason);
        assert_eq!(q.info("dies", "exitstatus"), "0");
        // RPC-143, RPC-144, RPC-145, ITRAP-006: from FATAL, STOPPED and EXITED.
        for no in [Value::from(false), 0.into(), Value::Double(0.0), "".into()] {
            q.check("startProcess", &["dies".into(), no], TRUE);
            q.wait_for("dies", "FATAL");
        }
        q.check("startProcess", args!["off"], TRUE);
        q.wait_for("off", "RUNNING");
        q.check("startProcess", args!["ends", "false"], TRUE);
        q.wait_for("ends", "EXITED");
        // RPC-205
        assert_eq!(q.info("ends", "spawnerr"), "Bad exit code 7");
        assert_eq!(q.info("ends", "exitstatus"), "7");
        q.check("startProcess", args!["ends", true], TRUE);
        // RPC-066, RPC-134
        q.check("startProcess", args!["up"], "<Fault 60: 'ALREADY_STARTED: up'>");
        // RPC-091, RPC-146, RPC-147, RPC-217..RPC-221, ITRAP-008, ITRAP-009
        let both = format!("[{}, {}]", ok("pair", "one"), ok("pair", "two"));
        q.check("startProcess", args!["pair:*"], &both);
        q.check("startProcess", args!["pair:*"], "[]");
        q.check("startProcessGroup", args!["pair"], "[]");
        q.check("stopProcess", args!["pair:two"], TRUE);
        q.check("startProcessGroup", args!["pair"], &format!("[{}]", ok("pair", "two")));
    });
}

#[test]
fn a_deleted_program_is_missing_even_while_it_runs() {
    for installation in [Some(crate::ours()), Installation::oracle()].into_iter().flatten() {
        let sandbox = Sandbox::new();
        let program = sandbox.join("short-lived");
        fs::copy("/bin/sleep", &program).expect("a program");
        let section = "[program:x]\ncommand=%(here)s/short-lived 1000\nstartsecs=0\n";
        sandbox.write("supervisord.conf", format!("{HEAD}\n{section}"));
        let mut q = Questions::start(&installation, &sandbox);
        q.wait_for("x", "RUNNING");
        fs::remove_file(&program).expect("a program to remove");
        // RPC-129, RPC-133, ITRAP-005
        let fault = "<Fault 20: 'NO_FILE: can't find command '$DIR/short-lived''>";
        q.check("startProcess", args!["x"], fault);
        q.end();
    }
}

#[test]
fn processes_are_stopped() {
    ask(|q| {
        // RPC-067, RPC-148, RPC-149
        q.check("stopProcess", args!["off"], "<Fault 70: 'NOT_RUNNING: off'>");
        q.check("stopProcess", args!["up"], TRUE);
        q.check("stopProcess", args!["up"], "<Fault 70: 'NOT_RUNNING: up'>");
        // RPC-201, RPC-202
        assert_eq!(q.info("off", "description"), "Not started");
        let when = q.info("up", "description");
        assert!(when.ends_with(" AM") || when.ends_with(" PM"), "{when}");
        // RPC-136, RPC-137, RPC-151, RPC-204, ITRAP-004
        q.wait_for_log("patient.log", 1);
        q.check("stopProcess", args!["patient", false], TRUE);
        assert_eq!(q.info("patient", "statename"), "STOPPING");
        assert_eq!(q.info("patient", "description"), "");
        q.check("stopProcess", args!["patient"], "<Fault 70: 'NOT_RUNNING: patient'>");
        q.check("startProcess", args!["patient"], "<Fault 40: 'ABNORMAL_TERMINATION: patient'>");
        q.check("startProcess", args!["patient", false], TRUE);
        // RPC-154: what is stopping already is neither waited for nor listed.
        q.check("stopProcessGroup", args!["patient"], "[]");
        q.check("signalProcess", args!["patient", "KILL"], TRUE);
        q.wait_for("patient", "STOPPED");
        // RPC-197
        assert_eq!(q.info("patient", "exitstatus"), "-1");
        q.check("stopProcessGroup", args!["pair"], "[]");
        // RPC-153, RPC-221: who stops first is a matter of timing.
        let stopped = q.call("stopAllProcesses", &[]);
        let orders =
            [["cat", "deaf"], ["deaf", "cat"]].map(|order| order.map(|name| ok(name, name)));
        let orders = orders.map(|order| format!("[{}]", order.join(", ")));
        assert!(orders.contains(&stopped), "{stopped}");
        q.check("stopAllProcesses", &[], "[]");
    });
}

#[test]
fn processes_are_signalled() {
    ask(|q| {
        q.wait_for("up", "RUNNING");
        // RPC-060, RPC-155, RPC-156, RPC-157
        q.check("signalProcess", args!["up", "NOPE"], "<Fault 11: 'BAD_SIGNAL: NOPE'>");
        q.check("signalProcess", args!["off", "NOPE"], "<Fault 11: 'BAD_SIGNAL: NOPE'>");
        q.check("signalProcess", args!["off", "HUP"], "<Fault 70: 'NOT_RUNNING: off'>");
        // RPC-159, RPC-160, RPC-162, ITRAP-020: 0 and CONT do nothing to a process that sleeps.
        for harmless in ["0", "CONT", "SIGCONT", " cont ", "18", "SIGWINCH", "CLD", "URG"] {
            q.check("signalProcess", args!["up", harmless], TRUE);
        }
        for harmless in [Value::from(0), false.into(), Value::Double(18.7)] {
            q.check("signalProcess", &["up".into(), harmless], TRUE);
        }
        for wrong in ["32", "33", "35", "63", "65", "-1", "RTMIN+1", "", "SIG", "SIGSIGHUP", "1.5"]
        {
            let fault = format!("<Fault 11: 'BAD_SIGNAL: {wrong}'>");
            q.check("signalProcess", args!["up", wrong], &fault);
        }
        // RPC-161
        q.better(
            "signalProcess",
            args!["up", "SIG_DFL"],
            "<Fault 11: 'BAD_SIGNAL: SIG_DFL'>",
            TRUE,
        );
        // RPC-163, RPC-111, RPC-112
        q.check("signalProcessGroup", args!["pair", "HUP"], "[]");
        q.check("signalProcessGroup", args!["up", "CONT"], &format!("[{}]", ok("up", "up")));
        let bad = "{'name': 'up', 'group': 'up', 'status': 11, 'description': 'BAD_SIGNAL: NOPE'}";
        q.check("signalProcess", args!["up:*", "NOPE"], &format!("[{bad}]"));
        let all = ["cat", "deaf", "patient", "up"].map(|name| ok(name, name)).join(", ");
        q.check("signalAllProcesses", args!["CONT"], &format!("[{all}]"));
    });
}

#[test]
fn groups_come_and_go() {
    ask(|q| {
        // RPC-102, RPC-103, RPC-165, RPC-167, RPC-069, RPC-070
        q.check("addProcessGroup", args!["up"], "<Fault 90: 'ALREADY_ADDED: up'>");
        q.check("addProcessGroup", args!["nope"], "<Fault 10: 'BAD_NAME: nope'>");
        q.check("addProcessGroup", args!["one"], "<Fault 10: 'BAD_NAME: one'>");
        q.check("removeProcessGroup", args!["up"], "<Fault 91: 'STILL_RUNNING: up'>");
        q.check("removeProcessGroup", args!["off"], TRUE);
        q.check("getProcessInfo", args!["off"], "<Fault 10: 'BAD_NAME: off'>");
        q.check("removeProcessGroup", args!["off"], "<Fault 10: 'BAD_NAME: off'>");
        // RPC-166: its configuration stays, but is not in use (RPC-190).
        let config = q.call("getAllConfigInfo", &[]);
        let of_off = config.split("}, ").find(|one| one.contains("'name': 'off'"));
        assert!(of_off.is_some_and(|one| one.contains("'inuse': False")), "{config}");
        q.check("addProcessGroup", args!["off"], TRUE);
        // RPC-168: added processes start by themselves.
        q.check("stopProcess", args!["up"], TRUE);
        q.check("removeProcessGroup", args!["up"], TRUE);
        q.check("addProcessGroup", args!["up"], TRUE);
        q.wait_for("up", "RUNNING");
        // RPC-101, RPC-169..RPC-172, ITRAP-017
        q.check("reloadConfig", &[], "[[[], [], []]]");
        let edited = PROGRAMS
            .replace("[program:up]", "[program:new]")
            .replace("autostart=false\nstartretries=0", "autostart=false\nstartretries=1")
            // What is automatic on one side is not compared.
            .replace("stderr_logfile=NONE\n", "stderr_logfile=AUTO\n");
        q.sandbox.write("supervisord.conf", format!("{HEAD}\n{edited}"));
        q.check("reloadConfig", &[], "[[['new'], ['dies'], ['up']]]");
        q.check("reloadConfig", &[], "[[['new'], ['dies'], ['up']]]");
        // RPC-215, ITRAP-016: what was read is told before it is in force; automatic logs lose
        // their paths.
        let config = q.call("getAllConfigInfo", &[]);
        let of_dies = config.split("}, ").find(|one| one.contains("'name': 'dies'"));
        let of_dies = of_dies.unwrap_or_default();
        for told in ["'startretries': 1", "'stdout_logfile': 'auto'", "'inuse': True"] {
            assert!(of_dies.contains(told), "{told}: {config}");
        }
        q.wait_for("up", "RUNNING");
        q.check("getProcessInfo", args!["new"], "<Fault 10: 'BAD_NAME: new'>");
        q.check("addProcessGroup", args!["new"], TRUE);
        q.check("reloadConfig", &[], "[[[], ['dies'], ['up']]]");
        // RPC-071, RPC-173. Ours names the file by its whole path, as CFG-495 needs it.
        q.sandbox.write("supervisord.conf", format!("{HEAD}\n[program:x]\n"));
        let fault = |file: &str| {
            format!(
                "<Fault 92: 'CANT_REREAD: program section program:x does not specify a command in \
                 section 'program:x' (file: '{file}')'>"
            )
        };
        let (ours, originals) = (fault("$DIR/supervisord.conf"), fault("supervisord.conf"));
        q.better("reloadConfig", &[], &ours, &originals);
        q.wait_for("up", "RUNNING");
    });
}

#[test]
fn logs_are_read_by_offset_and_length() {
    ask(|q| {
        q.wait_for_log("up.log", 10);
        q.wait_for_log("deaf.log", 5);
        let contradiction = "<Fault 3: 'BAD_ARGUMENTS'>";
        let long = 2_147_483_647;
        // RPC-222, RPC-223, RPC-224, RPC-225, RPC-055, RPC-080
        for (offset, length, text) in [
            (0, 0, "0123456789"),
            (4, 0, "456789"),
            (4, 3, "456"),
            (4, 100, "456789"),
            (10, 0, ""),
            (11, 0, ""),
            (100, 5, ""),
            (long, 5, ""),
            (-4, 0, "6789"),
            (-40, 0, "0123456789"),
            (-4, 1, contradiction),
            (-4, -1, contradiction),
            (0, -1, contradiction),
            (4, -4, contradiction),
        ] {
            q.check("readProcessStdoutLog", args!["up", offset, length], text);
            q.check("readProcessLog", args!["up:up", offset, length], text);
        }
        q.check("readProcessLog", args!["up", "4", true], "4");
        q.check("readProcessLog", &["up".into(), Value::Double(-0.5), Value::Double(2.9)], "01");
        // RPC-226, RPC-227, RPC-228: no log, redirected, missing, a directory.
        q.check("readProcessStderrLog", args!["cat", 0, 0], "<Fault 20: 'NO_FILE'>");
        q.check("readProcessStderrLog", args!["up", 0, 0], "<Fault 20: 'NO_FILE'>");
        fs::remove_file(q.sandbox.join("off.log")).ok();
        q.check("readProcessStdoutLog", args!["off", 0, 0], "<Fault 20: 'NO_FILE: $DIR/off.log'>");
        fs::create_dir(q.sandbox.join("off.log")).expect("a directory");
        q.check("readProcessStdoutLog", args!["off", 0, 0], "<Fault 30: 'FAILED'>");
        // RPC-231..RPC-237, ITRAP-011, ITRAP-012
        for (offset, length, text, overflow) in [
            (0, 0, "", "True"),
            (0, 4, "6789", "True"),
            (4, 3, "789", "True"),
            (-4, 2, "89", "True"),
            (4, 6, "456789", "False"),
            (7, 3, "789", "False"),
            (0, 10, "0123456789", "False"),
            (4, 7, "3456789", "False"),
            (0, 100, "0123456789", "False"),
            (-4, 100, "0123456789", "False"),
            (10, 0, "", "False"),
            (10, 5, "", "False"),
            (11, 5, "", "False"),
            (100, 5, "", "False"),
            (-4, 0, "", "True"),
            (0, -1, "", "True"),
            (5, -3, "", "True"),
        ] {
            let expected = format!("['{text}', 10, {overflow}]");
            q.check("tailProcessStdoutLog", args!["up", offset, length], &expected);
            q.check("tailProcessLog", args!["up", offset, length], &expected);
        }
        // RPC-238, ITRAP-013
        q.check("tailProcessStderrLog", args!["cat", 0, 100], "['', 0, False]");
        q.check("tailProcessStderrLog", args!["up", 0, 100], "['', 0, False]");
        // RPC-229, RPC-239, RPC-049, ITRAP-014
        fs::write(q.sandbox.join("deaf.log"), b"a\xc3\xa4z\x01\n").expect("a log");
        q.check("readProcessLog", args!["deaf", 0, 3], "aä");
        q.better("readProcessLog", args!["deaf", 0, 2], "a\u{fffd}", "500");
        q.better("readProcessLog", args!["deaf", 3, 0], "z\u{fffd}\n", "z\u{1}\n");
        q.check("tailProcessLog", args!["deaf", 5, 1], "['\\n', 6, False]");
    });
}

#[test]
fn logs_are_emptied() {
    ask(|q| {
        q.wait_for_log("up.log", 10);
        // RPC-120, RPC-179
        q.check("clearProcessLogs", args!["up"], TRUE);
        q.check("readProcessLog", args!["up", 0, 0], "");
        fs::remove_file(q.sandbox.join("up.log")).expect("a log to remove");
        q.check("clearProcessLog", args!["up"], TRUE);
        q.check("readProcessLog", args!["up", 0, 0], "");
        // RPC-178, ITRAP-018
        fs::write(q.sandbox.join("off.log"), "old").expect("a log");
        q.check("clearProcessLogs", args!["off"], TRUE);
        q.better("readProcessLog", args!["off", 0, 0], "", "old");
        // RPC-098, RPC-177
        q.check("clearLog", &[], TRUE);
        fs::remove_file(q.sandbox.join("supervisord.log")).expect("a log to remove");
        q.check("clearLog", &[], "<Fault 20: 'NO_FILE'>");
    });
}

#[test]
fn text_is_sent_to_processes() {
    ask(|q| {
        q.wait_for_log("deaf.log", 5);
        // RPC-181, RPC-182, ITRAP-021
        let five = "<Fault 2: 'INCORRECT_PARAMETERS: 5'>";
        q.check("sendProcessStdin", args!["nope", 5], five);
        let list = "<Fault 2: 'INCORRECT_PARAMETERS: ['a']'>";
        q.check("sendProcessStdin", args!["cat", vec!["a"]], list);
        q.check("sendProcessStdin", &["cat".into(), Value::Nil], INCORRECT);
        // RPC-184, RPC-185
        q.check("sendProcessStdin", args!["off", "x"], "<Fault 70: 'NOT_RUNNING: off'>");
        q.check("sendProcessStdin", args!["deaf", "x"], "<Fault 20: 'NO_FILE: deaf'>");
        // RPC-122, RPC-183
        q.check("sendProcessStdin", args!["cat", ""], TRUE);
        q.check("sendProcessStdin", args!["cat", "grüße\n"], TRUE);
        q.wait_for_log("cat.log", "grüße\n".len());
        q.check("readProcessLog", args!["cat", 0, 0], "grüße\n");
        // RPC-188
        q.check("sendRemoteCommEvent", args!["kind", "text"], TRUE);
        q.check("sendRemoteCommEvent", args![5, vec!["a"]], TRUE);
    });
}

/// An element of a multicall.
fn element(name: impl Into<Value>, params: Option<Value>) -> Value {
    let params = params.map(|params| ("params".to_owned(), params));
    Value::Struct([("methodName".to_owned(), name.into())].into_iter().chain(params).collect())
}

#[test]
fn several_calls_go_in_one() {
    ask(|q| {
        q.wait_for("up", "RUNNING");
        let params = |params: Vec<Value>| Some(Value::Array(params));
        // RPC-127, RPC-241..RPC-243, RPC-247..RPC-251, ITRAP-001
        let calls = vec![
            element("supervisor.getVersion", None),
            element("supervisor.getVersion", params(vec![])),
            element("supervisor.stopProcess", params(vec!["nope".into()])),
            element("system.multicall", params(vec![])),
            element("supervisor.startProcess", params(vec![5.into()])),
            element("supervisor.getVersion", Some(5.into())),
            Value::Struct(vec![]),
            element("supervisor.nope", None),
            element("system.methodSignature", params(vec!["supervisor.getPID".into()])),
            element("supervisor.getProcessInfo", Some("".into())),
        ];
        let expected = [
            "'3.0'",
            "'3.0'",
            "{'faultCode': 10, 'faultString': 'BAD_NAME: nope'}",
            "{'faultCode': 2, 'faultString': 'INCORRECT_PARAMETERS: Recursive system.multicall \
             forbidden'}",
            "{'faultCode': 30, 'faultString': \"FAILED: <class 'AttributeError'>:'int' object has \
             no attribute 'split'\"}",
            "{'faultCode': 2, 'faultString': 'INCORRECT_PARAMETERS'}",
            "{'faultCode': 2, 'faultString': 'INCORRECT_PARAMETERS: No methodName'}",
            "{'faultCode': 1, 'faultString': 'UNKNOWN_METHOD'}",
            "['int']",
            "{'faultCode': 2, 'faultString': 'INCORRECT_PARAMETERS'}",
        ];
        q.check("system.multicall", args![calls], &format!("[{}]", expected.join(", ")));
        q.check("system.multicall", args![Vec::<Value>::new()], "[]");
        // RPC-252
        q.check("system.multicall", args![5], INCORRECT);
        q.check("system.multicall", args!["text"], "500");
        q.check("system.multicall", args![vec!["text"]], "500");
        // RPC-245, RPC-246: a waiting call is finished before the next begins.
        let name = || params(vec!["off".into()]);
        let calls = vec![
            element("supervisor.startProcess", name()),
            element("supervisor.stopProcess", name()),
            element("supervisor.startProcess", name()),
            element("supervisor.startProcess", name()),
        ];
        let expected =
            "[True, True, True, {'faultCode': 60, 'faultString': 'ALREADY_STARTED: off'}]";
        q.check("system.multicall", args![calls], expected);
    });
}
