//! Requests as raw bytes against a server in this process.

use std::os::fd::AsRawFd as _;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tokio::task::LocalSet;

use super::*;
use compiler::schema::value::Secret;

/// Answers what the tests need: a page, an echo, something that never ends, something that hangs.
struct Script;

impl Site for Script {
    async fn answer(self: Rc<Self>, mut exchange: Exchange) -> Reply {
        let path = exchange.target.as_ref().map(|target| target.path.clone());
        match path.as_deref() {
            Some("/RPC2") => match exchange.take_body().await {
                Ok(body) => reply::ok("text/xml", body),
                Err(refusal) => refusal,
            },
            Some("/big") => reply::ok("text/plain", vec![b'x'; 1 << 20]),
            Some("/stream") => {
                let (sender, chunks) = mpsc::channel(1);
                tokio::task::spawn_local(async move {
                    drop(sender.send(Bytes::from_static(b"tick")).await);
                    sender.closed().await;
                });
                reply::endless("text/plain", chunks, &exchange.socket)
            }
            Some("/wait") => std::future::pending().await,
            Some(_) => reply::ok("text/plain", "OK"),
            None => reply::error(StatusCode::NOT_FOUND),
        }
    }
}

/// A server with these limits and credentials, and what its tests need to talk to it.
struct Bench {
    server: Rc<Server<Script>>,
}

impl Bench {
    fn new(limits: Limits, credentials: Option<Credentials>) -> Bench {
        let server = Server {
            number: 0,
            site: Rc::new(Script),
            shared: Rc::new(Shared::new(limits)),
            credentials,
            reach: Rc::default(),
        };
        Bench { server: Rc::new(server) }
    }

    fn connect(&self) -> UnixStream {
        self.connect_from(None)
    }

    fn connect_from(&self, peer: Option<SocketAddr>) -> UnixStream {
        let (ours, theirs) = UnixStream::pair().expect("a pair of sockets");
        let theirs = theirs.into_std().expect("a socket of its own");
        let theirs = Stream::new(Accepted::Unix(theirs)).expect("a socket to watch");
        open(&self.server, theirs, peer);
        ours
    }

    fn open_connections(&self) -> usize {
        self.server.shared.slots.len()
    }

    /// Sends bytes, shuts the sending side down and reads all that comes back.
    async fn exchange(&self, sent: &[u8]) -> String {
        let mut client = self.connect();
        client.write_all(sent).await.expect("to send");
        client.shutdown().await.expect("to shut down");
        read_all(client).await
    }
}

async fn read_all(mut client: UnixStream) -> String {
    let mut received = Vec::new();
    drop(client.read_to_end(&mut received).await);
    String::from_utf8_lossy(&received).into_owned()
}

/// Reads until `end` has been seen.
async fn read_until(client: &mut UnixStream, end: &str) -> String {
    let mut received = String::new();
    let mut space = [0; 4096];
    while !received.contains(end) {
        let count = client.read(&mut space).await.expect("to read");
        assert_ne!(count, 0, "closed after {received:?}");
        received.push_str(&String::from_utf8_lossy(&space[..count]));
    }
    received
}

/// Runs a test with a clock that jumps as soon as everybody waits.
pub(crate) fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(LocalSet::new().run_until(test));
}

/// Sends `request` alone and expects the status line and all the given pieces in the answer.
#[track_caller]
fn check(request: &str, status: &str, pieces: &[&str]) {
    let bench_limits = Limits { body_bytes: 1000, ..Limits::default() };
    check_on(|| Bench::new(bench_limits, None), request, status, pieces);
}

#[track_caller]
fn check_on(bench: impl FnOnce() -> Bench, request: &str, status: &str, pieces: &[&str]) {
    run(async {
        let answer = bench().exchange(request.as_bytes()).await;
        assert_eq!(answer.lines().next().unwrap_or_default(), status, "{answer}");
        for piece in pieces {
            assert!(answer.contains(piece), "{piece:?} is not in {answer:?}");
        }
    });
}

fn guarded() -> Bench {
    let credentials =
        Credentials { username: "u".to_owned(), password: Secret("secret".to_owned()) };
    Bench::new(Limits::default(), Some(credentials))
}

const OK: &str = "HTTP/1.1 200 OK";

#[test]
fn answers_carry_the_known_headers() {
    // RPC-013, RPC-016, HTTP-051
    check(
        "POST /RPC2 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n<foo>",
        OK,
        &[
            "\r\nServer: Medusa/1.12\r\n",
            "\r\nDate: ",
            "\r\nContent-Length: 5\r\n",
            "\r\n\r\n<foo>",
        ],
    );
}

