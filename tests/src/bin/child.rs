//! A program to be supervised that does what a test tells it:
//!
//! - `child chatter NUMBER` prints what `harness::chatter` says child NUMBER prints;
//! - `child listen FILE` is an event listener that appends every event it gets to FILE;
//! - `child serve` answers each connection to its descriptor 0 with its name and pid.

use std::fs::File;
use std::io::{self, BufRead, Read, Write};
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::os::unix::net::UnixListener;

use harness::chatter::{Chatter, chunks};

fn main() -> io::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["chatter", number] => chatter(number.parse().map_err(io::Error::other)?),
        ["listen", file] => listen(&mut File::options().append(true).create(true).open(file)?),
        ["serve"] => serve(),
        _ => Err(io::Error::other("usage: child chatter NUMBER | listen FILE | serve")),
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
