//! Calls that wait for something, and calls to a daemon that is about to end.

use std::io::{ErrorKind, Read as _};
use std::time::Duration;

use harness::wait_until;
use harness::wire::{Connection, post};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rpc::Value;
use rpc::xml::encode_call;

use super::{INCORRECT, Questions, SIGNATURES, TRUE, UNKNOWN_METHOD, args, ask, element};

const STATE: &str = "{'statecode': 1, 'statename': 'RUNNING'}";

impl Questions<'_> {
    /// Makes a call over a connection of its own, whose answer is still to come.
    fn begin(&self, method: &str, params: &[Value]) -> Connection {
        let mut connection = self.address.connect().expect("a server that listens");
        let call = encode_call(&format!("supervisor.{method}"), params).expect("a call");
        connection.send(post("/RPC2", call));
        connection
    }
}

// RPC-082, RPC-256, RPC-257, RPC-258
#[test]
fn who_waits_holds_up_nobody() {
    ask(|q| {
        q.wait_for_log("patient.log", 1);
        let mut waiting = q.begin("stopProcess", args!["patient"]);
        q.wait_for("patient", "STOPPING");
        let gone = q.begin("startProcess", args!["ends"]);
        wait_until("it is started", || q.info("ends", "pid") != "0");
        // Nothing is sent before the result, however many others are answered.
        for _ in 0..20 {
            q.check("getState", &[], STATE);
        }
        waiting.limit(Duration::from_millis(100));
        let early = waiting.read(&mut [0]).map_err(|error| error.kind());
        assert!(matches!(early, Err(ErrorKind::WouldBlock | ErrorKind::TimedOut)), "{early:?}");
        // What was begun goes on when nobody waits for it any more.
        drop(gone);
        q.wait_for("ends", "RUNNING");
        q.sandbox.write("end", "");
        q.wait_for("ends", "EXITED");
        q.check("signalProcess", args!["patient", "KILL"], TRUE);
        assert_eq!(waiting.answer().map(|answer| answer.outcome()), Some(TRUE.to_owned()));
    });
}

// RPC-058, RPC-103, RPC-175, RPC-263, RPC-264, RPC-265, RPC-266, ITRAP-002, ITRAP-003
#[test]
fn a_daemon_that_stops_says_so() {
    ask(|q| {
        q.wait_for_log("patient.log", 1);
        q.wait_for("up", "RUNNING");
        let patient = q.info("patient", "pid").parse().map(Pid::from_raw).expect("a pid");
        q.check("shutdown", &[], TRUE);
        let stopping = "<Fault 6: 'SHUTDOWN_STATE'>";
        for (method, signature) in SIGNATURES {
            if method.starts_with("system.") || *method == "sendRemoteCommEvent" {
                continue;
            }
            // As many arguments as the method must have, or all it may.
            let strings = signature.matches('\'').count() / 2 - 1;
            let params = vec![Value::from("up"); strings];
            q.check(method, &params, stopping);
        }
        q.check("sendRemoteCommEvent", args!["kind", "text"], TRUE);
        q.check("getState", args![1], INCORRECT);
        q.check("nope", &[], UNKNOWN_METHOD);
        q.check("system.methodSignature", args!["supervisor.getPID"], "['int']");
        let calls = vec![element("supervisor.getState", None), element("system.listMethods", None)];
        let results = q.call("system.multicall", args![calls]);
        let fault = "[{'faultCode': 6, 'faultString': 'SHUTDOWN_STATE'}, ['supervisor.add";
        assert!(results.starts_with(fault), "{results}");
        // Nobody is sent a signal any more: the daemon still waits for the last one.
        q.check("signalAllProcesses", args!["KILL"], stopping);
        for _ in 0..5 {
            q.check("getState", &[], stopping);
        }
        kill(patient, Signal::SIGKILL).expect("a process to kill");
        let left =
            || ["s.sock", "supervisord.pid"].iter().any(|name| q.sandbox.join(name).exists());
        wait_until("its files are removed", || !left());
    });
}