#[test]
fn a_body_must_say_its_length() {
    // RPC-006, RPC-007
    let refused = "HTTP/1.1 411 Length Required";
    check("POST /RPC2 HTTP/1.1\r\n\r\n", refused, &["<p>Error code 411."]);
    check("POST /RPC2 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", refused, &[]);
    let invalid = "HTTP/1.1 400 Bad Request";
    check("POST /RPC2 HTTP/1.1\r\nContent-Length: abc\r\n\r\n", invalid, &[]);
    let large = "HTTP/1.1 413 Payload Too Large";
    check("POST /RPC2 HTTP/1.1\r\nContent-Length: 1001\r\n\r\n", large, &[]);
}

#[test]
fn blank_lines_before_a_request_are_skipped() {
    // HTTP-038, ITRAP-034
    check("\r\n\r\nGET / HTTP/1.1\r\n\r\n", OK, &["\r\n\r\nOK"]);
}

#[test]
fn old_clients_may_keep_their_connection() {
    // HTTP-043
    let keeping = "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\nGET /2 HTTP/1.0\r\n\r\n";
    run(async {
        let answer = Bench::new(Limits::default(), None).exchange(keeping.as_bytes()).await;
        assert_eq!(answer.matches("HTTP/1.0 200 OK").count(), 2, "{answer}");
        assert!(answer.contains("Connection: keep-alive"), "{answer}");
    });
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    // HTTP-047
    check("GET / HTTP/1.1\r\n\r\nGET http://other/ HTTP/1.1\r\n\r\n", OK, &["404 Not Found"]);
}

#[test]
fn junk_is_refused() {
    for junk in ["\0\x01\x02\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET  /  HTTP/1.1\r\n\r\n"] {
        check(junk, "HTTP/1.1 400 Bad Request", &[]);
    }
    let endless = format!("GET / HTTP/1.1\r\nX: {}", "x".repeat(100_000));
    check(&endless, "HTTP/1.1 431 Request Header Fields Too Large", &[]);
}

#[test]
fn wrong_credentials_end_the_connection() {
    // HTTP-026, HTTP-027, ITRAP-030
    let pieces = [
        "\r\nConnection: close\r\n",
        "\r\nWww-Authenticate: Basic realm=\"default\"\r\n",
        "\r\nContent-Length: 137\r\n",
        "\r\nContent-Type: text/html\r\n",
    ];
    let denied = "HTTP/1.1 401 Unauthorized";
    check_on(guarded, "GET /none HTTP/1.1\r\n\r\n", denied, &pieces);
    run(async {
        let mut client = guarded().connect();
        let call = "POST /RPC2 HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody";
        client.write_all(call.as_bytes()).await.expect("to send");
        assert!(read_all(client).await.starts_with(denied));
    });
    let right = "GET / HTTP/1.1\r\nAuthorization: Basic dTpzZWNyZXQ=\r\n\r\n";
    check_on(guarded, right, OK, &[]);
}

#[test]
fn who_was_not_heard_yet_can_be_served_by_another() {
    run(async {
        let [old, new] = [0, 1].map(|_| Bench::new(Limits::default(), None));
        let mut known = old.connect();
        known.write_all(b"GET / HTTP/1.1\r\n\r\n").await.expect("to send");
        read_until(&mut known, "\r\n\r\nOK").await;
        let mut silent = old.connect();
        tokio::task::yield_now().await;
        // Its request is there, but the server has not got round to it.
        let mut late = old.connect();
        let sent = late.try_write(b"GET / HTTP/1.1\r\n\r\n").expect("to send");
        assert_eq!(sent, 18);
        let released = old.server.shared.slots.release_unheard(0);
        assert_eq!((released.len(), old.open_connections()), (2, 1));
        assert!(old.server.shared.slots.release_unheard(1).is_empty(), "another server's");
        tokio::task::yield_now().await;
        for connection in released {
            open(&new.server, Stream::new(connection).expect("a socket to watch"), None);
        }
        silent.write_all(b"GET / HTTP/1.1\r\n\r\n").await.expect("to send");
        for client in [&mut silent, &mut late] {
            read_until(client, "\r\n\r\nOK").await;
        }
        assert_eq!((old.open_connections(), new.open_connections()), (1, 2));
    });
}

#[test]
fn idle_connections_stay() {
    // LIB-007, HTTP-049
    run(async {
        let bench = Bench::new(Limits::default(), None);
        let mut client = bench.connect();
        client.write_all(b"GET / HTTP/1.1\r\n\r\n").await.expect("to send");
        read_until(&mut client, "\r\n\r\nOK").await;
        tokio::time::sleep(Duration::from_secs(100_000)).await;
        client.write_all(b"GET / HTTP/1.1\r\n\r\n").await.expect("to send");
        read_until(&mut client, "\r\n\r\nOK").await;
    });
}

