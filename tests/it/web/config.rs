//! The page of the configuration: what an update would change, and what is wrong.

use harness::installation::command;
use harness::{Daemon, HEAD, Run, Sandbox, free_port, head_with};
use nix::unistd::getuid;
use serde_json::Value;

use super::browser::Browser;
use super::{Bench, PROGRAMS, SOON, check, page_at, with_server};

const FILE: &str = "conf.d/programs.conf";

#[test]
#[cfg_attr(not(browser), ignore = "needs chromedriver")]
fn an_update_is_shown_before_it_is_made() {
    check(PROGRAMS, |bench, browser| {
        bench.daemon.wait_for("lone", "RUNNING");
        let edited = PROGRAMS.replace("[program:lone]\n", "[program:lone]\nstopwaitsecs=7\n");
        let edited = edited.replace("[program:manual]", "[program:fresh]");
        bench.sandbox.write(FILE, &edited);
        browser.open(&bench.at("config.html"));
        let shown = browser.text("main");
        for part in ["would change 3 groups", "lone changed", "stopwaitsecs 10 7"] {
            assert!(shown.contains(part), "{part} is not in {shown}");
        }
        assert!(shown.contains("fresh added") && shown.contains("manual removed"), "{shown}");
        // Nothing is staged by looking.
        assert!(bench.daemon.ctl(&["avail"]).stdout.contains("manual"));
        let before = bench.daemon.pid_of("web:web-00");
        let lone = bench.daemon.pid_of("lone");
        browser.click("button[value='update']");
        browser.click("dialog button.primary");
        browser.wait(SOON, "document.body.textContent.includes('is what runs')");
        assert_eq!(bench.daemon.pid_of("web:web-00"), before);
        assert_ne!(bench.daemon.pid_of("lone"), lone);
        assert!(bench.daemon.ctl(&["status"]).stdout.contains("fresh"));
        bench.daemon.wait_for("lone", "RUNNING");
    });
}

#[test]
#[cfg_attr(not(browser), ignore = "needs chromedriver")]
fn what_is_wrong_is_shown_where_it_stands() {
    check(PROGRAMS, |bench, browser| {
        bench.daemon.wait_for("lone", "RUNNING");
        bench.sandbox.write(FILE, format!("{PROGRAMS}numprosc=2\nautorestart=<i>maybe\n"));
        browser.open(&bench.at("config.html"));
        let shown = browser.text("main");
        for part in ["refused", "does not compile", "1 error", "did you mean numprocs?"] {
            assert!(shown.contains(part), "{part} is not in {shown}");
        }
        // The worst stands first, wherever it stands in the file.
        let severities =
            "return [...document.querySelectorAll('.severity')].map((one) => one.textContent)";
        let found = browser.run(severities);
        let found: Vec<&str> =
            found.as_array().expect("a list").iter().filter_map(Value::as_str).collect();
        assert_eq!(found.first(), Some(&"error"), "{found:?}");
        assert!(found.len() > 1, "{found:?}");
        assert_eq!(browser.text(".finding.error figcaption"), format!("{FILE}:21:13"));
        assert_eq!(browser.text(".finding.error pre mark"), "<i>maybe");
        let marked = "[...document.querySelectorAll('.finding.warning mark')]";
        browser.wait(SOON, &format!("{marked}.some((mark) => mark.textContent === 'numprosc')"));
        browser.wait(SOON, "document.querySelector('button[value=update]').disabled");
        assert!(bench.daemon.ctl(&["status", "lone"]).stdout.contains("RUNNING"));
    });
}

/// Starts a daemon with these options, which stand for its configuration.
fn started_with<'s>(sandbox: &'s Sandbox, port: u16, options: &[&str]) -> Bench<'s> {
    let daemon = Daemon::spawn(&crate::ours(), sandbox, options);
    daemon.wait_for_socket();
    Bench { sandbox, daemon, page: page_at(port) }
}

#[test]
#[cfg_attr(not(browser), ignore = "needs chromedriver")]
fn what_the_command_line_fixes_does_not_differ() {
    // CFG-387
    let (browser, sandbox, port) = (Browser::start(), Sandbox::new(), free_port());
    sandbox.write("supervisord.conf", with_server(HEAD, port));
    let user = getuid().to_string();
    let options = ["-n", "-c", "supervisord.conf", "-e", "warn", "-i", "fixed", "-u", &user];
    let bench = started_with(&sandbox, port, &options);
    let edited = "loglevel=info\nidentifier=other\nuser=no-such-user\nminfds=1000";
    sandbox.write("supervisord.conf", with_server(&head_with(edited), port));
    browser.open(&bench.at("config.html"));
    let shown = browser.text("main");
    assert!(shown.contains("minfds 1024 1000"), "{shown}");
    assert!(shown.contains("a restart of the daemon does"), "{shown}");
    for fixed in ["loglevel", "identifier", "no-such-user"] {
        assert!(!shown.contains(fixed), "{fixed} is in {shown}");
    }
}

#[test]
#[cfg_attr(not(browser), ignore = "needs chromedriver")]
fn a_daemon_with_a_compiled_plan_looks_at_the_plan() {
    let (browser, sandbox, port) = (Browser::start(), Sandbox::new(), free_port());
    sandbox.write(FILE, PROGRAMS);
    sandbox.write("supervisord.conf", with_server(HEAD, port));
    build(&sandbox);
    let bench = started_with(&sandbox, port, &["-n", "--plan", "site.plan"]);
    sandbox.write(FILE, PROGRAMS.replace("[program:lone]\n", "[program:lone]\nstopwaitsecs=7\n"));
    let look = || {
        browser.open(&bench.at("config.html"));
        browser.text("main")
    };
    let shown = look();
    assert!(shown.contains("site.plan") && shown.contains("is what runs"), "{shown}");
    build(&sandbox);
    let shown = look();
    assert!(shown.contains("stopwaitsecs 10 7"), "{shown}");
    sandbox.write("site.plan", "junk");
    let shown = look();
    assert!(shown.contains("refused") && shown.contains("could not use plan file"), "{shown}");
}

fn build(sandbox: &Sandbox) {
    let mut build = command(sandbox, env!("CARGO_BIN_EXE_supervisorc-under-test"));
    build.args(["build", "-o", "site.plan", "supervisord.conf"]);
    let run = Run::of(build);
    assert_eq!(run.status, 0, "{}", run.stderr);
}
