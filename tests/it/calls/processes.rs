//! Calls that start, stop and signal processes, and that write to them.

use std::fs;

use harness::{HEAD, Sandbox};
use rpc::Value;

use super::{INCORRECT, Questions, TRUE, args, ask, ok};
use crate::both;

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
        // RPC-065, RPC-140, RPC-259
        q.sandbox.write("die", "");
        q.check("startProcess", args!["dies"], "<Fault 50: 'SPAWN_ERROR: dies'>");
        q.wait_for("dies", "FATAL");
        // RPC-196, RPC-197, RPC-203, ITRAP-025
        let reason = "Exited too quickly (process log may have details)";
        assert_eq!(q.info("dies", "spawnerr"), reason);
        assert_eq!(q.info("dies", "description"), reason);
        assert_eq!(q.info("dies", "exitstatus"), "0");
        // RPC-143, RPC-144, RPC-145, ITRAP-006: from FATAL, STOPPED and EXITED.
        for no in [Value::from(false), 0.into(), Value::Double(0.0), "".into()] {
            // The original looks whether it has died already.
            fs::remove_file(q.sandbox.join("die")).expect("what ends it");
            q.check("startProcess", &["dies".into(), no], TRUE);
            q.sandbox.write("die", "");
            q.wait_for("dies", "FATAL");
        }
        q.check("startProcess", args!["off"], TRUE);
        q.wait_for("off", "RUNNING");
        q.check("startProcess", args!["ends", "false"], TRUE);
        q.sandbox.write("end", "");
        q.wait_for("ends", "EXITED");
        // RPC-205
        assert_eq!(q.info("ends", "spawnerr"), "Bad exit code 7");
        assert_eq!(q.info("ends", "exitstatus"), "7");
        fs::remove_file(q.sandbox.join("end")).expect("what ends it");
        q.check("startProcess", args!["ends", true], TRUE);
        // RPC-066, RPC-134
        q.check("startProcess", args!["up"], "<Fault 60: 'ALREADY_STARTED: up'>");
        // RPC-091, RPC-146, RPC-147, RPC-217, RPC-218, RPC-219, RPC-220, RPC-221, ITRAP-008,
        // ITRAP-009
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
    for installation in both() {
        let sandbox = Sandbox::new();
        let program = sandbox.program("/bin/sleep", "short-lived");
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
        // RPC-064, RPC-136, RPC-137, RPC-151, RPC-204, ITRAP-004
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
