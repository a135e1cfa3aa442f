//! The servers of a run: bound before the daemon leaves the terminal, served afterwards, and gone
//! with their socket files when the run ends.

use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use compiler::plan::{Listen, Plan, ServerPlan};
use compiler::schema::value::LogLevel;
use jiff::Zoned;
use jiff::tz::TimeZone;
use rpc::{Fault, FaultCode};
use tokio::sync::broadcast;
use tokio::time::timeout;

use crate::activity::{Activity, ClearError};
use crate::api::{Daemon, Draft};
use crate::clock;
use crate::driver::FENCE_LIMIT;
use crate::http::{Listener, Serving};
use crate::link::DriverHandle;
use crate::origin::Root;
use crate::os::identity;
use crate::os::sockets::{ListenError, listen_inet, listen_unix};
use crate::site::serve_all;
use crate::supervisor::message::{Publication, Reply, Request};

/// The open sockets of a run. Dropping them removes their files.
#[derive(Debug, Default)]
pub(crate) struct Bound {
    listeners: Vec<Listener>,
    files: SocketFiles,
}

/// The running servers of a run. Dropping them ends their connections and removes their files.
#[derive(Debug)]
pub(crate) struct Servers {
    serving: Vec<Serving>,
    files: SocketFiles,
}

/// What the interfaces see of the daemon.
#[derive(Debug)]
pub(crate) struct Interface {
    handle: DriverHandle,
    activity: Activity,
    root: Root,
}

#[derive(Debug, Default)]
struct SocketFiles(Vec<PathBuf>);

impl Drop for SocketFiles {
    fn drop(&mut self) {
        for path in &self.0 {
            // Somebody may have removed it already.
            drop(fs::remove_file(path));
        }
    }
}

impl Bound {
    /// Opens the sockets of all servers; none stays open when one cannot be.
    ///
    /// # Errors
    /// Why one cannot be opened.
    pub(crate) fn open(plan: &Plan) -> Result<Self, ListenError> {
        let mut bound = Self::default();
        for server in &plan.servers {
            let listener = listen(server)?;
            if let Listen::Unix { file, .. } = &server.listen {
                bound.files.0.push(file.clone());
            }
            bound.listeners.push(listener);
        }
        Ok(bound)
    }

    /// Starts serving. Needs the runtime and a `LocalSet`.
    ///
    /// # Errors
    /// When the system refuses to watch a socket.
    pub(crate) fn serve(
        self,
        plan: &Plan,
        hostname: &str,
        interface: Interface,
    ) -> std::io::Result<Servers> {
        let serving = serve_all(Rc::new(interface), plan, self.listeners, hostname)?;
        Ok(Servers { serving, files: self.files })
    }
}

impl Servers {
    /// Ends them; the next run can listen where they did.
    pub(crate) async fn close(self) {
        for serving in self.serving {
            serving.close().await;
        }
        drop(self.files);
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

fn listen(server: &ServerPlan) -> Result<Listener, ListenError> {
    match &server.listen {
        Listen::Inet { host, port } => listen_inet(host, *port).map(Listener::Tcp),
        Listen::Unix { file, chmod, chown } => {
            let owner = chown.as_ref().and_then(identity::owner);
            listen_unix(file, *chmod, owner).map(Listener::Unix)
        }
    }
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
