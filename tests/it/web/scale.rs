//! The page with two thousand processes: it still filters, sorts, follows and acts.

use serde_json::json;

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

#[test]
#[cfg_attr(not(browser), ignore = "needs chromedriver")]
fn two_thousand_processes_are_no_burden() {
    check(&many(), |bench, browser| {
        browser.open(&bench.page);
        browser.wait(SOON, "document.querySelector('#link').textContent === 'live'");
        let rows = browser.run("return document.querySelectorAll('tr[data-key]').length");
        assert_eq!(rows, json!(2001));
        // What changes touches its own row: the others are the elements they were.
        browser.run(
            "window.touched = new Set(); new MutationObserver((changes) => changes.forEach((change) => \
             window.touched.add((change.target.closest ?? change.target.parentElement.closest) \
             .call(change.target.closest ? change.target : change.target.parentElement, 'tr') \
             ?.dataset.key))).observe(document.querySelector('#processes'), \
             { subtree: true, childList: true, characterData: true, attributes: true }); return 1",
        );
        let restarts = row("flapping", "Number(row.querySelector('.restarts').textContent) > 20");
        browser.wait(SOON, &restarts);
        assert_eq!(browser.run("return [...window.touched]"), json!(["flapping"]));
        // The filter narrows as one types, and what is left is acted on.
        browser.enter("#q", "part07-04");
        let shown = "[...document.querySelectorAll('tr[data-key]:not([hidden])')]";
        browser.wait(SOON, &format!("{shown}.length === 10"));
        browser.click("#all");
        browser.wait(SOON, "document.querySelector('#picked').textContent === '10 selected:'");
        browser.click("#bar .selected button[value='start']");
        browser.wait(SOON, &format!("{shown}.every((row) => row.dataset.state === 'RUNNING')"));
        browser.click("#filters a[data-only='running']");
        browser.wait(
            SOON,
            "document.querySelector('#filters a[aria-current] .count').textContent > 9",
        );
        browser.run(
            "const q = document.querySelector('#q'); q.value = ''; \
                     q.dispatchEvent(new Event('input')); return 1",
        );
        browser.click("th a[data-sort='state']");
        browser.wait(SOON, "document.querySelector('th.state').ariaSort === 'ascending'");
        let running = format!("{shown}.filter((row) => row.dataset.state === 'RUNNING')");
        browser.wait(SOON, &format!("{running}.length >= 10"));
    });
}
