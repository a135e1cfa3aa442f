//! What the HTTP servers of a daemon serve, put together: XML-RPC, log streams and pages. Which
//! requests another web page may not make is decided here.

use std::io;
use std::os::fd::RawFd;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::SystemTime;

use compiler::plan::Plan;
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Method, StatusCode};
use jiff::Timestamp;

use crate::api::logs::log_of;
use crate::api::{Answer, Api, Daemon, Document, Unanswerable, follow};
use crate::http::limits::Limits;
use crate::http::origin::{self, Provenance};
use crate::http::reply::{self, Content, Reply};
use crate::http::target::{Route, Target, parameters};
use crate::http::{Endpoint, Exchange, Listener, Serving, Shared, Site, Socket, Unheard, serve};
use crate::logs::follow::Follow;
use crate::os::limits;
use crate::supervisor::message::Channel;
use crate::web::Web;

/// All that a daemon shows over HTTP.
#[derive(Debug)]
pub struct Interfaces<D> {
    api: Api<D>,
    web: Rc<Web<D>>,
    daemon: Rc<D>,
}

/// Serves sockets and who has come in by them, which belong to the servers of `plan` in their
/// order. Needs a runtime that takes local tasks.
///
/// # Errors
/// When a socket cannot be registered with the runtime.
pub fn serve_all<D: Daemon>(
    daemon: Rc<D>,
    plan: &Plan,
    sockets: Vec<(Listener, Vec<Unheard>)>,
    hostname: &str,
) -> io::Result<Vec<Serving>> {
    let stock = plan.interfaces.iter().filter(|interface| interface.stock);
    let namespaces: Vec<String> = stock.map(|interface| interface.name.to_string()).collect();
    let interfaces = Rc::new(Interfaces::new(daemon, namespaces)?);
    let shared = Rc::new(Shared::new(Limits { descriptors: for_clients(), ..Limits::default() }));
    let mut serving = Vec::new();
    for (server, (listener, unheard)) in plan.servers.iter().zip(sockets) {
        let credentials = server.credentials.clone();
        let endpoint = Endpoint { listener, unheard, credentials, hostname: hostname.to_owned() };
        serving.push(serve(endpoint, Rc::clone(&interfaces), Rc::clone(&shared))?);
    }
    Ok(serving)
}

/// Three quarters of the files the process may open; a crowd of clients must leave enough to
/// restart every program.
fn for_clients() -> RawFd {
    RawFd::try_from(limits::open_files() / 4 * 3).unwrap_or(RawFd::MAX)
}

impl<D: Daemon> Interfaces<D> {
    /// The interfaces of `daemon`, whose `supervisor` methods answer under `namespaces`.
    ///
    /// # Errors
    /// When the system gives no random bytes for the sessions of the web page.
    pub fn new(daemon: Rc<D>, namespaces: Vec<String>) -> io::Result<Interfaces<D>> {
        let api = Api::new(Rc::clone(&daemon), namespaces);
        let web = Rc::new(Web::new(Rc::clone(&daemon))?);
        Ok(Interfaces { api, web, daemon })
    }

    async fn rpc(&self, mut exchange: Exchange) -> Reply {
        if exchange.request.method() != Method::POST {
            return reply::error(StatusCode::BAD_REQUEST);
        }
        if origin::judge(exchange.request.headers(), &exchange.reach) == Provenance::Foreign {
            tracing::warn!("refused an XML-RPC call from another web page");
            return reply::last_error(StatusCode::FORBIDDEN);
        }
        let body = match exchange.take_body().await {
            Ok(body) => body,
            Err(refusal) => return refusal,
        };
        match self.api.respond(&body).await {
            Ok(answer) => answered(answer, &exchange.socket),
            Err(Unanswerable::Malformed) => reply::error(StatusCode::BAD_REQUEST),
            Err(Unanswerable::Unforeseen) => reply::error(StatusCode::INTERNAL_SERVER_ERROR),
        }
    }

