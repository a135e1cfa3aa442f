//! Log streams: `GET /logtail/…`, copied to stdout byte by byte as they come.

use std::io::Write as _;
use std::thread::JoinHandle;

use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, HOST, USER_AGENT};
use tokio::runtime::Builder;
use tokio::sync::oneshot;

use super::{Background, CallError, Followed, connect, host, send};
use crate::target::Target;

/// Copies one stream to stdout.
pub(super) async fn copy(target: &Target, path: &str) -> Followed {
    match try_copy(target, path).await {
        Ok(()) => Followed::Ended,
        Err(CallError::Protocol { code, .. }) => Followed::Status(code),
        Err(error) => Followed::Failed(error),
    }
}

async fn try_copy(target: &Target, path: &str) -> Result<(), CallError> {
    let mut request = Request::get(path)
        .header(HOST, host(&target.address()?))
        .header(ACCEPT_ENCODING, "chunked")
        .header(ACCEPT, "*/*")
        .header(USER_AGENT, "Supervisor HTTP Client");
    let has_password = target.password.as_ref().is_some_and(|password| !password.is_empty());
    if let Some(credentials) = target.authorization().filter(|_| has_password) {
        request = request.header(AUTHORIZATION, credentials);
    }
    let request = request.body(Full::default()).map_err(std::io::Error::other)?;
    let mut sender = connect(target).await?;
    let response = send(&mut sender, request).await?;
    super::check_status(response.status())?;
    let mut body = response.into_body();
    // A stream cut short has ended like any other.
    while let Some(Ok(frame)) = body.frame().await {
        if let Some(bytes) = frame.data_ref() {
            let mut stdout = std::io::stdout().lock();
            stdout.write_all(bytes).and_then(|()| stdout.flush())?;
        }
    }
    Ok(())
}

/// Streams followed by a thread, beside whatever the session does. Dropping this ends it.
pub(super) struct InBackground {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl InBackground {
    /// Starts to follow all of `paths`.
    pub(super) fn start(target: Target, paths: Vec<String>) -> InBackground {
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || run(&target, &paths, stopped));
        InBackground { stop: Some(stop), thread: Some(thread) }
    }
}

impl Background for InBackground {}

impl Drop for InBackground {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has nothing left to stop.
            let _ = thread.join();
        }
    }
}

fn run(target: &Target, paths: &[String], stopped: oneshot::Receiver<()>) {
    let Ok(runtime) = Builder::new_current_thread().enable_io().build() else { return };
    let streams = async {
        let mut tasks = tokio::task::JoinSet::new();
        for path in paths {
            let (target, path) = (target.clone(), path.clone());
            tasks.spawn(async move {
                if let Some(complaint) = copy(&target, &path).await.complaint() {
                    // Where this cannot be written, no complaint can be either.
                    let _ = writeln!(std::io::stderr(), "{}{path} {complaint}", target.url);
                }
            });
        }
        while tasks.join_next().await.is_some() {}
    };
    runtime.block_on(async {
        tokio::select! {
            () = streams => {}
            _ = stopped => {}
        }
    });
}
