//! The servers of a run: bound before the daemon leaves the terminal, served afterwards, and gone
//! with their socket files when the daemon ends; the next run takes over the sockets it wants too.

use std::fs;
use std::io;
use std::mem::take;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use compiler::plan::{Listen, Plan};
use compiler::schema::value::LogLevel;
use jiff::Zoned;
use jiff::tz::TimeZone;
use nix::errno::Errno;
use rpc::{Fault, FaultCode};
use tokio::sync::broadcast;
use tokio::time::timeout;

use crate::activity::{Activity, ClearError};
use crate::api::{Daemon, Draft};
use crate::clock;
use crate::driver::{FENCE_LIMIT, LAST_TURNS};
use crate::http::{Listener, Serving, Unheard};
use crate::link::DriverHandle;
use crate::origin::Root;
use crate::os::identity;
use crate::os::sockets::{ListenError, listen_inet, listen_unix, may_be_removed};
use crate::site::serve_all;
use crate::supervisor::message::{Publication, Reply, Request};

/// The open sockets of the daemon. Dropping them removes their files.
#[derive(Debug, Default)]
pub(crate) struct Bound(Vec<Open>);

/// One open socket.
#[derive(Debug)]
struct Open {
    /// What was asked for.
    listen: Listen,
    listener: Listener,
    file: Option<SocketFile>,
    /// Who has come in by it and is still to be served.
    unheard: Vec<Unheard>,
}

/// The file of a socket, as long as it is that socket's.
#[derive(Debug)]
struct SocketFile {
    path: PathBuf,
    /// Its device and its number there.
    identity: (u64, u64),
}

/// The running servers of a run. Dropping them ends their connections and closes their sockets.
#[derive(Debug)]
pub(crate) struct Servers {
    serving: Vec<Serving>,
    bound: Bound,
}

/// What the interfaces see of the daemon.
#[derive(Debug)]
pub(crate) struct Interface {
    handle: DriverHandle,
    activity: Activity,
    root: Root,
}

impl Bound {
    /// Opens the sockets of all servers; none stays open when one cannot be. Those of the run
    /// before that are wanted again are kept, so that no client is turned away meanwhile.
    ///
    /// # Errors
    /// Why one cannot be opened.
    pub(crate) fn open(plan: &Plan, mut before: Bound) -> Result<Self, ListenError> {
        before.0.retain(|open| {
            plan.servers.iter().any(|server| server.listen == open.listen) && open.is_reachable()
        });
        let mut bound = Self::default();
        for server in &plan.servers {
            let kept = before.0.iter().position(|open| open.listen == server.listen);
            bound.0.push(match kept {
                Some(at) => before.0.swap_remove(at),
                None => Open::new(&server.listen)?,
            });
        }
        Ok(bound)
    }

