//! Calls and streams over HTTP/1.1, on TCP and on socket files. One connection is kept from call to
//! call until it is hung up.

mod stream;

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HOST, USER_AGENT};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use rpc::Value;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};

use super::{Background, CallError, Daemon, Followed};
use crate::target::{Address, Target};
use crate::waiter::Waiter;

/// A connection requests can be sent over.
type Sender = SendRequest<Full<Bytes>>;

/// The client. Nothing is opened before the first call.
pub(crate) struct Http {
    waiter: Waiter,
    sender: Option<Sender>,
    pending: Option<String>,
}

/// What came back from a call.
struct Received {
    body: Bytes,
    pending: Option<String>,
}

impl Http {
    /// A client that is not connected.
    pub(crate) fn new(waiter: Waiter) -> Http {
        Http { waiter, sender: None, pending: None }
    }
}

impl Daemon for Http {
    fn call(
        &mut self,
        target: &Target,
        method: &str,
        params: &[Value],
    ) -> Result<Value, CallError> {
        let body = rpc::xml::encode_call(method, params)?;
        let sender = self.sender.take().filter(|sender| !sender.is_closed());
        let done = self.waiter.wait(call(sender, target, body))?;
        let (sender, Received { body, pending }) = done.ok_or(CallError::Interrupted)??;
        self.sender = Some(sender);
        self.pending = pending;
        Ok(rpc::xml::decode_response(&body)??)
    }

    fn pending(&mut self) -> Option<String> {
        self.pending.take()
    }

    fn follow(&mut self, target: &Target, path: &str) -> Followed {
        // A stream may go on for days, with nothing to call meanwhile.
        self.hang_up();
        match self.waiter.wait(stream::copy(target, path)) {
            Ok(followed) => followed.unwrap_or(Followed::Interrupted),
            Err(error) => Followed::Failed(error.into()),
        }
    }

    fn follow_in_background(&mut self, target: &Target, paths: &[String]) -> Box<dyn Background> {
        Box::new(stream::InBackground::start(target.clone(), paths.to_vec()))
    }

    fn hang_up(&mut self) {
        self.sender = None;
    }
}

/// Sends one call over the connection there is, else over a new one.
async fn call(
    sender: Option<Sender>,
    target: &Target,
    body: Vec<u8>,
) -> Result<(Sender, Received), CallError> {
    let mut sender = match sender {
        Some(sender) => sender,
        None => connect(target).await?,
    };
    let mut request = Request::post("/RPC2")
        .header(HOST, host(&target.address()?))
        .header(ACCEPT_ENCODING, "identity")
        .header(USER_AGENT, "supervisorctl")
        .header(CONTENT_TYPE, "text/xml")
        .header(ACCEPT, "text/xml");
    if let Some(credentials) = target.authorization() {
        request = request.header(AUTHORIZATION, credentials);
    }
    let request = request.body(Full::from(body)).map_err(io::Error::other)?;
    let response = send(&mut sender, request).await?;
    check_status(response.status())?;
    let pending =
        response.headers().get(rpc::PENDING_HEADER).and_then(|sections| sections.to_str().ok());
    let pending = pending.map(str::to_owned);
    let body = response.into_body().collect().await.map_err(explain_failure)?.to_bytes();
    Ok((sender, Received { body, pending }))
}

async fn send(
    sender: &mut Sender,
    request: Request<Full<Bytes>>,
) -> Result<Response<Incoming>, CallError> {
    sender.ready().await.map_err(explain_failure)?;
    sender.send_request(request).await.map_err(explain_failure)
}

fn check_status(status: StatusCode) -> Result<(), CallError> {
    if status == StatusCode::OK {
        return Ok(());
    }
    let reason = status.canonical_reason().unwrap_or_default().to_owned();
    Err(CallError::Protocol { code: status.as_u16(), reason })
}

async fn connect(target: &Target) -> Result<Sender, CallError> {
    let transport = match target.address()? {
        Address::Unix(path) => {
            Transport::Unix(UnixStream::connect(path).await.map_err(name_long_path)?)
        }
        Address::Tcp { host, port } => {
            let stream = TcpStream::connect((host, port)).await.map_err(tell_unresolved)?;
            stream.set_nodelay(true)?;
            Transport::Tcp(stream)
        }
    };
    let (sender, connection) =
        http1::handshake(TokioIo::new(transport)).await.map_err(explain_failure)?;
    tokio::spawn(async move {
        // Its error reaches whoever waits for an answer.
        let _ = connection.await;
    });
    Ok(sender)
}

/// The value of the `Host` header.
fn host(address: &Address) -> String {
    match address {
        Address::Unix(_) => "localhost".to_owned(),
        Address::Tcp { host, port } => {
            let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
            if *port == 80 { host } else { format!("{host}:{port}") }
        }
    }
}

/// The error of a failed exchange: that of the operating system where there is one.
fn explain_failure(error: hyper::Error) -> CallError {
    if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
        return CallError::Disconnected;
    }
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        if let Some(code) = inner.downcast_ref::<io::Error>().and_then(io::Error::raw_os_error) {
            return io::Error::from_raw_os_error(code).into();
        }
        cause = inner.source();
    }
    io::Error::other(error).into()
}

/// The text of the original for a path that fits into no address.
fn name_long_path(error: io::Error) -> io::Error {
    if error.kind() != io::ErrorKind::InvalidInput {
        return error;
    }
    io::Error::new(error.kind(), "AF_UNIX path too long")
}

/// Tells a host name without meaning from a failed connection.
fn tell_unresolved(error: io::Error) -> CallError {
    let text = error.to_string();
    let Some(reason) = text.strip_prefix("failed to lookup address information: ") else {
        return error.into();
    };
    // EAI_AGAIN, EAI_NODATA and EAI_NONAME, which the library does not tell.
    let code = match reason {
        "Temporary failure in name resolution" => -3,
        "No address associated with hostname" => -5,
        _ => -2,
    };
    CallError::Resolve { code, reason: reason.to_owned() }
}

/// A connection of either kind.
enum Transport {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl AsyncRead for Transport {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Transport::Tcp(stream) => Pin::new(stream).poll_read(cx, buffer),
            Transport::Unix(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Transport {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Transport::Tcp(stream) => Pin::new(stream).poll_write(cx, bytes),
            Transport::Unix(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Transport::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            Transport::Unix(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Transport::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Transport::Unix(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
