//! Calls that read and empty logs.

use std::fs;

use rpc::Value;

use super::{TRUE, args, ask, element};

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
        // RPC-063, RPC-226, RPC-227, RPC-228: no log, redirected, missing, a directory.
        q.check("readProcessStderrLog", args!["cat", 0, 0], "<Fault 20: 'NO_FILE'>");
        q.check("readProcessStderrLog", args!["up", 0, 0], "<Fault 20: 'NO_FILE'>");
        fs::remove_file(q.sandbox.join("off.log")).ok();
        q.check("readProcessStdoutLog", args!["off", 0, 0], "<Fault 20: 'NO_FILE: $DIR/off.log'>");
        fs::create_dir(q.sandbox.join("off.log")).expect("a directory");
        q.check("readProcessStdoutLog", args!["off", 0, 0], "<Fault 30: 'FAILED'>");
        // RPC-231, RPC-232, RPC-233, RPC-234, RPC-235, RPC-236, RPC-237, ITRAP-011, ITRAP-012
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

// RPC-096, RPC-229, RPC-231: what does not fit in one piece is sent in many.
#[test]
fn long_logs_are_read_whole() {
    ask(|q| {
        q.wait_for_log("deaf.log", 5);
        // No piece of a usual size ends between two characters.
        let log = "a<ö&€𝄞\n".repeat(100_000);
        fs::write(q.sandbox.join("deaf.log"), &log).expect("a log");
        let size = log.len();
        let half = size / 2;
        q.check_long("readProcessLog", args!["deaf", 0, 0], &log);
        q.check_long("readProcessLog", args!["deaf", half as i64, 0], &log[half..]);
        let tail = format!("['{}', {size}, True]", log[half..].replace('\n', "\\n"));
        q.check_long("tailProcessLog", args!["deaf", 0, (size - half) as i64], &tail);
        let params = || Some(Value::from(vec![Value::from("deaf"), 0.into(), 0.into()]));
        let calls = || vec![element("supervisor.readProcessLog", params())];
        let shown = log.replace('\n', "\\n");
        q.check_long("system.multicall", args![calls()], &format!("['{shown}']"));
        if !q.is_original {
            fs::write(q.sandbox.join("deaf.log"), log.repeat(4)).expect("a log");
            let fault = "[{'faultCode': 30, 'faultString': 'FAILED: the result is too long for a \
                         multicall'}]";
            q.check_long("system.multicall", args![calls()], fault);
        }
    });
}
