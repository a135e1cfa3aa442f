//! The HTTP servers: they accept connections, hold them to their limits, ask for passwords, and
//! hand requests to a [`Site`]. What a request means is not known here.

mod access;
pub mod auth;
pub mod limits;
pub mod origin;
pub mod reply;
mod socket;
mod stream;
pub mod target;

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixListener;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use compiler::plan::Credentials;
use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::{self, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, StatusCode};
use nix::sys::socket::setsockopt;
use nix::sys::socket::sockopt::TcpNoDelay;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::task::JoinHandle;

use self::auth::Verdict;
use self::limits::{Limits, Permit, Slots};
use self::origin::Reach;
use self::reply::Reply;
pub use self::socket::Socket;
use self::socket::{Patient, Phase, SocketIo};
use self::stream::{Accepted, Stream};
use self::target::Target;
use crate::os::awaited::awaited;

/// Where one server listens.
#[derive(Debug)]
pub enum Listener {
    /// A TCP port.
    Tcp(TcpListener),
    /// A socket file.
    Unix(UnixListener),
}

impl Listener {
    /// The same socket once more.
    ///
    /// # Errors
    /// When there is no descriptor left for it.
    pub fn try_clone(&self) -> io::Result<Self> {
        Ok(match self {
            Self::Tcp(listener) => Self::Tcp(listener.try_clone()?),
            Self::Unix(listener) => Self::Unix(listener.try_clone()?),
        })
    }
}

/// A connection that was accepted by a server that has ended, and that nothing has been read from:
/// the next server can serve it as if it had just come.
#[derive(Debug)]
pub struct Unheard(Accepted);

/// One server before it serves.
#[derive(Debug)]
pub struct Endpoint {
    /// The open socket.
    pub listener: Listener,
    /// Who has come in by it already.
    pub unheard: Vec<Unheard>,
    /// Who may use it; everybody when there are none.
    pub credentials: Option<Credentials>,
    /// This machine's name, which a browser may use for it.
    pub hostname: String,
}

/// What answers the requests of a daemon's servers.
pub trait Site: 'static {
    /// Answers one request whose sender has been admitted.
    fn answer(self: Rc<Self>, exchange: Exchange) -> impl Future<Output = Reply>;
}

/// What the servers of one daemon share: their limits and the places taken.
#[derive(Debug, Default)]
pub struct Shared {
    limits: Limits,
    slots: Rc<Slots>,
}

/// A running server. Dropping it closes its socket and ends its connections.
#[derive(Debug)]
pub struct Serving {
    accepting: JoinHandle<()>,
    slots: Rc<Slots>,
    number: u64,
    local: Option<SocketAddr>,
}

/// One request on its way to its answer.
#[derive(Debug)]
pub struct Exchange {
    /// The head, and the body unless it was read.
    pub request: Request<Incoming>,
    /// The decoded target; `None` when it names another host.
    pub target: Option<Target>,
    /// The connection, for answers without end.
    pub socket: Rc<Socket>,
    /// What the server may be called.
    pub reach: Rc<Reach>,
}

/// Everything a connection needs of its server.
struct Server<S> {
    /// Tells its connections from those of the others.
    number: u64,
    site: Rc<S>,
    shared: Rc<Shared>,
    credentials: Option<Credentials>,
    reach: Rc<Reach>,
}

/// Pause after an accept that failed for want of something that others must give back first.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

impl Shared {
    /// Shared state with the given limits.
    #[must_use]
    pub fn new(limits: Limits) -> Shared {
        Shared { limits, slots: Rc::default() }
    }
}

