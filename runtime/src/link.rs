//! The way from a client's connection to the core: a request goes in, its answer comes back. What a
//! request does is the core's business, how it travels over HTTP that of `http` and `api`.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use rpc::DaemonState;
use tokio::sync::{broadcast, mpsc, oneshot};

use crate::supervisor::message::{Fault, FaultCode, Publication, Reply, Request};

/// Requests that may wait for the driver before their senders have to.
const WAITING: usize = 64;

/// Publications a slow watcher may be behind before it loses some and has to look anew.
const BEHIND: usize = 256;

/// Asks the core, on behalf of one client or many. Cheap to clone.
#[derive(Clone, Debug)]
pub struct DriverHandle {
    requests: mpsc::Sender<Pending>,
    publications: broadcast::Sender<Publication>,
    state: Arc<AtomicI32>,
}

/// The driver's end.
#[derive(Debug)]
pub struct DriverEnd {
    /// What the clients want.
    pub requests: mpsc::Receiver<Pending>,
    publications: broadcast::Sender<Publication>,
    state: Arc<AtomicI32>,
}

/// A request and the place its answer goes to. Dropping it answers that the daemon is stopping.
#[derive(Debug)]
pub struct Pending {
    /// What is wanted.
    pub request: Request,
    /// Where the answer goes.
    pub answer: oneshot::Sender<Result<Reply, Fault>>,
}

/// Both ends.
pub fn link() -> (DriverHandle, DriverEnd) {
    let (sender, requests) = mpsc::channel(WAITING);
    let (publications, _) = broadcast::channel(BEHIND);
    let state = Arc::new(AtomicI32::new(DaemonState::Running.code()));
    let end = DriverEnd { requests, publications: publications.clone(), state: Arc::clone(&state) };
    (DriverHandle { requests: sender, publications, state }, end)
}

impl DriverEnd {
    /// Announces a change to who watches; nobody need.
    pub fn publish(&self, publication: Publication) {
        if let Publication::Daemon(state) = &publication {
            self.state.store(state.code(), Ordering::Relaxed);
        }
        drop(self.publications.send(publication));
    }
}

impl DriverHandle {
    /// Hands `request` to the core and waits for its answer. A client that goes away meanwhile
    /// drops the future; the request is carried out all the same.
    ///
    /// # Errors
    /// The core's fault; `SHUTDOWN_STATE` when the core is gone.
    pub async fn request(&self, request: Request) -> Result<Reply, Fault> {
        if matches!(request, Request::State) {
            return self.state();
        }
        let (answer, answered) = oneshot::channel();
        if self.requests.send(Pending { request, answer }).await.is_err() {
            return Err(gone());
        }
        answered.await.unwrap_or_else(|_| Err(gone()))
    }

    /// What the core published last is what it would answer; asking costs a turn of everybody, and
    /// clients ask for nothing more often.
    fn state(&self) -> Result<Reply, Fault> {
        let state = DaemonState::from_code(self.state.load(Ordering::Relaxed).into());
        match state {
            Some(DaemonState::Running) if !self.requests.is_closed() => {
                Ok(Reply::State(DaemonState::Running))
            }
            Some(_) | None => Err(gone()),
        }
    }

    /// The changes from now on. A watcher that lags behind loses the oldest.
    pub fn watch(&self) -> broadcast::Receiver<Publication> {
        self.publications.subscribe()
    }
}

fn gone() -> Fault {
    Fault::bare(FaultCode::ShutdownState)
}
