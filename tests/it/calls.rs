//! Calls and what they give, one line each: the same lines are put to our daemon and, where it is
//! installed, to the original. Where the two differ on purpose, both answers stand in the line.

mod groups;
mod logs;
mod processes;
mod waiting;

use std::fmt::Write as _;

use harness::wire::Address;
use harness::{Daemon, Installation, Sandbox, configured, wait_until};
use rpc::Value;

use crate::both;

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
command=/bin/sh -c \"while [ ! -e die ]; do sleep 0.05; done; exit 3\"
directory=%(here)s
autostart=false
startretries=0
startsecs=1000

[program:ends]
command=/bin/sh -c \"while [ ! -e end ]; do sleep 0.05; done; exit 7\"
directory=%(here)s
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
    ($($argument:expr),*) => { &[$(rpc::Value::from($argument)),*] };
}
use args;

impl<'s> Questions<'s> {
    fn start(installation: &Installation, sandbox: &'s Sandbox) -> Self {
        let daemon = Daemon::start(installation, sandbox);
        let address = daemon.server();
        let is_original = installation.is_original();
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

    /// The same for answers that are too long to be shown.
    fn check_long(&mut self, method: &str, params: &[Value], expected: &str) {
        let outcome = self.call(method, params);
        if outcome != expected {
            let (length, found) = (expected.len(), outcome.len());
            writeln!(self.wrong, "{method}: {length} bytes expected, {found} got, or others")
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
        if self.address.connect().is_ok() {
            self.call("signalProcess", args!["patient", "KILL"]);
        }
        assert!(self.wrong.is_empty(), "\n{}", self.wrong);
    }
}

/// Puts the questions to our daemon and to the original.
#[track_caller]
fn ask(questions: fn(&mut Questions<'_>)) {
    for installation in both() {
        let sandbox = configured(PROGRAMS);
        sandbox.write("plain", "not executable");
        let mut session = Questions::start(&installation, &sandbox);
        for name in ["up", "cat", "deaf", "patient"] {
            session.wait_for(name, "RUNNING");
        }
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
        // RPC-083, RPC-084, RPC-240, RPC-085, RPC-086, RPC-088, RPC-089
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

/// A status struct of success, as printed (RPC-068).
fn ok(group: &str, name: &str) -> String {
    format!("{{'name': '{name}', 'group': '{group}', 'status': 80, 'description': 'OK'}}")
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
        // RPC-127, RPC-241, RPC-242, RPC-243, RPC-247, RPC-248, RPC-249, RPC-250, RPC-251,
        // ITRAP-001
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
