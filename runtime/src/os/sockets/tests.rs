//! Sockets in a scratch directory: who is refused, who is replaced, what is left.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use super::*;

fn modes(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

// RUN-062
#[test]
fn a_unix_socket_appears_with_its_mode_and_without_its_temporary_name() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s.sock");
    let _listener = listen_unix(&path, 0o770, None).unwrap();
    assert_eq!(modes(&path), 0o770);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

// RUN-066
#[test]
fn a_served_socket_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s.sock");
    let _first = listen_unix(&path, 0o700, None).unwrap();
    let refused = listen_unix(&path, 0o700, None).unwrap_err();
    assert!(matches!(refused, ListenError::InUse), "{refused}");
    assert!(is_served(&path));
}

// RUN-063
#[test]
fn a_stale_socket_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s.sock");
    drop(listen_unix(&path, 0o700, None).unwrap());
    assert!(path.exists() && !is_served(&path));
    let _second = listen_unix(&path, 0o700, None).unwrap();
    assert!(is_served(&path));
}

#[test]
fn a_file_that_is_no_socket_is_not_removed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("precious");
    fs::write(&path, "precious").unwrap();
    let refused = listen_unix(&path, 0o700, None).unwrap_err().to_string();
    assert!(refused.ends_with("reported errno.EEXIST (17)"), "{refused}");
    assert_eq!(fs::read(&path).unwrap(), b"precious");
}

// RUN-067
#[test]
fn other_reasons_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let missing = listen_unix(&dir.path().join("no/s.sock"), 0o700, None).unwrap_err();
    assert_eq!(
        missing.to_string(),
        "Cannot open an HTTP server: socket.error reported errno.ENOENT (2)"
    );
    let long = listen_unix(&dir.path().join("x".repeat(200)), 0o700, None).unwrap_err();
    assert_eq!(
        long.to_string(),
        "Cannot open an HTTP server: socket.error reported AF_UNIX path too long"
    );
}

#[test]
fn a_taken_port_is_in_use() {
    let first = listen_inet("127.0.0.1", 0).unwrap();
    let port = first.local_addr().unwrap().port();
    let refused = listen_inet("127.0.0.1", port).unwrap_err();
    assert!(matches!(refused, ListenError::InUse), "{refused}");
}

// RUN-405, RUN-406
#[test]
fn a_fcgi_socket_takes_the_place_of_whatever_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f.sock");
    fs::write(&path, "old").unwrap();
    let _fd = fcgi_unix(&path, Some(5), None, 0o666).unwrap();
    assert_eq!(modes(&path), 0o666);
    assert!(is_served(&path));
}

// RUN-067, RUN-402
#[test]
fn a_name_nobody_knows_has_its_number() {
    let failure = |reason: &str| {
        tell_unresolved(io::Error::other(format!("failed to lookup address information: {reason}")))
    };
    let unknown = failure("Name or service not known");
    assert_eq!(python_error(&unknown), "[Errno -2] Name or service not known");
    assert_eq!(
        ListenError::from(failure("Temporary failure in name resolution")).to_string(),
        "Cannot open an HTTP server: socket.error reported -3"
    );
    assert_eq!(tell_unresolved(Errno::EIO.into()).raw_os_error(), Some(Errno::EIO as i32));
}

// RUN-405: who is held up by a disk does not remove later what was made meanwhile.
#[test]
fn who_makes_a_socket_waits_for_whoever_makes_one_there() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f.sock");
    fs::write(&path, "old").unwrap();
    let held_up = Turn::wait_for(&path);
    let elsewhere = dir.path().join("g.sock");
    let _fd = fcgi_unix(&elsewhere, None, None, 0o700).unwrap();
    let (sender, made) = mpsc::channel();
    let there = path.clone();
    let maker = thread::spawn(move || sender.send(fcgi_unix(&there, None, None, 0o700).is_ok()));
    let patience = Duration::from_millis(100);
    assert_eq!(made.recv_timeout(patience), Err(RecvTimeoutError::Timeout));
    assert_eq!(fs::read(&path).unwrap(), b"old");
    drop(held_up);
    assert_eq!(made.recv(), Ok(true));
    maker.join().unwrap().unwrap();
}

// RUN-406
#[test]
fn a_backlog_is_how_many_may_wait() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f.sock");
    let _fd = fcgi_unix(&path, Some(1), None, 0o700).unwrap();
    let address = UnixAddr::new(&path).unwrap();
    let connect = || {
        let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
        let fd = socket(AddressFamily::Unix, SockType::Stream, flags, None).unwrap();
        nix::sys::socket::connect(fd.as_raw_fd(), &address).map(|()| fd)
    };
    // One more than the number fits, says Linux.
    let waiting = [connect(), connect()];
    assert!(waiting.iter().all(Result::is_ok), "{waiting:?}");
    assert_eq!(connect().err(), Some(Errno::EAGAIN));
}
