//! What the controls of the page do to real processes, and that changes show by themselves.

use harness::wait_until;
use serde_json::json;

use super::browser::{Browser, ENTER, ESCAPE, TAB};
use super::{Bench, PROGRAMS, SOON, check, row};

/// A process that says which signals it gets.
const LISTENERS: &str = "\
[program:ears]
command=/bin/sh ears.sh
process_name=%(program_name)s-%(process_num)d
numprocs=2
killasgroup=true
stopasgroup=true
startsecs=0
";

const EARS: &str = "\
trap 'echo heard' USR1
echo listening
while :; do sleep 0.05; done
";

/// A pid as the client prints it, 0 for none.
fn pid(bench: &Bench<'_>, name: &str) -> i32 {
    bench.daemon.ctl(&["pid", name]).stdout.trim().parse().unwrap_or(0)
}

fn live(bench: &Bench<'_>, browser: &Browser, page: &str) {
    browser.open(&bench.at(page));
    browser.wait(SOON, "document.querySelector('#link').textContent === 'live'");
}

#[track_caller]
fn becomes(browser: &Browser, key: &str, state: &str) {
    browser.wait(SOON, &row(key, &format!("row.dataset.state === '{state}'")));
}

#[test]
#[cfg_attr(not(browser), ignore = "needs chromedriver")]
fn one_process_is_started_stopped_and_restarted() {
    check(PROGRAMS, |bench, browser| {
        bench.daemon.wait_for("lone", "RUNNING");
        live(bench, browser, "");
        browser.click("button[value='stop:lone']");
        becomes(browser, "lone", "STOPPED");
        browser.wait(SOON, "document.querySelector('.status_msg').textContent.includes('lone')");
        assert!(bench.daemon.ctl(&["status", "lone"]).stdout.contains("STOPPED"));
        browser.click("button[value='start:lone']");
        becomes(browser, "lone", "RUNNING");
        let before = pid(bench, "lone");
        browser.click("button[value='restart:lone']");
        wait_until("it has restarted", || ![0, before].contains(&pid(bench, "lone")));
        browser.wait(SOON, &row("lone", "row.querySelector('.restarts').textContent === '2'"));
        let ended = "row.querySelector('.more').textContent === 'terminated by SIGTERM'";
        browser.wait(SOON, &row("lone", ended));
        // A failure is told, and why.
        browser.click("button[value='start:missing']");
        browser.wait(SOON, "document.querySelector('.status_msg.bad') !== null");
        assert!(browser.text(".status_msg").contains("NO_FILE"));
    });
}

#[test]
#[cfg_attr(not(browser), ignore = "needs chromedriver")]
fn a_group_is_started_stopped_and_restarted() {
    check(PROGRAMS, |bench, browser| {
        bench.daemon.wait_for("web:web-01", "RUNNING");
        live(bench, browser, "");
        let lone = pid(bench, "lone");
        browser.click("button[value='stop:web:*']");
        // Nothing is done before it is agreed to.
        browser.press(&[ESCAPE]);
        browser.wait(SOON, "document.querySelector('dialog') === null");
        assert_ne!(pid(bench, "web:web-00"), 0);
        browser.click("button[value='stop:web:*']");
        assert_eq!(browser.text("dialog p"), "Stop all of group web?");
        browser.click("dialog button.primary");
        becomes(browser, "web:web-00", "STOPPED");
        becomes(browser, "web:web-01", "STOPPED");
        browser
            .wait(SOON, "document.querySelector('.group .count').textContent === '0 of 2 running'");
        browser.click("button[value='start:web:*']");
        becomes(browser, "web:web-01", "RUNNING");
        let before = pid(bench, "web:web-00");
        browser.click("button[value='restart:web:*']");
        browser.click("dialog button.primary");
        wait_until("the group has restarted", || ![0, before].contains(&pid(bench, "web:web-00")));
        assert_eq!(pid(bench, "lone"), lone);
    });
}

