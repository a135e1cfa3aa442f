//! What the controls of the page do to real processes, and that changes show by themselves.

use std::time::Duration;

use harness::wait_until;
use serde_json::json;

use super::{PROGRAMS, SOON, check, row};

#[test]
#[cfg_attr(not(browser), ignore = "needs chromedriver")]
fn controls_act_on_real_processes() {
    check(PROGRAMS, |bench, browser| {
        bench.daemon.wait_for("lone", "RUNNING");
        browser.open(&bench.page);
        browser.wait(SOON, "document.querySelector('#link').textContent === 'live'");
        browser.click("button[value='stop:lone']");
        browser.wait(SOON, &row("lone", "row.dataset.state === 'STOPPED'"));
        assert!(bench.daemon.ctl(&["status", "lone"]).stdout.contains("STOPPED"));
        browser.wait(SOON, "document.querySelector('.status_msg').textContent.includes('lone')");
        browser.click("button[value='start:manual']");
        browser.wait(SOON, &row("manual", "row.dataset.state === 'RUNNING'"));
        let before = bench.daemon.pid_of("web:web-00");
        browser.click("button[value='restart:web:*']");
        browser.click("dialog button.primary");
        wait_until("the group has restarted", || {
            let pid = bench.daemon.ctl(&["pid", "web:web-00"]).stdout.trim().parse();
            pid.is_ok_and(|pid: i32| pid != 0 && pid != before)
        });
        browser.click("tr[data-key='manual'] input");
        browser.click("#bar button[value='stop']");
        browser.wait(SOON, &row("manual", "row.dataset.state === 'STOPPED'"));
    });
}

#[test]
#[cfg_attr(not(browser), ignore = "needs chromedriver")]
fn changes_show_by_themselves() {
    check(PROGRAMS, |bench, browser| {
        bench.daemon.wait_for("lone", "RUNNING");
        browser.open(&bench.page);
        browser.wait(SOON, "document.querySelector('#link').textContent === 'live'");
        bench.daemon.ctl(&["stop", "lone"]);
        browser.wait(Duration::from_secs(1), &row("lone", "row.dataset.state === 'STOPPED'"));
        bench.daemon.ctl(&["stop", "web:*"]);
        bench.daemon.ctl(&["remove", "web"]);
        browser.wait(SOON, "document.querySelector('[data-key^=\"web:\"]') === null");
        bench.daemon.ctl(&["add", "web"]);
        browser.wait(SOON, &row("web:web-01", "row !== null"));
        browser.enter("#q", "lon");
        browser.wait(SOON, &row("web:web-01", "row.hidden"));
        assert_eq!(browser.run(&format!("return {}", row("lone", "row.hidden"))), json!(false));
    });
}
