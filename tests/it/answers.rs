//! What the client asks of a server, byte by byte, and what it makes of answers no daemon of ours
//! gives. The original does the same.

use harness::puppet::Puppet;
use harness::{Installation, Run, Sandbox};

/// A call's answer with this value, and this as its head after the status line.
fn answer(head: &str, value: &str) -> Vec<u8> {
    let body = body(value);
    format!("HTTP/1.1 200 OK\r\n{head}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

fn body(value: &str) -> String {
    format!(
        "<?xml version='1.0'?><methodResponse><params><param><value><string>{value}</string>\
         </value></param></params></methodResponse>"
    )
}

/// What passes between a client and a server that gives these answers.
fn talk(client: &Installation, answers: Vec<Vec<u8>>, args: &[&str]) -> (Run, Vec<String>) {
    let puppet = Puppet::start(answers);
    let sandbox = Sandbox::new();
    sandbox.write("supervisord.conf", "[supervisorctl]\nusername=chris\npassword=secret\n");
    let ran = client.ctl(&sandbox, &[&["-s", &puppet.url()], args].concat());
    (ran, puppet.requests())
}

/// A request: its first line, its headers in no order, what follows them.
fn parts(request: &str) -> (&str, Vec<(String, &str)>, &str) {
    let (head, rest) = request.split_once("\r\n\r\n").expect("an end of the headers");
    let (line, headers) = head.split_once("\r\n").expect("headers");
    let headers = headers.split("\r\n").filter_map(|header| header.split_once(": "));
    let mut headers: Vec<_> =
        headers.map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
    headers.sort();
    (line, headers, rest)
}

// CTL-028, CTL-029, CTL-031
#[test]
fn calls_as_they_are_sent() {
    for client in crate::both() {
        let answers = vec![answer("", "3.0"), answer("", "4.3.0")];
        let (ran, requests) = talk(&client, answers, &["version"]);
        assert_eq!((ran.stdout.as_str(), ran.status), ("4.3.0\n", 0), "{}", client.label);
        let methods = ["supervisor.getVersion", "supervisor.getSupervisorVersion"];
        for (request, method) in requests.iter().zip(methods) {
            let (line, headers, body) = parts(request);
            assert_eq!(line, "POST /RPC2 HTTP/1.1", "{}", client.label);
            let names: Vec<_> = headers.iter().map(|(name, _)| name.as_str()).collect();
            let expected = [
                "accept",
                "accept-encoding",
                "authorization",
                "content-length",
                "content-type",
                "host",
                "user-agent",
            ];
            assert_eq!(names, expected, "{}", client.label);
            for header in [
                ("accept", "text/xml"),
                ("accept-encoding", "identity"),
                ("authorization", "Basic Y2hyaXM6c2VjcmV0"),
                ("content-type", "text/xml"),
            ] {
                assert!(headers.contains(&(header.0.to_owned(), header.1)), "{headers:?}");
            }
            assert!(body.contains(&format!("<methodName>{method}</methodName>")), "{body}");
        }
        assert_eq!(requests.len(), 2, "{}", client.label);
    }
}

// CTL-096
#[test]
fn streams_as_they_are_asked_for() {
    for client in crate::both() {
        let log = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n".to_vec();
        let (ran, requests) = talk(&client, vec![answer("", "3.0"), log], &["tail", "-f", "x"]);
        assert_eq!(ran.stdout, "==> Press Ctrl-C to exit <==\nhello", "{}", client.label);
        assert_eq!(ran.status, 0, "{}", client.label);
        let (line, headers, _) = parts(&requests[1]);
        assert_eq!(line, "GET /logtail/x/stdout HTTP/1.1", "{}", client.label);
        let host = headers.iter().find(|(name, _)| name == "host").expect("a host").1;
        let expected = [
            ("accept", "*/*"),
            ("accept-encoding", "chunked"),
            ("authorization", "Basic Y2hyaXM6c2VjcmV0"),
            ("host", host),
            ("user-agent", "Supervisor HTTP Client"),
        ];
        assert_eq!(headers, expected.map(|(name, value)| (name.to_owned(), value)));
    }
}

/// An answer with this body, sized.
fn sized(body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// The same in two chunks.
fn chunked(body: &str) -> Vec<u8> {
    let (first, second) = body.split_at(40);
    format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
         {:x}\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n",
        first.len(),
        second.len()
    )
    .into_bytes()
}

/// Asks for the version; the beginning of stdout counts.
#[track_caller]
fn check(given: &[u8], expected: &str) {
    for client in crate::both() {
        let (ran, _) = talk(&client, vec![answer("", "3.0"), given.to_vec()], &["version"]);
        assert!(ran.stdout.starts_with(expected), "{}: {}", client.label, ran.stdout);
        let is_error = expected.starts_with("error: ");
        assert_eq!(ran.status, i32::from(is_error), "{}: {expected}", client.label);
    }
}

// CTL-030, CTL-041
#[test]
fn answers_of_other_servers() {
    check(&answer("Content-Type: text/html\r\n", "4.3.0"), "4.3.0\n");
    check(&chunked(&body("4.3.0")), "4.3.0\n");
    check(format!("HTTP/1.0 200 Well\r\n\r\n{}", body("4.3.0")).as_bytes(), "4.3.0\n");
    let protocol = "error: <class 'xmlrpc.client.ProtocolError'>, <ProtocolError for \
                    127.0.0.1/RPC2: 202 Accepted>: file: ";
    check(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n", protocol);
    check(&sized(b"<html>another</body>"), "error: <class 'xml.parsers.expat.ExpatError'>, ");
    let not_utf8 = [body("4.3.0").as_bytes(), b"\xff"].concat();
    check(&sized(&not_utf8), "error: <class 'UnicodeDecodeError'>, ");
    check(
        b"",
        "error: <class 'http.client.RemoteDisconnected'>, Remote end closed connection \
                without response: file: ",
    );
}