#[test]
#[cfg_attr(not(browser), ignore = "needs chromedriver")]
fn a_selection_is_ordered_about() {
    check("", |bench, browser| {
        bench.sandbox.write("ears.sh", EARS);
        bench.sandbox.write("conf.d/programs.conf", format!("{LISTENERS}{PROGRAMS}"));
        bench.daemon.ctl(&["update"]);
        let log = |name: &str| bench.daemon.ctl(&["tail", name]).stdout;
        wait_until("both listen", || {
            ["ears:ears-0", "ears:ears-1"].iter().all(|name| log(name).contains("listening"))
        });
        live(bench, browser, "");
        let tick = |key: &str| browser.click(&format!("tr[data-key='{key}'] input"));
        let order = |verb: &str| browser.click(&format!("#bar .selected button[value='{verb}']"));
        let agree = || browser.click("dialog button.primary");
        assert!(
            browser.run("return document.querySelector('.selected').checkVisibility()")
                == json!(false)
        );
        tick("ears:ears-0");
        tick("lone");
        browser.fill("#bar select", "USR1");
        order("signal");
        assert_eq!(browser.text("dialog p"), "Signal 2 processes?");
        browser.press(&[ESCAPE]);
        browser.wait(SOON, "document.querySelector('dialog') === null");
        tick("lone");
        order("signal");
        wait_until("it has heard the signal", || log("ears:ears-0").contains("heard"));
        assert!(!log("ears:ears-1").contains("heard"));
        order("clear");
        wait_until("its log is cleared", || !log("ears:ears-0").contains("listening"));
        assert!(log("ears:ears-1").contains("listening"));
        tick("manual");
        order("start");
        becomes(browser, "manual", "RUNNING");
        let before = pid(bench, "manual");
        order("restart");
        agree();
        wait_until("it has restarted", || ![0, before].contains(&pid(bench, "manual")));
        order("stop");
        agree();
        becomes(browser, "manual", "STOPPED");
        becomes(browser, "ears:ears-0", "STOPPED");
        assert_ne!(pid(bench, "ears:ears-1"), 0);
        // A group's box ticks its members, the first one everything that is shown.
        browser.click("tr.group input[value='ears:*']");
        browser.wait(SOON, "document.querySelector('#picked').textContent === '3 selected:'");
        browser.click("#all");
        browser.wait(SOON, "document.querySelector('#picked').textContent === '8 selected:'");
        order("clear");
        wait_until("every log is cleared", || !log("ears:ears-1").contains("listening"));
    });
}

#[test]
#[cfg_attr(not(browser), ignore = "needs chromedriver")]
fn a_group_and_everything_get_signals_and_empty_logs() {
    check("", |bench, browser| {
        bench.sandbox.write("ears.sh", EARS);
        let apart = "[program:apart]\ncommand=/bin/sh ears.sh\nstopasgroup=true\n";
        bench.sandbox.write("conf.d/programs.conf", format!("{LISTENERS}{apart}"));
        bench.daemon.ctl(&["update"]);
        let log = |name: &str| bench.daemon.ctl(&["tail", name]).stdout;
        let (members, all) =
            (["ears:ears-0", "ears:ears-1"], ["ears:ears-0", "ears:ears-1", "apart"]);
        let every = |names: &[&str], what: &str| names.iter().all(|name| log(name).contains(what));
        wait_until("all listen", || every(&all, "listening"));
        live(bench, browser, "");
        let order = |verb: &str| browser.click(&format!("#bar .selected button[value='{verb}']"));
        let signal = |question: &str| {
            browser.fill("#bar select", "USR1");
            order("signal");
            assert_eq!(browser.text("dialog p"), question);
            browser.click("dialog button.primary");
        };
        browser.click("tr.group input[value='ears:*']");
        signal("Signal 2 processes?");
        wait_until("the group has heard it", || every(&members, "heard"));
        order("clear");
        wait_until("the group's logs are empty", || {
            members.iter().all(|name| log(name).trim().is_empty())
        });
        assert_eq!(log("apart").trim(), "listening");
        browser.click("#all");
        browser.wait(SOON, "document.querySelector('#picked').textContent === '3 selected:'");
        signal("Signal 3 processes?");
        wait_until("everything has heard it", || every(&all, "heard"));
    });
}

#[test]
#[cfg_attr(not(browser), ignore = "needs chromedriver")]
fn everything_is_started_stopped_and_restarted() {
    check(PROGRAMS, |bench, browser| {
        bench.daemon.wait_for("lone", "RUNNING");
        bench.daemon.wait_for("web:web-01", "RUNNING");
        live(bench, browser, "");
        browser.click("button[value='restart:*']");
        let before = pid(bench, "lone");
        browser.click("dialog button.primary");
        wait_until("it has restarted", || ![0, before].contains(&pid(bench, "lone")));
        // ITRAP-038: what was stopped stays so.
        becomes(browser, "lone", "RUNNING");
        becomes(browser, "manual", "STOPPED");
        becomes(browser, "web:web-01", "RUNNING");
        browser.click("button[value='stop:*']");
        assert_eq!(browser.text("dialog p"), "Stop all processes?");
        browser.click("dialog button.primary");
        becomes(browser, "lone", "STOPPED");
        becomes(browser, "web:web-00", "STOPPED");
        browser.click("button[value='start:*']");
        becomes(browser, "manual", "RUNNING");
        becomes(browser, "lone", "RUNNING");
    });
}