#[test]
fn slow_senders_are_given_up() {
    for start in ["GET / HT", "POST /RPC2 HTTP/1.1\r\nContent-Length: 9\r\n\r\nhalf"] {
        run(async {
            let bench = Bench::new(Limits::default(), None);
            let mut client = bench.connect();
            client.write_all(start.as_bytes()).await.expect("to send");
            // One byte now and then does not buy time.
            tokio::time::sleep(Duration::from_secs(45)).await;
            drop(client.write_all(b"x").await);
            read_all(client).await;
            assert_eq!(bench.open_connections(), 0, "{start}");
        });
    }
}

#[test]
fn slow_readers_are_given_up() {
    run(async {
        let bench = Bench::new(Limits::default(), None);
        let mut client = bench.connect();
        client.write_all(b"GET /big HTTP/1.1\r\n\r\n").await.expect("to send");
        tokio::time::sleep(Duration::from_secs(1_000)).await;
        assert_eq!(bench.open_connections(), 0);
    });
}

#[test]
fn streams_begin_at_once_and_end_with_their_reader() {
    // HTTP-074, ITRAP-031, ITRAP-034
    for version in ["1.0", "1.1"] {
        run(async {
            let bench = Bench::new(Limits::default(), None);
            let mut client = bench.connect();
            let request = format!("GET /stream HTTP/{version}\r\n\r\n\r\n");
            client.write_all(request.as_bytes()).await.expect("to send");
            read_until(&mut client, "tick").await;
            assert_eq!(bench.open_connections(), 1);
            drop(client);
            tokio::time::sleep(Duration::from_millis(1)).await;
            assert_eq!(bench.open_connections(), 0, "HTTP/{version}");
        });
    }
}

#[test]
fn chunks_have_no_extensions() {
    // HTTP-069, ITRAP-033
    run(async {
        let bench = Bench::new(Limits::default(), None);
        let mut client = bench.connect();
        client.write_all(b"GET /stream HTTP/1.1\r\n\r\n").await.expect("to send");
        let answer = read_until(&mut client, "tick\r\n").await;
        assert!(answer.ends_with("\r\n\r\n4\r\ntick\r\n"), "{answer:?}");
    });
}

#[test]
fn a_full_house_lets_the_idlest_go() {
    run(async {
        let limits = Limits { connections: 2, ..Limits::default() };
        let bench = Bench::new(limits, None);
        let mut busy = bench.connect();
        busy.write_all(b"GET /wait HTTP/1.1\r\n\r\n").await.expect("to send");
        let idle = bench.connect();
        tokio::time::sleep(Duration::from_millis(1)).await;
        let mut newest = bench.connect();
        assert_eq!(read_all(idle).await, "");
        newest.write_all(b"GET /wait HTTP/1.1\r\n\r\n").await.expect("to send");
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert_eq!(read_all(bench.connect()).await, "");
        assert_eq!(bench.open_connections(), 2);
    });
}

#[test]
fn descriptors_are_left_for_the_programs() {
    run(async {
        // As if the next descriptor were the first that connections may not have.
        let next = UnixStream::pair().expect("a pair of sockets").0.as_raw_fd();
        let limits = Limits { descriptors: next + 8, reserved: 2, ..Limits::default() };
        let bench = Bench::new(limits, None);
        let mut crowd: Vec<_> = Vec::new();
        for _ in 0..100 {
            crowd.push(bench.connect());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert!(bench.open_connections() < 50, "{}", bench.open_connections());
        // Few enough are served whatever their number, and nobody is locked out.
        let mut newest = bench.connect();
        newest.write_all(b"GET / HTTP/1.1\r\n\r\n").await.expect("to send");
        read_until(&mut newest, "\r\n\r\nOK").await;
    });
}

#[test]
fn one_address_cannot_take_every_place() {
    run(async {
        let limits = Limits { per_peer: 1, ..Limits::default() };
        let bench = Bench::new(limits, None);
        let peer = SocketAddr::from(([10, 0, 0, 1], 1));
        let mut busy = bench.connect_from(Some(peer));
        busy.write_all(b"GET /wait HTTP/1.1\r\n\r\n").await.expect("to send");
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert_eq!(read_all(bench.connect_from(Some(peer))).await, "");
        let other = bench.connect_from(Some(SocketAddr::from(([10, 0, 0, 2], 1))));
        let local = bench.connect();
        assert_eq!(bench.open_connections(), 3);
        drop((busy, other, local));
    });
}