    /// `/logtail/NAME[/CHANNEL]` (HTTP-063, HTTP-064).
    async fn process_log(&self, exchange: &Exchange, rest: &str) -> Reply {
        let (name, channel) = rest.split_once('/').unwrap_or((rest, "stdout"));
        let channel = match channel {
            "stdout" => Channel::Stdout,
            "stderr" => Channel::Stderr,
            _ => return reply::error(StatusCode::NOT_FOUND),
        };
        match log_of(&*self.daemon, name, channel).await {
            Ok(Some(path)) => reply::with_header(
                log_stream(exchange, path).await,
                HeaderName::from_static("x-accel-buffering"),
                HeaderValue::from_static("no"),
            ),
            Ok(None) | Err(_) => reply::error(StatusCode::NOT_FOUND),
        }
    }

    /// `/mainlogtail` (HTTP-066).
    async fn main_log(&self, exchange: &Exchange) -> Reply {
        match self.daemon.log_path().await {
            Some(path) => log_stream(exchange, path).await,
            None => reply::error(StatusCode::NOT_FOUND),
        }
    }
}

impl<D: Daemon> Site for Interfaces<D> {
    async fn answer(self: Rc<Self>, exchange: Exchange) -> Reply {
        let reads = exchange.request.method() == Method::GET;
        match exchange.target.as_ref().map(Target::route) {
            Some(Route::Rpc) => self.rpc(exchange).await,
            Some(Route::ProcessLog(Some(rest))) if reads => {
                self.process_log(&exchange, &rest).await
            }
            Some(Route::MainLog) if reads => self.main_log(&exchange).await,
            Some(Route::ProcessLog(_) | Route::MainLog) if !reads => {
                reply::error(StatusCode::BAD_REQUEST)
            }
            Some(Route::ProcessLog(_)) => reply::error(StatusCode::NOT_FOUND),
            Some(Route::MainLog | Route::Web) | None => self.web.answer(exchange).await,
        }
    }
}

/// The answer to a call; what waits for a restart is told in a header (RUN-360).
fn answered(answer: Answer, socket: &Rc<Socket>) -> Reply {
    let content = match answer.response {
        Document::Held(bytes) => Content::Whole(bytes.into()),
        Document::Sent { length, pieces } => {
            Content::Pieces { left: length, pieces, socket: Rc::clone(socket) }
        }
    };
    let reply = reply::with_status(StatusCode::OK, "text/xml", content);
    if answer.pending.is_empty() {
        return reply;
    }
    match HeaderValue::try_from(answer.pending.join(" ")) {
        Ok(sections) => {
            reply::with_header(reply, HeaderName::from_static(rpc::PENDING_HEADER), sections)
        }
        Err(_) => reply,
    }
}

/// The answer that follows a log file (HTTP-067).
async fn log_stream(exchange: &Exchange, path: Arc<Path>) -> Reply {
    let from = exchange.target.as_ref().and_then(start_of);
    let opened = tokio::task::spawn_blocking(move || {
        let modified = std::fs::metadata(&path)?.modified()?;
        let log = match from {
            Some(from) => Follow::open_at(&path, from),
            None => Follow::open(&path),
        };
        Ok::<_, io::Error>((log?, modified))
    });
    let Ok(Ok((log, modified))) = opened.await else {
        return reply::error(StatusCode::NOT_FOUND);
    };
    let Ok(chunks) = follow::stream(log) else {
        return reply::error(StatusCode::INTERNAL_SERVER_ERROR);
    };
    let mut reply = reply::endless("text/plain;charset=utf-8", chunks, &exchange.socket);
    if let Ok(date) = HeaderValue::from_str(&http_date(modified)) {
        reply.headers_mut().insert(header::LAST_MODIFIED, date);
    }
    reply
}

/// Where our own pages want a stream to begin: at the byte after what they show. Other clients do
/// not say, and begin near the end (HTTP-068).
fn start_of(target: &Target) -> Option<u64> {
    parameters(&target.query).find(|(name, _)| name == "from")?.1.parse().ok()
}

fn http_date(time: SystemTime) -> String {
    let time = Timestamp::try_from(time).unwrap_or_default();
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
