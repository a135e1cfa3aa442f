//! A program to be supervised that does what a test tells it:
//!
//! - `child chatter NUMBER` prints what `harness::chatter` says child NUMBER prints;
//! - `child listen FILE` is an event listener that appends every event it gets to FILE;
//! - `child serve` answers each connection to its descriptor 0 with its name and pid;
//! - `child drained` waits until everything in the pipe behind its descriptor 1 has been read.

use std::fs::File;
use std::io::{self, BufRead, Read, Write};
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::os::unix::net::UnixListener;
use std::thread;
use std::time::Duration;

use harness::chatter::{Chatter, chunks};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

fn main() -> io::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["chatter", number] => chatter(number.parse().map_err(io::Error::other)?),
        ["listen", file] => listen(&mut File::options().append(true).create(true).open(file)?),
        ["serve"] => serve(),
        ["drained"] => drained(),
        _ => Err(io::Error::other("usage: child chatter NUMBER | listen FILE | serve | drained")),
    }
}

/// Every chunk is one `write`.
fn chatter(number: usize) -> io::Result<()> {
    let mut stdout = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    let printed = Chatter::of(number).printed();
    chunks(&printed).try_for_each(|chunk| stdout.write_all(chunk))
}

/// Reads as the original's `childutils` does in a UTF-8 locale: `len` counts characters.
fn listen(record: &mut File) -> io::Result<()> {
    let (mut stdin, mut stdout) = (io::stdin().lock(), io::stdout());
    stdout.write_all(b"READY\n")?;
    stdout.flush()?;
    loop {
        let mut event = String::new();
        if stdin.read_line(&mut event)? == 0 {
            return Ok(());
        }
        let length = event.trim_end().rsplit(':').next().unwrap_or_default();
        for _ in 0..length.parse().map_err(io::Error::other)? {
            event.push(read_char(&mut stdin)?);
        }
        event.push('\n');
        record.write_all(event.as_bytes())?;
        stdout.write_all(b"RESULT 2\nOKREADY\n")?;
        stdout.flush()?;
    }
}

fn read_char(from: &mut impl Read) -> io::Result<char> {
    let mut bytes = Vec::new();
    loop {
        let mut byte = [0];
        from.read_exact(&mut byte)?;
        bytes.push(byte[0]);
        match std::str::from_utf8(&bytes).map(|text| text.chars().next()) {
            Ok(Some(read)) => return Ok(read),
            Ok(None) | Err(_) if bytes.len() < 4 => {}
            Ok(None) | Err(_) => return Err(io::Error::other("not UTF-8")),
        }
    }
}

/// Serves whichever kind of socket descriptor 0 is.
fn serve() -> io::Result<()> {
    let socket = || io::stdin().as_fd().try_clone_to_owned();
    let port = TcpListener::from(socket()?);
    if port.local_addr().is_ok() {
        port.incoming().try_for_each(|client| answer(client?))
    } else {
        UnixListener::from(socket()?).incoming().try_for_each(|client| answer(client?))
    }
}

fn answer(mut client: impl Write) -> io::Result<()> {
    let name = std::env::var("SUPERVISOR_PROCESS_NAME").map_err(io::Error::other)?;
    // A client that has gone is no reason to stop.
    let _ = writeln!(client, "{name} {}", std::process::id());
    Ok(())
}

/// A reader is told by the pipe whether there is anything to read; what this one leaves there is the
/// daemon's.
fn drained() -> io::Result<()> {
    let pipe = File::open("/proc/self/fd/1")?;
    let has_more = || -> io::Result<bool> {
        let mut fds = [PollFd::new(pipe.as_fd(), PollFlags::POLLIN)];
        poll(&mut fds, PollTimeout::ZERO)?;
        Ok(fds[0].any().unwrap_or_default())
    };
    while has_more()? {
        thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}
