//! What other pages, hostile names and hostile output cannot do.

use std::io::{Read, Write};
use std::net::TcpListener;

use super::{PROGRAMS, SOON, check};

#[test]
#[cfg_attr(not(browser), ignore = "needs chromedriver")]
fn another_page_can_do_nothing() {
    // ITRAP-036
    check(PROGRAMS, |bench, browser| {
        bench.daemon.wait_for("lone", "RUNNING");
        let evil = serve_attack(&bench.page);
        browser.open(&evil);
        browser.wait(SOON, "window.tried === true");
        // A form that leaves the page, as a click would.
        browser.run("document.forms[0].submit(); return 1");
        browser.wait(SOON, "document.body.textContent.includes('another web page')");
        let status = bench.daemon.ctl(&["status", "lone", "web:*"]).stdout;
        assert_eq!(status.matches("RUNNING").count(), 3, "{status}");
        let log = bench.daemon.output();
        assert!(log.contains("refused an action of the web page"), "{log}");
    });
}

/// Serves a page that attacks `target` from another origin, until the test ends.
fn serve_attack(target: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}/", listener.local_addr().expect("an address"));
    let call = "<methodCall><methodName>supervisor.stopAllProcesses</methodName></methodCall>";
    let page = format!(
        "<!doctype html><img src='{target}?action=stopall'>\
         <form method=post action='{target}act'><input name=do value=stop><input name=target value='*'></form>\
         <script>(async () => {{ try {{ await fetch('{target}RPC2', \
         {{ method: 'POST', mode: 'no-cors', body: '{call}' }}) }} catch {{}} \
         try {{ await fetch('{target}index.html?action=stopall', {{ mode: 'no-cors' }}) }} catch {{}} \
         window.tried = true }})()</script>"
    );
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\
                 Connection: close\r\n\r\n",
                page.len()
            );
            let _ = stream.write_all(format!("{head}{page}").as_bytes());
        }
    });
    address
}
