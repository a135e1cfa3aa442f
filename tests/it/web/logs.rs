//! Logs as the browser shows and follows them.

use std::fs;

use harness::wait_until;
use serde_json::json;

use super::{PROGRAMS, SOON, check};

#[test]
#[cfg_attr(not(browser), ignore = "needs chromedriver")]
fn logs_are_followed_as_text() {
    // WEB-048, WEB-049
    check(PROGRAMS, |bench, browser| {
        bench.daemon.wait_for("talker", "RUNNING");
        browser.open(&bench.at("tail.html?processname=talker"));
        browser.wait(SOON, "document.querySelector('#log').textContent.includes('still here')");
        let red = "document.querySelector('#log .f1').textContent === 'red'";
        assert_eq!(browser.run(&format!("return {red}")), json!(true));
        let text = browser.run("return document.querySelector('#log').textContent");
        let text = text.as_str().expect("text");
        assert!(text.contains("<img src=x onerror=\"document.title=1\"> &lt;"), "{text}");
        assert!(!text.contains('\u{1b}'), "{text}");
        assert_eq!(browser.run("return document.querySelectorAll('#log img').length"), json!(0));
        assert_eq!(browser.run("return document.title.startsWith('Supervisor tail')"), json!(true));
        browser.enter("#find", "still");
        browser.wait(SOON, "document.querySelector('#found').textContent === '1 line'");
        let shown = "[...document.querySelectorAll('#log .l')].filter((line) => !line.hidden)";
        browser.wait(SOON, &format!("{shown}.length === 1"));
    });
}

/// Says on both streams what it is told through files.
const ECHO: &str = "\
[program:echo]
command=/bin/sh -c 'touch out err; tail -n +1 -f out & exec tail -n +1 -f err >&2'
stopasgroup=true
killasgroup=true
";

#[test]
#[cfg_attr(not(browser), ignore = "needs chromedriver")]
fn both_streams_are_followed_paused_and_downloaded() {
    check("", |bench, browser| {
        let directory = format!("directory={}\n", bench.sandbox.path().display());
        bench.sandbox.write("conf.d/programs.conf", format!("{ECHO}{directory}"));
        bench.daemon.ctl(&["update"]);
        bench.daemon.wait_for("echo", "RUNNING");
        let say = |file: &str, text: &str| {
            use std::io::Write;
            let path = bench.sandbox.join(file);
            let mut file =
                fs::OpenOptions::new().append(true).create(true).open(path).expect("the file");
            writeln!(file, "{text}").expect("to write");
        };
        let says =
            |text: &str| format!("document.querySelector('#log').textContent.includes('{text}')");
        browser.open(&bench.at(""));
        browser.click("[aria-label='Log of echo']");
        say("out", "one on stdout");
        browser.wait(SOON, &says("one on stdout"));
        browser.click("#pause");
        browser.wait(SOON, "document.querySelector('#pause').ariaPressed === 'true'");
        say("out", "two on stdout");
        wait_until("the log has it", || bench.daemon.ctl(&["tail", "echo"]).stdout.contains("two"));
        // Had it been going to show, it would within these turns.
        for _ in 0..20 {
            assert_eq!(browser.run(&format!("return {}", says("two on stdout"))), json!(false));
        }
        browser.click("#pause");
        browser.wait(SOON, &says("two on stdout"));
        browser.click("a.download");
        let saved = browser.downloads().join("echo-stdout.log");
        wait_until("the log is downloaded", || {
            fs::read_to_string(&saved).is_ok_and(|text| text == "one on stdout\ntwo on stdout\n")
        });
        // A long line is wrapped, or scrolled to its end.
        let scrolls =
            "((log) => log.scrollWidth > log.clientWidth)(document.querySelector('#log'))";
        say("out", &"long ".repeat(200));
        browser.wait(SOON, &says("long long"));
        assert_eq!(browser.run(&format!("return {scrolls}")), json!(false));
        browser.click("#wrap");
        browser.wait(SOON, scrolls);
        browser.click(".tabs a[href*='channel=stderr']");
        say("err", "three on stderr");
        browser.wait(SOON, &says("three on stderr"));
        assert_eq!(browser.run(&format!("return {}", says("on stdout"))), json!(false));
        // The page of a process has all its controls.
        browser.click("#act button[value='clear:echo']");
        wait_until("it is cleared", || !bench.daemon.ctl(&["tail", "echo"]).stdout.contains("one"));
        browser.fill("#act select", "KILL");
        let before = bench.daemon.pid_of("echo");
        browser.click("#act button[value='signal:echo']");
        bench.daemon.wait_for_new_pid("echo", before);
        browser.wait(SOON, "document.querySelector('.facts').dataset.state === 'RUNNING'");
        browser.click("#act button[value='stop:echo']");
        browser.wait(SOON, "document.querySelector('.facts').dataset.state === 'STOPPED'");
    });
}

