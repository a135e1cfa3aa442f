//! The pages with their script blocked: forms and links do the same.

use harness::wait_until;

use super::{PROGRAMS, check};

#[test]
#[cfg_attr(not(browser), ignore = "needs chromedriver")]
fn everything_works_without_scripts() {
    check(PROGRAMS, |bench, browser| {
        browser.block_scripts();
        bench.daemon.wait_for("lone", "RUNNING");
        browser.open(&bench.page);
        browser.click("button[value='stop:lone']");
        browser.wait_text(".status_msg", "lone asked to stop");
        bench.daemon.wait_for("lone", "STOPPED");
        browser.click("tr[data-key='manual'] input");
        browser.click("#bar .selected button[value='start']");
        browser.wait_text(".status_msg", "manual started");
        bench.daemon.wait_for("manual", "RUNNING");
        browser.click("button[value='stop:web:*']");
        browser.wait_text(".status_msg", "2 processes asked to stop");
        bench.daemon.wait_for("web:web-01", "STOPPED");
        browser.click("button[value='stop:*']");
        bench.daemon.wait_for("manual", "STOPPED");
        // Filter and order are addresses.
        browser.open(&bench.page);
        browser.click("#filters a[data-only='trouble']");
        browser.wait_text("#filters a[aria-current]", "Trouble");
        let shown = browser.text("#processes");
        assert!(!shown.contains("lone") && shown.contains("missing"), "{shown}");
        bench.daemon.ctl(&["restart", "talker"]);
        bench.daemon.wait_for("talker", "RUNNING");
        browser.click("#filters a[data-only='']");
        for (order, direction, first) in
            [("state", "ascending", "missing"), ("restarts", "descending", "talker")]
        {
            browser.click(&format!("th a[data-sort='{order}']"));
            browser.wait_text(&format!("th.{order}[aria-sort='{direction}']"), "");
            browser.wait_text("#sorted tr:first-child", first);
        }
        browser.enter("#q", "miss");
        browser.click("#search button");
        browser.wait_text("tr[data-key='missing']:not([hidden])", "missing");
        assert!(!browser.text("#processes").contains("lone"));
        // What was chosen first holds when more is.
        browser.click("th a[data-sort='name']");
        browser.wait_text("th.name[aria-sort]", "Name");
        assert!(!browser.text("#processes").contains("lone"));
        // The page of a process, its log, and the file itself.
        browser.click("tr[data-key='missing'] a");
        browser.wait_text("#act", "can't find command");
        browser.open(&bench.at("tail.html?processname=talker"));
        browser.wait_text("#log", "still here");
        browser.click("#act button[value='clear:talker']");
        browser.wait_text(".status_msg", "talker cleared");
        assert!(!browser.text("#log").contains("still here"));
        browser.click("a.refresh");
        browser.click(".tabs a[href*='channel=stderr']");
        browser.wait_text(".tabs a[aria-current]", "stderr");
        browser.open(&bench.at("activity.html"));
        browser.wait_text("#log", "stopped: lone");
        let starts = || browser.text("#log").matches("spawned: 'manual'").count();
        let before = starts();
        bench.daemon.ctl(&["start", "manual"]);
        browser.click("a.refresh");
        wait_until("the new picture is there", || starts() > before);
    });
}

#[test]
#[cfg_attr(not(browser), ignore = "needs chromedriver")]
fn an_update_works_without_scripts() {
    check(PROGRAMS, |bench, browser| {
        browser.block_scripts();
        bench.sandbox.write("conf.d/programs.conf", PROGRAMS.replace("manual", "other"));
        browser.open(&bench.at("config.html"));
        browser.wait_text("main", "would change 2 groups");
        browser.click("button[value='update']");
        browser.wait_text(".status_msg", "2 groups updated");
        browser.wait_text(".verdict", "is what runs");
        wait_until("it is there", || bench.daemon.ctl(&["status"]).stdout.contains("other"));
    });
}
