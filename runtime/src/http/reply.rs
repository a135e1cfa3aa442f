//! Answers: their bodies, the headers every one carries, and the error pages. What goes into an
//! answer that is no error is decided elsewhere.

use std::convert::Infallible;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame, SizeHint};
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use tokio::sync::mpsc;

use super::socket::{Phase, Socket};

/// An answer on its way to hyper.
pub type Reply = Response<Content>;

/// The body of an answer.
#[derive(Debug)]
pub enum Content {
    /// All of it. Empty once it was sent.
    Whole(Bytes),
    /// A long one, which is not held. It is broken off when the sender is dropped before its end.
    Pieces {
        /// The bytes to come.
        left: u64,
        /// The pieces; a full queue holds the sender back.
        pieces: mpsc::Receiver<Bytes>,
        /// Where they are going, to say when they all have.
        socket: Rc<Socket>,
    },
    /// An endless one. It ends when the sender is dropped or the client closes its side.
    Endless {
        /// The chunks; a full queue holds the sender back.
        chunks: mpsc::Receiver<Bytes>,
        /// Where it is going, to notice when nobody is left to read.
        socket: Rc<Socket>,
    },
}

impl Content {
    /// What the connection is busy with while this is sent.
    pub(super) fn phase(&self) -> Phase {
        match self {
            Content::Whole(_) => Phase::Idle,
            Content::Pieces { .. } => Phase::Answering,
            Content::Endless { .. } => Phase::Streaming,
        }
    }
}

impl Body for Content {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            Content::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Content::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Content::Pieces { left: 0, .. } => Poll::Ready(None),
            Content::Pieces { left, pieces, socket } => pieces.poll_recv(cx).map(|piece| {
                let piece = piece?;
                *left = left.saturating_sub(piece.len() as u64);
                if *left == 0 {
                    socket.enter(Phase::Idle);
                }
                Some(Ok(Frame::data(piece)))
            }),
            Content::Endless { chunks, socket } => {
                if socket.poll_gone(cx).is_ready() {
                    return Poll::Ready(None);
                }
                chunks.poll_recv(cx).map(|chunk| chunk.map(|bytes| Ok(Frame::data(bytes))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Content::Whole(bytes) => bytes.is_empty(),
            Content::Pieces { left, .. } => *left == 0,
            Content::Endless { .. } => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Content::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Content::Pieces { left, .. } => SizeHint::with_exact(*left),
            Content::Endless { .. } => SizeHint::default(),
        }
    }
}

/// The name every answer gives as its server (HTTP-051): scripts and scanners know it.
const SERVER: HeaderValue = HeaderValue::from_static("Medusa/1.12");

/// An answer with status 200.
pub fn ok(content_type: &'static str, body: impl Into<Bytes>) -> Reply {
    with_status(StatusCode::OK, content_type, Content::Whole(body.into()))
}

/// An answer without end.
pub fn endless(
    content_type: &'static str,
    chunks: mpsc::Receiver<Bytes>,
    socket: &Rc<Socket>,
) -> Reply {
    let content = Content::Endless { chunks, socket: Rc::clone(socket) };
    with_status(StatusCode::OK, content_type, content)
}

/// An answer with any status.
pub fn with_status(status: StatusCode, content_type: &'static str, content: Content) -> Reply {
    let mut reply = Response::new(content);
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    headers.reserve(4);
    headers.insert(header::SERVER, SERVER);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    reply
}

/// The error page of a status (HTTP-053), down to its line ends.
pub fn error(status: StatusCode) -> Reply {
    let reason = status.canonical_reason().unwrap_or("Unknown");
    let body = format!(
        "<head>\r\n<title>Error response</title>\r\n</head>\r\n<body>\r\n<h1>Error response</h1>\r\n\
         <p>Error code {}.\r\n<p>Message: {reason}.\r\n</body>\r\n",
        status.as_u16(),
    );
    with_status(status, "text/html", Content::Whole(body.into()))
}

/// The error page of a status, after which the connection is closed.
pub fn last_error(status: StatusCode) -> Reply {
    with_header(error(status), header::CONNECTION, HeaderValue::from_static("close"))
}

/// Adds a header to an answer.
pub fn with_header(mut reply: Reply, name: HeaderName, value: HeaderValue) -> Reply {
    reply.headers_mut().insert(name, value);
    reply
}

/// Marks an answer as one no cache may keep (WEB-008).
pub fn forbid_caching(headers: &mut HeaderMap) {
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::EXPIRES, HeaderValue::from_static("Thu, 01 Jan 1970 00:00:00 GMT"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(status: u16, length: u64) {
        let status = StatusCode::from_u16(status).expect("a status");
        assert_eq!(error(status).body().size_hint().exact(), Some(length), "{status}");
    }

    #[test]
    fn error_pages_have_the_known_lengths() {
        // HTTP-053
        check(400, 136);
        check(401, 137);
        check(404, 134);
        check(411, 140);
        check(500, 146);
        check(301, 142);
    }
}