#[test]
#[cfg_attr(not(browser), ignore = "needs chromedriver")]
fn the_activity_log_is_followed_and_cleared() {
    check(PROGRAMS, |bench, browser| {
        bench.daemon.wait_for("lone", "RUNNING");
        browser.open(&bench.at("activity.html"));
        let says =
            |text: &str| format!("document.querySelector('#log').textContent.includes('{text}')");
        browser.wait(SOON, &says("success: lone entered RUNNING state"));
        bench.daemon.ctl(&["stop", "lone"]);
        browser.wait(SOON, &says("stopped: lone (terminated by SIGTERM)"));
        // It goes on where it was when the daemon comes back, and says nothing twice.
        bench.daemon.ctl(&["reload"]);
        let starts =
            "document.querySelector('#log').textContent.split('started with pid').length - 1";
        browser.wait(SOON, &format!("{starts} > 1"));
        assert_eq!(browser.run(&format!("return {starts}")), json!(2));
        browser.click("button[value='clearmain']");
        browser.click("dialog button.primary");
        wait_until("the log is cleared", || {
            !bench.sandbox.read("supervisord.log").contains("success: lone entered")
        });
    });
}

#[test]
#[cfg_attr(not(browser), ignore = "needs chromedriver")]
fn a_flood_of_lines_stops_neither_the_page_nor_the_daemon() {
    let flood = "[program:flood]\n\
                 command=/bin/sh -c 'while :; do seq 1 1000; sleep 0.1; done'\n\
                 stdout_logfile=%(here)s/flood.log\n";
    check(flood, |bench, browser| {
        bench.daemon.wait_for("flood", "RUNNING");
        browser.open(&bench.at("tail.html?processname=flood"));
        let lines = "document.querySelectorAll('#log .l').length";
        browser.wait(SOON, &format!("{lines} > 4000"));
        // Ten thousand lines a second go by while the page is used: what is asked of it in between
        // is done, and old lines go as new ones come.
        for round in 0..5 {
            browser.fill("#find", "");
            browser.enter("#find", &format!("{round}0"));
            browser
                .wait(SOON, "/^[0-9]+ lines$/.test(document.querySelector('#found').textContent)");
            // Lines that come while something is looked for are judged too.
            let fits = browser.run(&format!(
                "return [...document.querySelectorAll('#log .l:not([hidden], .note)')] \
                 .every((line) => line.textContent.includes('{round}0'))"
            ));
            assert_eq!(fits, json!(true));
            let kept = browser.run(&format!("return {lines}"));
            assert!(kept.as_u64().is_some_and(|lines| lines <= 5000), "{kept}");
        }
        browser.fill("#find", "");
        // Off the screen nothing is laid out.
        let seen = |line: &str| {
            format!(
                "[...document.querySelectorAll('#log .l')].at({line}) \
                 .checkVisibility({{ contentVisibilityAuto: true }})"
            )
        };
        browser.wait(SOON, &format!("!{} && {}", seen("0"), seen("-1")));
        // What somebody reads stands still, however much comes, until he goes back to the end.
        browser.run("document.querySelector('#log').scrollTop = 1000; return 1");
        browser.wait(SOON, "!document.querySelector('#latest').hidden");
        let text = "return document.querySelector('#log').textContent";
        let read = browser.run(text);
        let written = || bench.sandbox.read("conf.d/flood.log").len();
        let before = written();
        wait_until("more is written", || written() > before + 20_000);
        assert_eq!(browser.run(text), read);
        browser.click("#latest");
        browser.wait(SOON, "document.querySelector('#latest').hidden");
        assert_ne!(browser.run(text), read);
        browser.click("#pause");
        browser.wait(SOON, "document.querySelector('#pause').ariaPressed === 'true'");
        // Paused, the page reads nothing, and the daemon keeps nothing for it.
        let size = || bench.sandbox.read("conf.d/flood.log").len();
        let before = size();
        wait_until("much is written", || size() > before + 100_000);
        let resident = bench.daemon.resident_kib();
        assert!(resident < 100_000, "{resident} KiB");
        browser.click("#pause");
        browser.wait(SOON, &format!("{lines} > 4000"));
    });
}
