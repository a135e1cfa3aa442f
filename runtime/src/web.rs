//! The web pages: which address shows what, what a form may do, and the headers that keep other
//! pages out. How pages look is in `pages` and the assets.

mod act;
mod assets;
mod form;
mod legacy;
mod live;
mod logs;
mod pages;
mod preview;
mod session;

use std::io;
use std::rc::Rc;

use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, StatusCode};
use jiff::tz::TimeZone;
use maud::Markup;
use serde::Serialize;

use self::act::Report;
use self::form::Form;
use self::legacy::Outcome;
use self::pages::status::{Choice, Only, Order};
use self::pages::{Frame, Page};
use self::session::{Session, Sessions};
use crate::api::Daemon;
use crate::http::Exchange;
use crate::http::origin::{self, Provenance};
use crate::http::reply::{self, Reply};
use crate::http::target::percent_encode;
use crate::supervisor::message::{Reply as CoreReply, Request};

/// The pages of one daemon.
#[derive(Debug)]
pub struct Web<D> {
    daemon: Rc<D>,
    sessions: Sessions,
}

/// What the pages may load and do: their own files and nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

/// What every page says about itself.
const GUARDS: [(&str, &str); 5] = [
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];

/// One request for a page, taken apart.
struct Visit {
    exchange: Exchange,
    form: Form,
    session: Session,
}

impl Visit {
    /// Whether a form was sent, and not just an address visited.
    fn is_posted(&self) -> bool {
        self.exchange.request.method() == Method::POST
    }
}

impl<D: Daemon> Web<D> {
    /// The pages of `daemon`.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn new(daemon: Rc<D>) -> io::Result<Web<D>> {
        Ok(Web { daemon, sessions: Sessions::new()? })
    }

    /// Answers a request for a page, a file, or one of the actions.
    pub async fn answer(self: &Rc<Self>, mut exchange: Exchange) -> Reply {
        let Some(target) = exchange.target.clone() else {
            return missing(exchange.request.method());
        };
        let path = target.path.trim_start_matches('/');
        let method = exchange.request.method().clone();
        if method == Method::HEAD || !is_page(path) {
            let found = (method == Method::GET || method == Method::HEAD)
                .then(|| assets::find(path, exchange.request.headers()))
                .flatten();
            return found.map_or_else(|| missing(&method), guard);
        }
        let body = match method {
            Method::POST => match exchange.take_body().await {
                Ok(body) => body,
                Err(refusal) => return refusal,
            },
            Method::GET => hyper::body::Bytes::new(),
            _ => return reply::error(StatusCode::BAD_REQUEST),
        };
        let form = Form::read(&target, &body);
        let session = self.sessions.open(exchange.request.headers());
        let visit = Visit { exchange, form, session };
        let mut answer = guard(self.page(path, &visit).await);
        if let Some(cookie) = visit.session.cookie() {
            answer.headers_mut().insert(header::SET_COOKIE, cookie);
        }
        answer
    }

    async fn page(self: &Rc<Self>, path: &str, visit: &Visit) -> Reply {
        match path {
            "ok.html" => uncached(reply::ok("text/plain", "OK")),
            "tail.html" => self.tail_page(visit).await,
            "activity.html" => self.activity_page(visit).await,
            "config.html" => self.config_page(visit).await,
            "download" => self.download(visit).await,
            "events" => self.events(visit),
            "act" if visit.is_posted() => self.act(visit).await,
            "act" => reply::error(StatusCode::BAD_REQUEST),
            _ => match visit.form.get("action") {
                Some(action) => self.old_action(action, visit).await,
                None => self.status_page(visit).await,
            },
        }
    }

    async fn status_page(&self, visit: &Visit) -> Reply {
        let Ok(CoreReply::Processes(all)) = self.daemon.request(Request::AllInfo).await else {
            return uncached(reply::error(StatusCode::INTERNAL_SERVER_ERROR));
        };
        let form = &visit.form;
        let choice = Choice {
            query: form.get("q").unwrap_or_default().to_owned(),
            only: Only::named(form.get("only").unwrap_or_default()),
            order: Order::named(form.get("sort").unwrap_or_default()),
        };
        let zone = TimeZone::system();
        let content = pages::status::content(&all, &choice, &zone, visit.session.token());
        self.show(Page::Processes, "Supervisor Status", visit, content).await
    }

    async fn config_page(&self, visit: &Visit) -> Reply {
        let Some(preview) = preview::of(&*self.daemon).await else {
            return uncached(reply::error(StatusCode::INTERNAL_SERVER_ERROR));
        };
        let content = pages::config::content(&preview, visit.session.token());
        self.show(Page::Configuration, "Supervisor Configuration", visit, content).await
    }

    fn events(&self, visit: &Visit) -> Reply {
        let chunks = live::stream(Rc::clone(&self.daemon), visit.session.token());
        let stream = reply::endless("text/event-stream", chunks, &visit.exchange.socket);
        reply::with_header(
            uncached(stream),
            HeaderName::from_static("x-accel-buffering"),
            HeaderValue::from_static("no"),
        )
    }

    /// A page in its frame.
    async fn show(&self, page: Page, title: &str, visit: &Visit, content: Markup) -> Reply {
        let identifier = match self.daemon.request(Request::Identification).await {
            Ok(CoreReply::Text(text)) => text,
            Ok(_) | Err(_) => "supervisor".to_owned(),
        };
        let message = visit.form.get("message");
        let frame = Frame { page, title, identifier: &identifier, message };
        html_page(pages::document(&frame, content))
    }

    /// An action of the old page, by its old address (WEB-032 to WEB-044).
    async fn old_action(self: &Rc<Self>, action: &str, visit: &Visit) -> Reply {
        if !legacy::is_harmless(action) {
            match self.provenance(visit) {
                Provenance::Own | Provenance::Tool => {}
                Provenance::Foreign => return refused("The request came from another web page."),
                Provenance::Unproven if visit.is_posted() && self.has_token(visit) => {}
                Provenance::Unproven => return self.confirm(action, visit).await,
            }
        }
        // Carried on even if the browser goes away.
        let (web, action, form) = (Rc::clone(self), action.to_owned(), visit.form.clone());
        let acting =
            tokio::task::spawn_local(async move { legacy::act(&web, &action, &form).await });
        match acting.await {
            Ok(Outcome::Message(message)) => see_message("./", &message),
            Ok(Outcome::Unable) | Err(_) => {
                uncached(reply::error(StatusCode::INTERNAL_SERVER_ERROR))
            }
        }
    }

    async fn confirm(&self, action: &str, visit: &Visit) -> Reply {
        let name = visit.form.get("processname");
        let content = pages::confirmation(action, name, visit.session.token());
        self.show(Page::Other, "Supervisor Confirmation", visit, content).await
    }

    /// An order of one of our own forms.
    async fn act(&self, visit: &Visit) -> Reply {
        if self.provenance(visit) == Provenance::Foreign {
            return refused("The request came from another web page.");
        }
        if !self.has_token(visit) {
            return refused("This page is out of date. Load it again and repeat the action.");
        }
        let (daemon, form) = (Rc::clone(&self.daemon), visit.form.clone());
        let acting = tokio::task::spawn_local(async move { act::carry_out(daemon, &form).await });
        let Ok(report) = acting.await else {
            return reply::error(StatusCode::INTERNAL_SERVER_ERROR);
        };
        if wants_json(visit.exchange.request.headers()) {
            return uncached(json(&report));
        }
        let mut answer = see_message(back(&visit.form), &report.message);
        *answer.status_mut() = StatusCode::SEE_OTHER;
        answer
    }

    fn provenance(&self, visit: &Visit) -> Provenance {
        origin::judge(visit.exchange.request.headers(), &visit.exchange.reach)
    }

    fn has_token(&self, visit: &Visit) -> bool {
        let token = visit.form.get("token").unwrap_or_default();
        self.sessions.accepts(visit.exchange.request.headers(), token)
    }
}

