//! The page of the configuration: what an update would change, and what is wrong.

use super::{PROGRAMS, SOON, check};

#[test]
#[cfg_attr(not(browser), ignore = "needs chromedriver")]
fn an_update_is_shown_before_it_is_made() {
    check(PROGRAMS, |bench, browser| {
        bench.daemon.wait_for("lone", "RUNNING");
        let edited = PROGRAMS.replace("[program:lone]\n", "[program:lone]\nstopwaitsecs=7\n");
        bench.sandbox.write("conf.d/programs.conf", &edited);
        browser.open(&bench.at("config.html"));
        let shown = browser.text("main");
        assert!(shown.contains("lone changed") && shown.contains("stopwaitsecs 10 7"), "{shown}");
        let before = bench.daemon.pid_of("web:web-00");
        browser.click("button[value='update']");
        browser.accept();
        browser.wait(SOON, "document.body.textContent.includes('is what runs')");
        assert_eq!(bench.daemon.pid_of("web:web-00"), before);
        bench.sandbox.write("conf.d/programs.conf", format!("{edited}autorestart=maybe\n"));
        browser.open(&bench.at("config.html"));
        let shown = browser.text("main");
        assert!(shown.contains("does not compile") && shown.contains("maybe"), "{shown}");
    });
}
