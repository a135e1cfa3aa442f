//! Logs as the browser shows and follows them.

use std::time::Duration;

use serde_json::json;

use super::{PROGRAMS, SOON, check};

#[test]
#[cfg_attr(not(browser), ignore = "needs chromedriver")]
fn logs_are_followed_as_text() {
    // WEB-048, WEB-049
    check(PROGRAMS, |bench, browser| {
        bench.daemon.wait_for("talker", "RUNNING");
        browser.open(&format!("{}tail.html?processname=talker", bench.page));
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
    });
}

#[test]
#[cfg_attr(not(browser), ignore = "needs chromedriver")]
fn a_flood_of_lines_stops_neither_the_page_nor_the_daemon() {
    let flood = "[program:flood]\n\
                 command=/bin/sh -c 'while :; do seq 1 1000; sleep 0.1; done'\n";
    check(flood, |bench, browser| {
        bench.daemon.wait_for("flood", "RUNNING");
        browser.open(&format!("{}tail.html?processname=flood", bench.page));
        browser.wait(SOON, "document.querySelectorAll('#log .l').length > 4000");
        std::thread::sleep(Duration::from_secs(3));
        let lines = browser.run("return document.querySelectorAll('#log .l').length");
        assert!(lines.as_u64().is_some_and(|lines| lines <= 5000), "{lines}");
        let frame = "const start = performance.now(); while (false); \
                     return new Promise((done) => requestAnimationFrame(() => \
                     requestAnimationFrame(() => done(performance.now() - start))))";
        let took = browser.run(frame).as_f64().expect("a time");
        assert!(took < 1000.0, "two frames took {took} ms");
        let status = std::fs::read_to_string(format!("/proc/{}/status", bench.daemon.pid()));
        let status = status.expect("a living daemon");
        let resident = status.lines().find(|line| line.starts_with("VmRSS")).expect("memory");
        let kilobytes: u64 =
            resident.split_whitespace().nth(1).and_then(|n| n.parse().ok()).expect("a number");
        assert!(kilobytes < 100_000, "{resident}");
    });
}
