//! Requests as bytes and calls as values, straight over a server's socket: what a client sees that
//! no client shows.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use rpc::Value;

use crate::wait::PATIENCE;

/// Where a server listens.
#[derive(Clone, Debug)]
pub enum Address {
    /// A socket file.
    Unix(PathBuf),
    /// A port of this machine, with the name to reach it by.
    Tcp(&'static str, u16),
}

/// An open connection.
pub enum Connection {
    /// To a socket file.
    Unix(UnixStream),
    /// To a port.
    Tcp(TcpStream),
}

/// One answer.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// Version, status code and reason.
    pub status: String,
    /// The headers in their order, names as written.
    pub headers: Vec<(String, String)>,
    /// As many bytes as the headers announce.
    pub body: String,
}

impl Address {
    /// Connects.
    pub fn connect(&self) -> io::Result<Connection> {
        Ok(match self {
            Address::Unix(path) => Connection::Unix(UnixStream::connect(path)?),
            Address::Tcp(host, port) => Connection::Tcp(TcpStream::connect((*host, *port))?),
        })
    }

    /// Sends a request over a connection of its own and reads one answer; `None` when the server
    /// closes without any.
    pub fn ask(&self, request: impl AsRef<[u8]>) -> Option<Answer> {
        let mut connection = self.connect().expect("a server that listens");
        connection.send(request);
        connection.answer()
    }

    /// Makes a call and shows its outcome as Python's client would: the value, the fault, or the
    /// HTTP status.
    pub fn call(&self, method: &str, params: &[Value]) -> String {
        let Some(answer) = self.ask(post("/RPC2", encode(method, params))) else {
            return "closed".to_owned();
        };
        answer.outcome()
    }
}

/// A request with a body.
pub fn post(target: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let length = body.len();
    let mut request =
        format!("POST {target} HTTP/1.1\r\nContent-Length: {length}\r\n\r\n").into_bytes();
    request.extend_from_slice(body);
    request
}

/// The body of a call. Nil has no official form, but clients send it (RPC-038).
fn encode(method: &str, params: &[Value]) -> String {
    const NIL: &str = "$NIL";
    let written = params.iter().map(|param| match *param == Value::Nil {
        true => NIL.into(),
        false => param.clone(),
    });
    let body = rpc::xml::encode_call(method, &written.collect::<Vec<_>>());
    let body = String::from_utf8(body.expect("arguments that can be written")).expect("UTF-8");
    body.replace(&format!("<string>{NIL}</string>"), "<nil/>")
}

/// The body of a call without arguments.
pub fn method_call(method: &str) -> String {
    format!("<methodCall><methodName>{method}</methodName></methodCall>")
}

impl Connection {
    /// Sends all of these bytes.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.write_all(bytes.as_ref()).expect("a server that takes a request");
    }

    /// Says that nothing more will be sent.
    pub fn end_sending(&self) {
        let ended = match self {
            Connection::Unix(stream) => stream.shutdown(Shutdown::Write),
            Connection::Tcp(stream) => stream.shutdown(Shutdown::Write),
        };
        ended.expect("an open connection");
    }

    /// Gives up reading after `limit`.
    pub fn limit(&self, limit: Duration) {
        let set = match self {
            Connection::Unix(stream) => stream.set_read_timeout(Some(limit)),
            Connection::Tcp(stream) => stream.set_read_timeout(Some(limit)),
        };
        set.expect("an open connection");
    }

    /// Reads one answer; `None` when the server closes, or sends nothing for a long time.
    pub fn answer(&mut self) -> Option<Answer> {
        self.limit(PATIENCE);
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            match self.read(&mut byte) {
                Ok(1) => head.push(byte[0]),
                _ => return None,
            }
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        let mut lines = head.trim_end().split("\r\n");
        let status = lines.next().unwrap_or_default().to_owned();
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let mut answer = Answer { status, headers, body: String::new() };
        let length = answer.header("Content-Length").and_then(|length| length.parse().ok());
        let mut body = Vec::new();
        // An answer to HEAD announces a body and may have none.
        Read::take(&mut *self, length.unwrap_or(0)).read_to_end(&mut body).ok()?;
        answer.body = String::from_utf8_lossy(&body).into_owned();
        Some(answer)
    }

    /// Whether the server has closed its side.
    pub fn is_closed(&mut self) -> bool {
        self.limit(PATIENCE);
        matches!(self.read(&mut [0]), Ok(0))
    }
}

impl Answer {
    /// The value of a header, whatever the case of its name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The status code.
    pub fn code(&self) -> &str {
        self.status.split(' ').nth(1).unwrap_or_default()
    }

    /// What the answer means to who made a call.
    pub fn outcome(&self) -> String {
        if self.code() != "200" {
            return self.code().to_owned();
        }
        match rpc::xml::decode_response(self.body.as_bytes()) {
            Ok(Ok(value)) => value.to_string(),
            Ok(Err(fault)) => fault.to_string(),
            Err(error) => format!("unreadable: {error}"),
        }
    }
}

impl Read for Connection {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Connection::Unix(stream) => stream.read(buffer),
            Connection::Tcp(stream) => stream.read(buffer),
        }
    }
}

impl Write for Connection {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Connection::Unix(stream) => stream.write(bytes),
            Connection::Tcp(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
