//! Talking to a daemon: what the actions need of it, and the ways it can fail. How bytes travel is
//! `client/http`'s.

mod error;
mod http;

pub(crate) use error::{CallError, io_reason};
pub(crate) use http::Http;

use rpc::Value;

use crate::target::Target;

/// The daemon as the actions see it; tests put a fake one in its place.
pub(crate) trait Daemon {
    /// Calls a method and waits for its answer, however long that takes (CTL-030).
    fn call(&mut self, target: &Target, method: &str, params: &[Value])
    -> Result<Value, CallError>;

    /// What the answer to the last call said waits for a restart of the daemon.
    fn pending(&mut self) -> Option<String>;

    /// Copies a log stream to stdout until the daemon ends it or Ctrl-C is pressed.
    fn follow(&mut self, target: &Target, path: &str) -> Followed;

    /// Copies log streams to stdout until the result is dropped. Problems go to stderr.
    fn follow_in_background(&mut self, target: &Target, paths: &[String]) -> Box<dyn Background>;

    /// Hangs up; the next call connects again.
    fn hang_up(&mut self);
}

/// Something that goes on until it is dropped.
pub(crate) trait Background {}

/// How following a stream ended.
#[derive(Debug)]
pub(crate) enum Followed {
    /// The daemon ended it.
    Ended,
    /// Ctrl-C.
    Interrupted,
    /// The daemon answered with this HTTP status instead.
    Status(u16),
    /// There was no connection, or none any more.
    Failed(CallError),
}

impl Followed {
    /// What to tell of it on stderr, after the URL.
    pub(crate) fn complaint(&self) -> Option<String> {
        match self {
            Followed::Ended | Followed::Interrupted => None,
            Followed::Status(code) => Some(format!("Cannot read, status code {code}")),
            Followed::Failed(error) => {
                Some(format!("Cannot connect, error: <class '{}'> ({error})", error.class()))
            }
        }
    }
}
