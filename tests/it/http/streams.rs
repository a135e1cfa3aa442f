//! Logs that are followed as they grow.

use std::fs;
use std::path::Path;

use harness::wire::Address;

use super::{Served, with_both_logging};

/// The stream of a log, read until `end` shows.
fn follow(server: &Address, target: &str, end: &str) -> String {
    use std::io::Read as _;
    let mut connection = server.connect().expect("a server that listens");
    connection.send(format!("GET {target} HTTP/1.1\r\n\r\n\r\n"));
    connection.limit(harness::wait::PATIENCE);
    let mut received = String::new();
    let mut buffer = [0; 4096];
    while !received.contains(end) {
        let count = connection.read(&mut buffer).expect("a stream that goes on");
        assert_ne!(count, 0, "the stream ends after {received:?}");
        received += &String::from_utf8_lossy(&buffer[..count]);
    }
    received
}

#[test]
fn logs_are_streamed() {
    with_both_logging(|Served { sandbox, server, .. }| {
        // HTTP-063, HTTP-067, HTTP-069
        for target in ["/logtail/x", "/logtail/x:x/stdout", "/logtailxyz/x", "/logtail/x%3Ax?y"] {
            let stream = follow(&server, target, "one\n\r\n");
            let (head, body) = stream.split_once("\r\n\r\n").expect("a head");
            for header in [
                "Content-Type: text/plain;charset=utf-8",
                "X-Accel-Buffering: no",
                "Transfer-Encoding: chunked",
                "Last-Modified: ",
            ] {
                assert!(head.contains(header), "{header} is not in {head}");
            }
            assert_eq!(body, "4\r\none\n\r\n", "{target}");
        }
        // HTTP-066
        follow(&server, "/mainlogtail", "spawned: 'x'");
        // HTTP-068: the last 1024 bytes.
        append(&sandbox.join("x.log"), &"y".repeat(2000));
        let stream = follow(&server, "/logtail/x", "\r\n400\r\n");
        assert!(!stream.contains("one"), "{stream}");
    });
}

fn append(path: &Path, text: &str) {
    use std::io::Write as _;
    let mut log = fs::OpenOptions::new().append(true).open(path).expect("a log");
    log.write_all(text.as_bytes()).expect("a log that can be written");
}