/// Whether an address is a page or an action of ours; everything else is a file.
fn is_page(path: &str) -> bool {
    let pages = ["", "index.html", "tail.html", "ok.html", "activity.html", "config.html"];
    pages.contains(&path) || ["act", "events", "download"].contains(&path)
}

/// The page a form wants to be sent back to: one of ours, never another site.
fn back(form: &Form) -> &str {
    let wanted = form.get("back").unwrap_or("./");
    let page = wanted.split('?').next().unwrap_or_default();
    if is_page(page) { wanted } else { "./" }
}

fn missing(method: &Method) -> Reply {
    let reads = method == Method::GET || method == Method::HEAD;
    reply::error(if reads { StatusCode::NOT_FOUND } else { StatusCode::BAD_REQUEST })
}

fn refused(reason: &str) -> Reply {
    tracing::warn!("refused an action of the web page: {reason}");
    let frame = Frame {
        page: Page::Other,
        title: "Supervisor Refusal",
        identifier: "supervisor",
        message: None,
    };
    let mut answer = html_page(pages::document(&frame, pages::refusal(reason)));
    *answer.status_mut() = StatusCode::FORBIDDEN;
    answer
}

fn html_page(document: Markup) -> Reply {
    uncached(reply::ok("text/html;charset=utf-8", document.into_string()))
}

fn json(report: &Report) -> Reply {
    #[derive(Serialize)]
    struct Answer<'a> {
        ok: bool,
        message: &'a str,
    }
    let answer = Answer { ok: report.ok, message: &report.message };
    reply::ok("application/json", serde_json::to_string(&answer).unwrap_or_default())
}

/// Sends the browser to `page` with a message (WEB-032). The address is relative: it holds behind
/// any proxy (ITRAP-039).
fn see_message(page: &str, message: &str) -> Reply {
    let separator = if page.contains('?') { '&' } else { '?' };
    let address = format!("{page}{separator}message={}", percent_encode(message));
    let moved = uncached(reply::error(StatusCode::MOVED_PERMANENTLY));
    match HeaderValue::from_str(&address) {
        Ok(address) => reply::with_header(moved, header::LOCATION, address),
        Err(_) => moved,
    }
}

fn uncached(mut reply: Reply) -> Reply {
    reply::forbid_caching(reply.headers_mut());
    reply
}

fn guard(mut reply: Reply) -> Reply {
    for (name, value) in GUARDS {
        reply.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    reply
}

fn wants_json(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).is_some_and(|accepted| accepted == "application/json")
}

#[cfg(test)]
mod tests;