#[test]
#[cfg_attr(not(browser), ignore = "needs chromedriver")]
fn changes_show_by_themselves() {
    check(PROGRAMS, |bench, browser| {
        bench.daemon.wait_for("lone", "RUNNING");
        live(bench, browser, "");
        bench.daemon.ctl(&["stop", "lone"]);
        becomes(browser, "lone", "STOPPED");
        browser
            .wait(SOON, &row("lone", "row.querySelector('.more').textContent.includes('SIGTERM')"));
        bench.daemon.ctl(&["stop", "web:*"]);
        bench.daemon.ctl(&["remove", "web"]);
        browser.wait(SOON, "document.querySelector('[data-key^=\"web:\"]') === null");
        // What happens while new rows are on their way is not lost on them.
        browser.run(
            "const real = window.fetch; window.fetch = async (address) => { \
             const text = await (await real(address)).text(); \
             await new Promise((resolve) => setTimeout(resolve, 2500)); \
             return new Response(text) }; return 1",
        );
        bench.daemon.ctl(&["add", "web"]);
        browser.wait(SOON, &row("web:web-01", "row !== null"));
        becomes(browser, "web:web-01", "RUNNING");
        browser.wait(
            SOON,
            &row("web:web-01", "/uptime 0:(00:0[2-9]|00:[1-5]|0[1-9]:)/.test(row.textContent)"),
        );
    });
}

#[test]
#[cfg_attr(not(browser), ignore = "needs chromedriver")]
fn a_page_nobody_looks_at_follows_nothing_and_then_catches_up() {
    check(PROGRAMS, |bench, browser| {
        bench.daemon.wait_for("lone", "RUNNING");
        live(bench, browser, "");
        let look = |hidden: bool| {
            browser.run(&format!(
                "Object.defineProperty(document, 'hidden', {{ value: {hidden}, configurable: true }}); \
                 document.dispatchEvent(new Event('visibilitychange')); return 1"
            ));
        };
        look(true);
        bench.daemon.ctl(&["stop", "lone"]);
        // Had it been going to show, it would within these turns.
        for _ in 0..20 {
            let state = row("lone", "row.dataset.state");
            assert_eq!(browser.run(&format!("return {state}")), json!("RUNNING"));
        }
        look(false);
        becomes(browser, "lone", "STOPPED");
    });
}

#[test]
#[cfg_attr(not(browser), ignore = "needs chromedriver")]
fn the_page_goes_on_when_the_daemon_comes_back() {
    check(PROGRAMS, |bench, browser| {
        bench.daemon.wait_for("lone", "RUNNING");
        live(bench, browser, "");
        bench.daemon.ctl(&["start", "manual"]);
        becomes(browser, "manual", "RUNNING");
        let before = pid(bench, "lone");
        browser.run("window.same = true; return 1");
        bench.daemon.ctl(&["reload"]);
        wait_until("the daemon is back", || ![0, before].contains(&pid(bench, "lone")));
        let shown = format!("row.textContent.includes('pid {},')", pid(bench, "lone"));
        browser.wait(SOON, &row("lone", &shown));
        becomes(browser, "lone", "RUNNING");
        // Of what the new daemon leaves alone there is no change to tell.
        becomes(browser, "manual", "STOPPED");
        // The token of the daemon before is worth nothing; the page has got a new one.
        browser.click("button[value='stop:lone']");
        becomes(browser, "lone", "STOPPED");
        assert_eq!(browser.run("return window.same"), json!(true));
    });
}

