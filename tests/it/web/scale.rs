//! The page with two thousand processes: it still filters, sorts, follows and acts.

use serde_json::json;

use super::browser::Browser;
use super::{SOON, check, row};

/// Many groups that stand still, and one that does not.
fn many() -> String {
    let groups = (0..20).map(|group| {
        format!(
            "[program:part{group:02}]\nprocess_name=%(program_name)s-%(process_num)03d\n\
             command=/bin/sleep 1000\nnumprocs=100\nautostart=false\nstartsecs=0\n\n"
        )
    });
    let flapping = "[program:flapping]\ncommand=/bin/sh -c 'sleep 0.1'\nstartsecs=0\n\
                    autorestart=true\n\n";
    groups.chain([flapping.to_owned()]).collect()
}

/// Keeps which rows are touched from now on, by any change to them or to their place.
const WATCH: &str = "\
const rowOf = (node) => (node.closest ? node : node.parentElement)?.closest('tr[data-key]');
window.touched = new Set();
new MutationObserver((changes) => {
  for (const { type, target, addedNodes } of changes) {
    for (const node of type === 'childList' ? [target, ...addedNodes] : [target]) {
      window.touched.add(rowOf(node)?.dataset.key);
    }
  }
  window.touched.delete(undefined);
}).observe(document.querySelector('#processes'),
  { subtree: true, childList: true, characterData: true, attributes: true });
return 1";

/// How many rows have been touched since this was asked last, not counting the one that flaps.
fn touched(browser: &Browser) -> u64 {
    let rows = "window.touched.delete('flapping'); const count = window.touched.size; \
                window.touched.clear(); return count";
    browser.run(rows).as_u64().expect("a number")
}

const SHOWN: &str = "[...document.querySelectorAll('tr[data-key]:not([hidden])')]";

fn wait_shown(browser: &Browser, count: usize) {
    browser.wait(SOON, &format!("{SHOWN}.length === {count}"));
}

#[test]
#[cfg_attr(not(browser), ignore = "needs chromedriver")]
fn two_thousand_processes_are_no_burden() {
    check(&many(), |bench, browser| {
        browser.open(&bench.page);
        browser.wait(SOON, "document.querySelector('#link').textContent === 'live'");
        let rows = browser.run("return document.querySelectorAll('tr[data-key]').length");
        assert_eq!(rows, json!(2001));
        // The filter narrows as one types, and what is left is acted on.
        browser.enter("#q", "part07-04");
        wait_shown(browser, 10);
        browser.click("#all");
        browser.wait(SOON, "document.querySelector('#picked').textContent === '10 selected:'");
        browser.click("#bar .selected button[value='start']");
        browser.wait(SOON, &format!("{SHOWN}.every((row) => row.dataset.state === 'RUNNING')"));
        browser.click("#filters a[data-only='running']");
        browser.wait(
            SOON,
            "document.querySelector('#filters a[aria-current] .count').textContent > 9",
        );
        browser.fill("#q", "");
        browser.click("th a[data-sort='state']");
        browser.wait(SOON, "document.querySelector('th.state').ariaSort === 'ascending'");
        let running = format!("{SHOWN}.filter((row) => row.dataset.state === 'RUNNING')");
        browser.wait(SOON, &format!("{running}.length >= 10"));
    });
}

#[test]
#[cfg_attr(not(browser), ignore = "needs chromedriver")]
fn of_many_rows_only_those_that_differ_are_touched() {
    check(&many(), |bench, browser| {
        let first =
            |key: &str| format!("document.querySelector('tr[data-key]').dataset.key === '{key}'");
        browser.open(&bench.page);
        browser.wait(SOON, "document.querySelector('#link').textContent === 'live'");
        let standing = "return [...document.querySelectorAll('tbody tr')] \
                        .map((row) => row.querySelector('input').value)";
        let by_name = browser.run(standing);
        browser.run(WATCH);
        // A process that changes.
        let restarts = row("flapping", "Number(row.querySelector('.restarts').textContent) > 20");
        browser.wait(SOON, &restarts);
        assert_eq!(touched(browser), 0);
        bench.daemon.ctl(&["start", "part07:part07-042"]);
        browser.wait(SOON, &row("part07:part07-042", "row.dataset.state === 'RUNNING'"));
        assert_eq!(touched(browser), 1);
        // A filter that leaves out a little more, or a little less. The one that runs counts on.
        browser.fill("#q", "part07-04");
        wait_shown(browser, 10);
        touched(browser);
        browser.fill("#q", "part07-043");
        wait_shown(browser, 1);
        assert_eq!(touched(browser), 9);
        browser.fill("#q", "part07-04");
        wait_shown(browser, 10);
        assert!(touched(browser) <= 10);
        browser.fill("#q", "");
        wait_shown(browser, 2001);
        // An order that is nearly the one before, and a row that goes elsewhere in it.
        browser.click("th a[data-sort='state']");
        browser.wait(SOON, "document.querySelector('th.state').ariaSort === 'ascending'");
        browser.wait(SOON, "document.querySelectorAll('#sorted tr').length === 2001");
        touched(browser);
        browser.click("th a[data-sort='uptime']");
        let leads = format!("{} || {}", first("flapping"), first("part07:part07-042"));
        browser.wait(SOON, &leads);
        bench.daemon.ctl(&["start", "part19:part19-099"]);
        let runs = row("part19:part19-099", "row.rowIndex < 4 && row.dataset.state === 'RUNNING'");
        browser.wait(SOON, &runs);
        assert!(touched(browser) <= 2);
        // Back by name, all of them stand where the server had them.
        browser.click("th a[data-sort='name']");
        browser.wait(SOON, "document.querySelectorAll('#sorted tr').length === 0");
        assert_eq!(browser.run(standing), by_name);
        // The rows' buttons are of no form: with each that changes a browser looks at all of them.
        assert_eq!(browser.run("return document.forms.act.elements.length < 20"), json!(true));
    });
}