    /// Opens the sockets of all servers and closes them again, to see whether it can be. Those of
    /// `held` that are wanted again stay as they are; that one stands in the way of another is no
    /// failure, for it will be closed before.
    ///
    /// # Errors
    /// Why one cannot be opened.
    pub(crate) fn rehearse(plan: &Plan, held: &[Listen]) -> Result<(), ListenError> {
        let mut trial = Self::default();
        for server in &plan.servers {
            if held.contains(&server.listen) && stands(&server.listen) {
                continue;
            }
            match Open::new(&server.listen) {
                Ok(open) => trial.0.push(open),
                Err(ListenError::InUse)
                    if held.iter().any(|held| collide(held, &server.listen)) =>
                {
                    could_be_replaced(&server.listen)?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Starts serving. Needs a runtime that takes local tasks.
    ///
    /// # Errors
    /// When the system refuses to watch a socket.
    pub(crate) fn serve(
        mut self,
        plan: &Plan,
        hostname: &str,
        interface: Interface,
    ) -> io::Result<Servers> {
        let sockets =
            self.0.iter_mut().map(|open| Ok((open.listener.try_clone()?, take(&mut open.unheard))));
        let sockets = sockets.collect::<io::Result<_>>()?;
        let serving = serve_all(Rc::new(interface), plan, sockets, hostname)?;
        Ok(Servers { serving, bound: self })
    }
}

impl Open {
    fn new(listen: &Listen) -> Result<Self, ListenError> {
        let (listener, file) = match listen {
            Listen::Inet { host, port } => (Listener::Tcp(listen_inet(host, *port)?), None),
            Listen::Unix { file, chmod, chown } => {
                let owner = chown.as_ref().and_then(identity::owner);
                let listener = Listener::Unix(listen_unix(file, *chmod, owner)?);
                (listener, SocketFile::at(file))
            }
        };
        Ok(Self { listen: listen.clone(), listener, file, unheard: Vec::new() })
    }

    /// Whether clients still find it.
    fn is_reachable(&self) -> bool {
        match &self.listen {
            Listen::Inet { .. } => true,
            Listen::Unix { .. } => self.file.as_ref().is_some_and(SocketFile::is_there),
        }
    }
}

impl SocketFile {
    /// The socket that has just been made at `path`; `None` when it is gone already.
    fn at(path: &Path) -> Option<Self> {
        Some(Self { path: path.to_owned(), identity: identify(path)? })
    }

    /// Whether it has not been removed or replaced.
    fn is_there(&self) -> bool {
        identify(&self.path) == Some(self.identity)
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if self.is_there() {
            // Somebody may remove it just now.
            drop(fs::remove_file(&self.path));
        }
    }
}

/// Whether somebody who may make a socket there may remove the one of this run, too.
fn could_be_replaced(listen: &Listen) -> Result<(), ListenError> {
    match listen {
        Listen::Unix { file, .. } if !may_be_removed(file) => Err(Errno::EPERM.into()),
        Listen::Unix { .. } | Listen::Inet { .. } => Ok(()),
    }
}

/// Whether clients may find a socket there.
fn stands(listen: &Listen) -> bool {
    match listen {
        Listen::Inet { .. } => true,
        Listen::Unix { file, .. } => file.exists(),
    }
}

/// Whether only one of two sockets can be open at a time.
fn collide(one: &Listen, other: &Listen) -> bool {
    match (one, other) {
        (Listen::Inet { port: one, .. }, Listen::Inet { port: other, .. }) => one == other,
        (Listen::Unix { file: one, .. }, Listen::Unix { file: other, .. }) => one == other,
        (Listen::Inet { .. }, Listen::Unix { .. }) | (Listen::Unix { .. }, Listen::Inet { .. }) => {
            false
        }
    }
}

/// Which file stands at a path.
fn identify(path: &Path) -> Option<(u64, u64)> {
    let file = fs::symlink_metadata(path).ok()?;
    Some((file.dev(), file.ino()))
}

impl Servers {
    /// Ends them for good.
    pub(crate) async fn close(mut self) {
        for serving in &mut self.serving {
            serving.stop_accepting().await;
        }
        self.finish_answers().await;
    }

    /// Ends them and gives their sockets back, with whoever came in by them too late to be heard:
    /// they wait for the next run.
    pub(crate) async fn hand_over(mut self) -> Bound {
        for (serving, open) in self.serving.iter_mut().zip(&mut self.bound.0) {
            serving.stop_accepting().await;
            open.unheard = serving.release_unheard();
        }
        self.finish_answers().await;
        self.bound
    }

    /// Lets whoever has asked for something get the answer, which is at hand: the core is gone.
    async fn finish_answers(&self) {
        for _ in 0..LAST_TURNS {
            tokio::task::yield_now().await;
            if !self.serving.iter().any(Serving::is_answering) {
                break;
            }
        }
    }
}

/// Says what was opened, in the original's lines and order (RUN-060, RUN-061).
pub(crate) fn announce(plan: &Plan, hostname: &str, activity: &Activity) {
    for server in &plan.servers {
        activity.log(LogLevel::Trace, &started(&server.listen, hostname));
        for interface in &plan.interfaces {
            let (name, factory) = (&interface.name, &interface.factory);
            if interface.stock {
                tracing::info!("RPC interface '{name}' initialized");
            } else {
                tracing::warn!(
                    "RPC interface '{name}' is not available: {factory} is a Python plug-in"
                );
            }
        }
        if server.credentials.is_none() {
            let section = &server.section;
            let text =
                format!("Server '{section}' running without any HTTP authentication checking");
            activity.log(LogLevel::Critical, &text);
        }
    }
}

/// RUN-061. Names are not looked up: that may take as long as the network likes.
fn started(listen: &Listen, hostname: &str) -> String {
    let now = Zoned::try_from(clock::wall()).map_or_else(
        |_| String::new(),
        |now| now.with_time_zone(TimeZone::system()).strftime("%a %b %e %H:%M:%S %Y").to_string(),
    );
    let (address, name, port) = match listen {
        Listen::Inet { host, port } => {
            let name = if host.is_empty() { hostname } else { host };
            (host.clone(), name, port.to_string())
        }
        Listen::Unix { file, .. } => {
            let file = file.display().to_string();
            (file.clone(), "<unix domain socket>", file)
        }
    };
    format!("{address}:Medusa (V1.12) started at {now}\n\tHostname: {name}\n\tPort:{port}")
}

impl Interface {
    /// The daemon behind `handle`, whose plan comes from `root`.
    pub(crate) fn new(handle: DriverHandle, activity: Activity, root: Root) -> Self {
        Self { handle, activity, root }
    }
}

impl Daemon for Interface {
    async fn request(&self, request: Request) -> Result<Reply, Fault> {
        self.handle.request(request).await
    }

    fn watch(&self) -> broadcast::Receiver<Publication> {
        self.handle.watch()
    }

    async fn log_path(&self) -> Option<Arc<Path>> {
        if let Some(fence) = self.activity.fence() {
            drop(timeout(FENCE_LIMIT, fence).await);
        }
        self.activity.path()
    }

    async fn clear_log(&self) -> Result<(), Fault> {
        self.activity.clear().await.map_err(|error| match error {
            ClearError::NoFile => Fault::bare(FaultCode::NoFile),
            ClearError::Failed(_) => Fault::bare(FaultCode::Failed),
        })
    }

    fn drafter(&self) -> impl FnOnce() -> Draft + Send + 'static {
        let root = self.root.clone();
        move || root.draft()
    }
}