#[test]
#[cfg_attr(not(browser), ignore = "needs chromedriver")]
fn rows_are_filtered_and_sorted() {
    check(PROGRAMS, |bench, browser| {
        bench.daemon.wait_for("lone", "RUNNING");
        bench.daemon.wait_for("missing", "FATAL");
        live(bench, browser, "");
        let shown = || {
            let rows = "[...document.querySelectorAll('tr[data-key]:not([hidden])')]";
            browser.run(&format!("return {rows}.map((row) => row.dataset.key)"))
        };
        browser.enter("#q", "eb-0");
        browser.wait(SOON, &row("lone", "row.hidden"));
        assert_eq!(shown(), json!(["web:web-00", "web:web-01"]));
        browser.fill("#q", "");
        browser.click("#filters a[data-only='trouble']");
        browser.wait(SOON, &row("lone", "row.hidden"));
        assert_eq!(shown(), json!(["missing"]));
        browser.enter("#q", "no such name");
        browser.wait(SOON, "document.querySelector('#nothing').checkVisibility()");
        browser.fill("#q", "");
        browser.wait(SOON, "!document.querySelector('#nothing').checkVisibility()");
        // What is ticked and left out by the filter is not acted on.
        browser.click("tr[data-key='missing'] input");
        browser.wait(SOON, "document.querySelector('#picked').textContent === '1 selected:'");
        browser.click("#filters a[data-only='running']");
        browser.wait(SOON, "document.querySelector('#picked').textContent === '0 selected:'");
        // What changes its state comes and goes.
        bench.daemon.ctl(&["stop", "lone"]);
        browser.click("#filters a[data-only='stopped']");
        browser.wait(SOON, &row("lone", "!row.hidden"));
        assert_eq!(shown(), json!(["lone", "manual"]));
        bench.daemon.ctl(&["start", "lone"]);
        browser.wait(SOON, &row("lone", "row.hidden"));
        browser.click("#filters a[data-only='']");
        browser.click("th a[data-sort='state']");
        browser.wait(SOON, "document.querySelector('th.state').ariaSort === 'ascending'");
        let first =
            |key: &str| format!("document.querySelector('tr[data-key]').dataset.key === '{key}'");
        browser.wait(SOON, &first("missing"));
        browser.click("th a[data-sort='restarts']");
        browser.wait(SOON, "document.querySelector('th.restarts').ariaSort === 'descending'");
        browser.wait(SOON, &first("lone"));
        // A row that moves up keeps the focus.
        browser.run("document.querySelector('[aria-label=\"Select talker\"]').focus(); return 1");
        bench.daemon.ctl(&["restart", "talker"]);
        bench.daemon.ctl(&["restart", "talker"]);
        browser.wait(SOON, &first("talker"));
        assert_eq!(browser.run("return document.activeElement.value"), json!("talker"));
        // Back by name, groups and rows stand as the server has them.
        browser.click("th a[data-sort='name']");
        browser.wait(SOON, "document.querySelector('th.name').ariaSort === 'ascending'");
        let names = browser
            .run("return [...document.querySelectorAll('tbody input')].map((box) => box.value)");
        let order = ["lone", "manual", "missing", "talker", "web:*", "web:web-00", "web:web-01"];
        assert_eq!(names, json!(order));
        // Addresses that were kept show the same, and so do those of the links.
        browser.click("th a[data-sort='uptime']");
        browser.click("#filters a[data-only='running']");
        let turned = "location.search === '?only=running&sort=uptime'";
        browser.wait(SOON, turned);
        let link = browser.run("return document.querySelector('th.name a').getAttribute('href')");
        assert_eq!(link, json!("./?only=running"));
        let standing = shown();
        browser.open(&bench.at("?only=running&sort=uptime"));
        assert_eq!(shown(), standing);
        browser.open(&bench.at("?only=running&sort=restarts&q=l"));
        assert_eq!(shown(), json!(["talker", "lone"]));
    });
}

#[test]
#[cfg_attr(not(browser), ignore = "needs chromedriver")]
fn the_keyboard_is_enough() {
    check(PROGRAMS, |bench, browser| {
        bench.daemon.wait_for("lone", "RUNNING");
        live(bench, browser, "");
        // The first stop is the link past the navigation.
        browser.press(&[TAB]);
        browser.wait(SOON, "document.activeElement.matches('.skip:focus-visible')");
        browser.press(&['/']);
        browser.press(&['m', 'a', 'n']);
        browser.wait(SOON, &row("lone", "row.hidden"));
        let reach = |what: &str| {
            let found = (0..40).any(|_| {
                browser.press(&[TAB]);
                let there = format!("return document.activeElement.matches(\"{what}\")");
                browser.run(&there) == json!(true)
            });
            assert!(found, "{what} cannot be reached");
        };
        reach("tr[data-key='manual'] input");
        browser.press(&[' ']);
        browser.wait(SOON, "document.querySelector('#picked').textContent === '1 selected:'");
        reach("tr[data-key='manual'] button[value^='start']");
        browser.press(&[ENTER]);
        becomes(browser, "manual", "RUNNING");
        browser.wait(SOON, "document.activeElement !== null");
        browser.open(&bench.page);
        reach("button[value='stop:*']");
        browser.press(&[ENTER]);
        browser.wait(SOON, "document.activeElement.closest('dialog') !== null");
        browser.press(&[ESCAPE]);
        // The focus is back where it was, and the button is free again.
        browser.wait(SOON, "document.activeElement.matches(\"[value='stop:*']:not([aria-busy])\")");
        browser.press(&[ENTER]);
        browser.wait(SOON, "document.activeElement.closest('dialog') !== null");
        browser.press(&[ENTER]);
        becomes(browser, "lone", "STOPPED");
    });
}
