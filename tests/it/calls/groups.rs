//! Calls that add, remove and reread groups, and what is told of those that are there.

use harness::HEAD;

use super::{PROGRAMS, TRUE, args, ask};

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
        // RPC-101, RPC-169, RPC-170, RPC-171, RPC-172, ITRAP-017
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
        // Whoever may reread may not read the environment.
        q.sandbox.write("supervisord.conf", format!("{HEAD}\n[program:x]\ncommand=%(nope)s\n"));
        let refused = q.call("reloadConfig", &[]);
        assert!(refused.contains("('nope') which cannot be expanded"), "{refused}");
        assert_eq!(refused.contains("ENV_"), q.is_original, "{refused}");
        // PATH is known to every daemon.
        let wrong = format!("{HEAD}\n[program:x]\ncommand=x\nstartsecs=%(ENV_PATH)s\n");
        q.sandbox.write("supervisord.conf", wrong);
        let refused = q.call("reloadConfig", &[]);
        assert_eq!(refused.contains("invalid literal for int()"), q.is_original, "{refused}");
        assert_eq!(refused.contains("%(ENV_PATH)s"), !q.is_original, "{refused}");
        assert_eq!(refused.contains("/bin"), q.is_original, "{refused}");
    });
}

// RPC-045
#[test]
fn what_is_not_there_has_a_value_all_the_same() {
    ask(|q| {
        for (name, member, value) in [
            ("off", "pid", "0"),
            ("off", "start", "0"),
            ("off", "stop", "0"),
            ("off", "exitstatus", "0"),
            ("off", "spawnerr", ""),
            ("cat", "stderr_logfile", ""),
            ("up", "stderr_logfile", ""),
        ] {
            assert_eq!(q.info(name, member), value, "{member} of {name}");
        }
        // The files of a program that was not added yet are still to be made.
        let more = format!("{HEAD}\n{PROGRAMS}\n[program:fresh]\ncommand=/bin/cat\n");
        q.sandbox.write("supervisord.conf", more);
        q.check("reloadConfig", &[], "[[['fresh'], [], []]]");
        let configs = q.call("getAllConfigInfo", &[]);
        let of = |name: &str| {
            let named = format!("'name': '{name}'");
            configs.split("}, ").find(|config| config.contains(&named)).expect("its configuration")
        };
        assert!(of("cat").contains("'stderr_logfile': 'none'"), "{configs}");
        assert!(of("fresh").contains("'stdout_logfile': 'auto'"), "{configs}");
    });
}