/// Starts serving. Needs a runtime that takes local tasks.
///
/// # Errors
/// When the socket cannot be registered with the runtime.
pub fn serve<S: Site>(endpoint: Endpoint, site: Rc<S>, shared: Rc<Shared>) -> io::Result<Serving> {
    let local = match &endpoint.listener {
        Listener::Tcp(listener) => Some(listener.local_addr()?),
        Listener::Unix(_) => None,
    };
    let reach = Reach {
        guarded_by_name: endpoint.credentials.is_none()
            && local.is_some_and(|address| address.ip().is_loopback()),
        hostname: endpoint.hostname.to_ascii_lowercase(),
    };
    let slots = Rc::clone(&shared.slots);
    let number = slots.tick();
    let (credentials, reach) = (endpoint.credentials, Rc::new(reach));
    let server = Rc::new(Server { number, site, shared, credentials, reach });
    for Unheard(connection) in endpoint.unheard {
        let peer = connection.peer();
        // One that cannot be served is no reason not to serve.
        if let Ok(stream) = Stream::new(connection) {
            open(&server, stream, peer);
        }
    }
    let accepting = match endpoint.listener {
        Listener::Tcp(listener) => {
            listener.set_nonblocking(true)?;
            // Passed on to every connection: an answer is written at once and must go at once.
            setsockopt(&listener, TcpNoDelay, &true)?;
            let take = |listener: &TcpListener| {
                listener.accept().map(|(stream, peer)| (Accepted::Tcp(stream), Some(peer)))
            };
            tokio::task::spawn_local(accept(awaited(listener, Interest::READABLE)?, take, server))
        }
        Listener::Unix(listener) => {
            listener.set_nonblocking(true)?;
            let take = |listener: &UnixListener| {
                listener.accept().map(|(stream, _)| (Accepted::Unix(stream), None))
            };
            tokio::task::spawn_local(accept(awaited(listener, Interest::READABLE)?, take, server))
        }
    };
    Ok(Serving { accepting, slots, number, local })
}

impl Serving {
    /// The address of a TCP server.
    #[must_use]
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.local
    }

    /// Closes the socket, for good when this returns: its port is free to be listened on again.
    /// Merely dropped, it is closed a turn of the runtime later. Connections go on.
    pub async fn stop_accepting(&mut self) {
        self.accepting.abort();
        // It ends by having been aborted.
        drop((&mut self.accepting).await);
    }

    /// Stops serving those who have not asked for anything yet, and gives their connections back.
    pub fn release_unheard(&self) -> Vec<Unheard> {
        self.slots.release_unheard(self.number).into_iter().map(Unheard).collect()
    }

    /// Whether this server, or one that shares its limits, is working out an answer.
    pub fn is_answering(&self) -> bool {
        self.slots.any_answering()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.accepting.abort();
        self.slots.evict_all();
    }
}

/// Serves whatever `take` gives, for ever.
async fn accept<S: Site, L: AsRawFd>(
    listener: AsyncFd<L>,
    take: impl Fn(&L) -> io::Result<(Accepted, Option<SocketAddr>)>,
    server: Rc<Server<S>>,
) {
    let mut failing = false;
    loop {
        let accepted = match listener.readable().await {
            Ok(mut guard) => match guard.try_io(|listener| take(listener.get_ref())) {
                Ok(accepted) => accepted,
                Err(_) => continue,
            },
            Err(error) => Err(error),
        };
        let opened = accepted.and_then(|(stream, peer)| Ok((Stream::new(stream)?, peer)));
        match opened {
            Ok((stream, peer)) => {
                failing = false;
                open(&server, stream, peer);
                let_others_run().await;
            }
            Err(error) => recover(&server.shared, &error, &mut failing).await,
        }
    }
}

