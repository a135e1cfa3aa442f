//! The pages with their script blocked: forms and links do the same.

use super::{PROGRAMS, check};

#[test]
#[cfg_attr(not(browser), ignore = "needs chromedriver")]
fn everything_works_without_scripts() {
    check(PROGRAMS, |bench, browser| {
        browser.block_scripts();
        bench.daemon.wait_for("lone", "RUNNING");
        browser.open(&bench.page);
        browser.click("button[value='stop:lone']");
        assert_eq!(browser.text(".status_msg"), "lone asked to stop");
        bench.daemon.wait_for("lone", "STOPPED");
        browser.click("tr[data-key='manual'] input");
        browser.click("#bar button[value='start']");
        bench.daemon.wait_for("manual", "RUNNING");
        browser.open(&format!("{}?only=trouble", bench.page));
        assert!(!browser.text("#processes").contains("lone"));
        assert!(browser.text("#processes").contains("missing"));
        browser.click("tr[data-key='missing'] a");
        assert!(browser.text("#act").contains("can't find command"));
    });
}
