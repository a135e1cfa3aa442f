//! The access log: one line for each answer, at the lowest level (HTTP-075). A line is put
//! together only when somebody reads that level.

use std::net::SocketAddr;

use hyper::body::{Body, Incoming};
use hyper::{Request, Version};
use jiff::Zoned;
use tracing::Level;

use super::reply::Reply;

/// What of a request its line shows.
pub(super) struct Line {
    request: String,
}

/// Remembers the request line, if anybody will read it.
pub(super) fn begin(request: &Request<Incoming>) -> Option<Line> {
    if !tracing::event_enabled!(Level::TRACE) {
        return None;
    }
    let version = if request.version() == Version::HTTP_10 { "1.0" } else { "1.1" };
    let request = format!("{} {} HTTP/{version}", request.method(), request.uri());
    Some(Line { request })
}

impl Line {
    /// Writes the line. Clients of a socket file show as `localhost:0` (HTTP-014).
    pub(super) fn end(self, peer: Option<SocketAddr>, reply: &Reply) {
        let peer = peer.map_or_else(|| "localhost:0".to_owned(), |peer| peer.to_string());
        let time = Zoned::now().strftime("%d/%b/%Y:%H:%M:%S %z").to_string();
        let status = reply.status().as_u16();
        let bytes = reply.body().size_hint().lower();
        tracing::trace!("{peer} - - [{time}] \"{}\" {status} {bytes}", self.request);
    }
}