/// Lets the tasks run that are ready: the new connection is served before the next is accepted, and
/// one that was evicted for it gives its descriptor back. Unlike tokio's `yield_now`, does not ask
/// the system for news in between.
async fn let_others_run() {
    let mut asked = false;
    std::future::poll_fn(|cx| {
        if std::mem::replace(&mut asked, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// After a failed accept: usually too many open files, of which an idle connection gives one back.
/// Told once for all that fail in a row.
async fn recover(shared: &Shared, error: &io::Error, failing: &mut bool) {
    if !std::mem::replace(failing, true) {
        tracing::error!("cannot accept a connection: {error}");
    }
    shared.slots.evict_any();
    tokio::time::sleep(ACCEPT_PAUSE).await;
}

/// Serves one connection in a task of its own, or closes it when there is no room.
fn open<S: Site>(server: &Rc<Server<S>>, stream: Stream, peer: Option<SocketAddr>) {
    let limits = server.shared.limits;
    let socket = Rc::new(Socket::new(stream, limits));
    let address: Option<IpAddr> = peer.map(|peer| peer.ip());
    let Some(permit) = server.shared.slots.admit(server.number, address, &socket, &limits) else {
        tracing::debug!("too many connections, closing the newest");
        return;
    };
    let permit = Rc::new(permit);
    let served = serve_connection(Rc::clone(server), Rc::clone(&socket), peer, Rc::clone(&permit));
    let task = tokio::task::spawn_local(served);
    permit.served_by(task.abort_handle());
}

async fn serve_connection<S: Site>(
    server: Rc<Server<S>>,
    socket: Rc<Socket>,
    peer: Option<SocketAddr>,
    _permit: Rc<Permit>,
) {
    let limits = server.shared.limits;
    let io = SocketIo(Rc::clone(&socket));
    let watched = Rc::clone(&socket);
    let service = service_fn(move |request: Request<Incoming>| {
        let (server, socket) = (Rc::clone(&server), Rc::clone(&socket));
        async move { Ok::<_, std::convert::Infallible>(server.respond(request, socket, peer).await) }
    });
    let connection = http1::Builder::new()
        // A client may shut its sending side down once it has asked (RPC-013).
        .half_close(true)
        .title_case_headers(true)
        .max_buf_size(limits.head_bytes)
        .serve_connection(io, service);
    match Patient::new(connection, watched).await {
        Some(Ok(())) => {}
        Some(Err(error)) => tracing::debug!("a connection ended: {error}"),
        None => tracing::debug!("closed a connection whose client stalled"),
    }
}

impl<S: Site> Server<S> {
    async fn respond(
        &self,
        request: Request<Incoming>,
        socket: Rc<Socket>,
        peer: Option<SocketAddr>,
    ) -> Reply {
        socket.enter(Phase::Answering);
        socket.touch(self.shared.slots.tick());
        let line = access::begin(&request);
        let reply = match auth::check(
            self.credentials.as_ref(),
            request.headers().get(header::AUTHORIZATION),
        ) {
            Verdict::Granted => {
                let target = Target::parse(request.uri());
                let reach = Rc::clone(&self.reach);
                let socket = Rc::clone(&socket);
                let exchange = Exchange { request, target, socket, reach };
                Rc::clone(&self.site).answer(exchange).await
            }
            verdict @ (Verdict::Denied | Verdict::Malformed) => {
                refuse(verdict, request, &socket).await
            }
        };
        socket.enter(reply.body().phase());
        socket.touch(self.shared.slots.tick());
        if let Some(line) = line {
            line.end(peer, &reply);
        }
        reply
    }
}

/// The answer to wrong credentials (HTTP-027). The body is taken off the connection first: closing
/// over unread bytes would make the client's system throw the answer away.
async fn refuse(verdict: Verdict, request: Request<Incoming>, socket: &Socket) -> Reply {
    let mut body = request.into_body();
    socket.enter(Phase::Body);
    let mut left = socket.limits().body_bytes;
    while let Some(Ok(frame)) = body.frame().await {
        left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
        if left == 0 {
            break;
        }
    }
    if verdict == Verdict::Malformed {
        return reply::last_error(StatusCode::BAD_REQUEST);
    }
    reply::with_header(
        reply::last_error(StatusCode::UNAUTHORIZED),
        header::WWW_AUTHENTICATE,
        HeaderValue::from_static("Basic realm=\"default\""),
    )
}

impl Exchange {
    /// Takes the body, which must say how long it is (RPC-006, RPC-007).
    ///
    /// # Errors
    /// The answer to give instead: 411, 413, or 400 when the client went away.
    pub async fn take_body(&mut self) -> Result<Bytes, Reply> {
        let headers = self.request.headers();
        if !headers.contains_key(header::CONTENT_LENGTH) {
            return Err(reply::last_error(StatusCode::LENGTH_REQUIRED));
        }
        let body = self.request.body_mut();
        let length = body.size_hint().exact().unwrap_or(u64::MAX);
        if length > self.socket.limits().body_bytes as u64 {
            return Err(reply::last_error(StatusCode::PAYLOAD_TOO_LARGE));
        }
        self.socket.enter(Phase::Body);
        let collected = collect(body, length).await;
        self.socket.enter(Phase::Answering);
        collected.ok_or_else(|| reply::last_error(StatusCode::BAD_REQUEST))
    }
}

/// The body as one piece; an ordinary call arrives as one and is not copied. Room is made as it
/// comes, not as it was announced.
async fn collect(body: &mut Incoming, length: u64) -> Option<Bytes> {
    let mut first = Bytes::new();
    let mut rest: Vec<u8> = Vec::new();
    while let Some(frame) = body.frame().await {
        let data = frame.ok()?.into_data().ok()?;
        if first.is_empty() {
            first = data;
            continue;
        }
        if rest.is_empty() {
            rest.extend_from_slice(&first);
        }
        rest.extend_from_slice(&data);
    }
    let whole = if rest.is_empty() { first } else { rest.into() };
    (whole.len() as u64 == length).then_some(whole)
}

#[cfg(test)]
pub(crate) mod tests;
