//! What other pages, hostile names and hostile output cannot do, and what nobody may see without
//! the password.

use std::io::{Read, Write};
use std::net::TcpListener;

use harness::{Daemon, HEAD, Sandbox, free_port};
use serde_json::json;

use super::{Bench, PROGRAMS, SOON, check, page_at, with_server};

#[test]
#[cfg_attr(not(browser), ignore = "needs chromedriver")]
fn another_page_can_do_nothing() {
    // ITRAP-036
    check(PROGRAMS, |bench, browser| {
        bench.daemon.wait_for("lone", "RUNNING");
        let evil = serve_attack(&bench.page);
        browser.open(&evil);
        browser.wait(SOON, "window.tried === true");
        // It sees nothing of the daemon, neither in a frame nor in the stream of changes.
        assert_eq!(browser.run("return window.seen"), json!([]));
        // A form that leaves the page, as a click would.
        browser.run("document.forms[0].submit(); return 1");
        browser.wait(SOON, "document.body.textContent.includes('another web page')");
        let status = bench.daemon.ctl(&["status", "lone", "web:*"]).stdout;
        assert_eq!(status.matches("RUNNING").count(), 3, "{status}");
        let log = bench.daemon.output();
        assert!(log.contains("refused an action of the web page"), "{log}");
        // Nor can it lay itself over the page: there is none in its frame.
        browser.open(&evil);
        browser.enter_frame(0);
        browser.wait(SOON, "document.readyState === 'complete'");
        assert_eq!(browser.run("return document.querySelectorAll('#processes').length"), json!(0));
    });
}

#[test]
#[cfg_attr(not(browser), ignore = "needs chromedriver")]
fn names_are_text_and_scripts_of_others_do_not_run() {
    // WEB-048, WEB-050
    let name = "<img\tsrc=x\tonerror=document.title=1>";
    let hostile = format!("[program:{name}]\ncommand=/bin/sleep 1000\n");
    check(&hostile, |bench, browser| {
        let key = json!(name);
        for page in
            ["", "?message=%3Cimg%20src=x%20onerror=document.title=1%3E", "?q=%22%3E%3Cimg%3E"]
        {
            browser.open(&bench.at(page));
            browser.wait(SOON, "document.querySelector('#link').textContent === 'live'");
            let found = format!("document.querySelector('tr[data-key]').dataset.key === {key}");
            assert_eq!(browser.run(&format!("return {found}")), json!(true), "{page}");
            let foreign = "return document.querySelectorAll('main img').length";
            assert_eq!(browser.run(foreign), json!(0), "{page}");
        }
        bench.sandbox.write("conf.d/programs.conf", "");
        browser.open(&bench.at("config.html"));
        assert!(browser.text("main").contains("<img"));
        bench.sandbox.write("conf.d/programs.conf", &hostile);
        browser.open(&bench.page);
        // The row works under its name, by the script too.
        browser.wait(SOON, "document.querySelector('tr[data-key]').dataset.state === 'RUNNING'");
        browser.click("tr[data-key] button[value^='stop']");
        browser.wait(SOON, "document.querySelector('tr[data-key]').dataset.state === 'STOPPED'");
        browser.click("tr[data-key] th a");
        assert_eq!(browser.text("h1").split_whitespace().next(), Some("<img"));
        // Were markup ever let in, the policy would still run nothing of it.
        browser.run(
            "document.addEventListener('securitypolicyviolation', (event) => \
             { window.violated = event.violatedDirective }); \
             document.body.insertAdjacentHTML('beforeend', \
             '<img src=images/none onerror=\"window.ran = true\">'); return 1",
        );
        browser.wait(SOON, "window.violated === 'script-src-attr'");
        assert_eq!(
            browser.run("return [window.ran, document.title === '1']"),
            json!([null, false])
        );
    });
}

#[test]
fn nothing_is_shown_without_the_password() {
    let (sandbox, port) = (Sandbox::new(), free_port());
    let server = with_server(HEAD, port) + "username=me\npassword=secret\n";
    sandbox.write("supervisord.conf", server);
    sandbox.write("conf.d/programs.conf", PROGRAMS);
    sandbox.write("talker.sh", "exec sleep 1000");
    let daemon = Daemon::start(&crate::ours(), &sandbox);
    let bench = Bench { sandbox: &sandbox, daemon, page: page_at(port) };
    let pages =
        ["", "index.html", "?action=stopall", "tail.html?processname=lone", "activity.html"];
    let streams = ["events", "logtail/lone", "mainlogtail", "download", "config.html", "ok.html"];
    let files = ["planvisor.js", "stylesheets/supervisor.css", "images/icon.svg", "no-such-page"];
    for page in pages.iter().chain(&streams).chain(&files) {
        let answer = bench.ask(&format!("GET /{page}"), "", "");
        assert!(answer.starts_with("HTTP/1.1 401"), "{page}: {answer}");
    }
    for target in ["act", "RPC2", ""] {
        let answer = bench.ask(&format!("POST /{target}"), "", "do=stop:lone&action=stopall");
        assert!(answer.starts_with("HTTP/1.1 401"), "{target}: {answer}");
    }
    // me:secret
    let known = "Authorization: Basic bWU6c2VjcmV0\r\n";
    for page in ["", "activity.html", "planvisor.js", "ok.html"] {
        let answer = bench.ask(&format!("GET /{page}"), known, "");
        assert!(answer.starts_with("HTTP/1.1 200"), "{page}: {answer}");
    }
    let untold = bench.ask("POST /act", known, "do=stop:lone");
    assert!(untold.starts_with("HTTP/1.1 403"), "{untold}");
    bench.daemon.wait_for("lone", "RUNNING");
}

/// Serves a page that attacks `target` from another origin, until the test ends.
fn serve_attack(target: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}/", listener.local_addr().expect("an address"));
    let call = "<methodCall><methodName>supervisor.stopAllProcesses</methodName></methodCall>";
    let page = format!(
        "<!doctype html><img src='{target}?action=stopall'>\
         <form method=post action='{target}act'><input name=do value=stop><input name=target value='*'></form>\
         <iframe src='{target}'></iframe><script>window.seen = []; (async () => {{ \
         const events = new EventSource('{target}events'); \
         events.addEventListener('processes', (event) => window.seen.push(event.data)); \
         try {{ window.seen.push(document.querySelector('iframe').contentDocument.title || 1) }} catch {{}} \
         window.seen = window.seen.filter((one) => one !== 1); try {{ await fetch('{target}RPC2', \
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
