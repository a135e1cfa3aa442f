//! Who asks: pages of others that may change nothing, and what the log says of each request.

use harness::wire::{Address, post};
use harness::{free_port, head_with, wait_until};

use super::servers::SERVERS;
use super::{STATE, Served, digest, with_both, with_head, with_ours};

/// A request a browser makes for a page of somebody else.
fn foreign(line: &str, headers: &str) -> String {
    let agent = "User-Agent: Mozilla/5.0\r\n";
    with_head(line, &format!("Host: 127.0.0.1\r\n{agent}{headers}"))
}

// ITRAP-036, WEB-004
#[test]
fn pages_of_others_change_nothing() {
    let port = free_port();
    let servers = format!("{SERVERS}\n[inet_http_server]\nport=127.0.0.1:{port}\n");
    with_ours(&servers, |Served { daemon, .. }| {
        daemon.wait_for("x", "RUNNING");
        let pid = daemon.pid_of("x");
        let server = Address::Tcp("127.0.0.1", port);
        for headers in [
            "Origin: http://evil.example\r\n",
            "Origin: null\r\n",
            "Sec-Fetch-Site: cross-site\r\n",
            "Sec-Fetch-Site: same-site\r\n",
            "Referer: http://evil.example/page\r\n",
        ] {
            let call = foreign("POST /RPC2 HTTP/1.1", headers);
            assert_eq!(digest(server.ask(call)), "403", "{headers}");
            let link = foreign("GET /index.html?processname=x&action=stop HTTP/1.1", headers);
            let answer = server.ask(link).expect("an answer");
            assert_eq!(answer.code(), "403", "{headers}");
        }
        // A link of nobody knows whom asks first.
        let link = foreign("GET /index.html?processname=x&action=stop HTTP/1.1", "");
        assert_eq!(server.ask(link).expect("an answer").code(), "200");
        assert_eq!(daemon.pid_of("x"), pid);
        // Who says nothing is no browser: a script's link works as ever.
        let link = "GET /index.html?processname=x&action=stop HTTP/1.1\r\n\r\n";
        assert_eq!(server.ask(link).expect("an answer").code(), "301");
        daemon.wait_for("x", "STOPPED");
    });
}

const TRACED: &str = "loglevel=trace";

#[test]
fn calls_are_logged_at_the_lowest_level_only() {
    for level in [TRACED, "loglevel=info"] {
        with_both(&head_with(level), |Served { sandbox, server, .. }| {
            assert_eq!(server.call("supervisor.getState", &[]), STATE);
            server.call("supervisor.getProcessInfo", &["secret".into()]);
            let log = || sandbox.read("supervisord.log");
            let shows = |line: &str| log().contains(line);
            if level == TRACED {
                // RPC-268, RPC-269, HTTP-014, HTTP-075
                wait_until("both calls are logged", || {
                    log().matches("\"POST /RPC2 HTTP/1.1\" 200 ").count() == 2
                });
                assert!(shows("TRAC XML-RPC method called: supervisor.getState()"), "{}", log());
                let returned = "TRAC XML-RPC method supervisor.getState() returned successfully";
                assert!(shows(returned), "{}", log());
                let fault = "supervisor.getProcessInfo() returned fault: [10] BAD_NAME: secret";
                assert!(shows(fault), "{}", log());
                assert!(shows("TRAC localhost:0 - - ["), "{}", log());
            } else {
                // RPC-274
                assert!(!shows("getState") && !shows("secret") && !shows("POST"), "{}", log());
            }
        });
    }
}

// RPC-270, RPC-271, HTTP-076, ITRAP-056
#[test]
fn bad_requests_leave_no_secrets_in_the_log() {
    with_ours(&head_with(TRACED), |Served { sandbox, server, .. }| {
        let junk = post("/RPC2", "<methodCall><hunter2></methodCall>");
        assert_eq!(digest(server.ask(junk)), "400");
        let unforeseen = server.call("supervisor.startProcess", &[vec!["hunter2"].into()]);
        assert_eq!(unforeseen, "500");
        server.ask("GET /error HTTP/1.1\r\nAuthorization: Basic aHVudGVyMg==\r\n\r\n");
        wait_until("the last request is logged", || {
            sandbox.read("supervisord.log").contains("\"GET /error HTTP/1.1\" 404")
        });
        let log = sandbox.read("supervisord.log");
        assert!(log.contains("ERRO XML-RPC request data is invalid"), "{log}");
        assert!(log.contains("ERRO an XML-RPC call cannot be carried out"), "{log}");
        assert!(!log.contains("hunter2") && !log.contains("aHVudGVyMg"), "{log}");
        assert!(!log.lines().any(|line| line.contains("ERRO") && line.contains("GET")), "{log}");
    });
}
