//! The sockets of FastCGI programs: one a program and group, open while a process that shares it
//! lives (RUN-400 to RUN-405, RUN-411). To make one and to close one may have to wait for a disk:
//! neither is done on the driver's thread.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use compiler::plan::{GroupKind, GroupPlan, SocketPlan};
use compiler::schema::value::{SocketAddress, UserRef};

use crate::os::identity;
use crate::os::sockets::{self, Ownership, python_error};
use crate::supervisor::message::{GroupId, ProcessId, SpawnOrder};

/// Mode of a UNIX socket when none is configured (RUN-406).
const MODE: u32 = 0o700;

/// The sockets of all active groups.
#[derive(Debug, Default)]
pub(crate) struct FcgiSockets {
    shared: BTreeMap<Sharers, Arc<Shared>>,
    held: BTreeMap<ProcessId, Lease>,
    /// What nobody needs any more.
    returned: Vec<Lease>,
}

/// Who shares a socket: the processes one section makes in one group.
type Sharers = (GroupId, String);

/// What a program's processes share: nothing while none of them has a lease of it.
#[derive(Debug, Default)]
struct Shared(Mutex<Weak<Socket>>);

/// An open socket.
#[derive(Debug)]
struct Socket {
    fd: OwnedFd,
    address: SocketAddress,
}

/// The right of a process about to be spawned to a lease.
#[derive(Debug)]
pub(crate) struct Claim {
    shared: Arc<Shared>,
    plan: SocketPlan,
    user: Option<UserRef>,
}

/// A process's share of a socket; when the last one is dropped the socket is closed, which may take
/// as long as its disk.
#[derive(Debug)]
pub(crate) struct Lease {
    shared: Arc<Shared>,
    /// None only while this is dropped.
    socket: Option<Arc<Socket>>,
}

impl FcgiSockets {
    /// The addresses of the sockets that are open.
    pub(crate) fn addresses(&self) -> Vec<SocketAddress> {
        let sockets = self.held.values().filter_map(|lease| lease.socket.as_ref());
        sockets.map(|socket| socket.address.clone()).collect()
    }

    /// What entitles a process to its socket, if it is a FastCGI one.
    pub(crate) fn claim(&mut self, order: &SpawnOrder) -> Option<Claim> {
        let plan = socket_of(order)?.clone();
        let sharers = (order.group, order.plan.section.clone());
        let shared = Arc::clone(self.shared.entry(sharers).or_default());
        Some(Claim { shared, plan, user: order.plan.program.user.clone() })
    }

    /// A process that was spawned keeps its lease.
    pub(crate) fn keep(&mut self, process: ProcessId, lease: Lease) {
        self.held.insert(process, lease);
    }

    /// A process is dead. The file of a UNIX socket stays (RUN-405).
    pub(crate) fn release(&mut self, process: ProcessId) {
        self.returned.extend(self.held.remove(&process));
    }

    /// Takes back the lease of a process that was not spawned.
    pub(crate) fn give_back(&mut self, lease: Option<Lease>) {
        self.returned.extend(lease);
    }

    /// Forgets a group that is gone. A process that lives on keeps its lease.
    pub(crate) fn forget(&mut self, group: GroupId) {
        self.shared.retain(|of, _| of.0 != group);
    }

    /// The leases that were given back, to be dropped by whoever may wait for a disk.
    pub(crate) fn take_returned(&mut self) -> Vec<Lease> {
        std::mem::take(&mut self.returned)
    }
}

impl Claim {
    /// Where [`Claim::lease`] works: in the directory of the socket, or with its host.
    pub(crate) fn place(&self) -> PathBuf {
        place_of(&self.plan)
    }

    /// A share of the socket, which is created if nobody else has one (RUN-403).
    ///
    /// # Errors
    /// The text of the failure.
    pub(crate) fn lease(&self) -> Result<Lease, String> {
        let mut shared = self.shared.lock();
        let socket = match shared.upgrade() {
            Some(socket) => socket,
            None => Arc::new(create(&self.plan, self.user.as_ref())?),
        };
        *shared = Arc::downgrade(&socket);
        Ok(Lease { shared: Arc::clone(&self.shared), socket: Some(socket) })
    }
}

impl Lease {
    /// The socket.
    pub(crate) fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.socket.as_ref().map(|socket| socket.fd.as_fd())
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // Who makes the next socket waits until this one is closed: their addresses are the same.
        let _shared = self.shared.lock();
        self.socket = None;
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Weak<Socket>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        tracing::info!("Closing socket {}", url(&self.address));
    }
}

/// Where [`try_out`] works: in the directory of the socket, or with its host.
pub(crate) fn place(group: &GroupPlan) -> Option<PathBuf> {
    let GroupKind::Fcgi(socket) = &group.kind else { return None };
    Some(place_of(socket))
}

/// Creates the socket of a group and closes it again, to see whether it can be (RUN-402). Does
/// nothing for other groups.
///
/// # Errors
/// The text of the failure.
pub(crate) fn try_out(group: &GroupPlan) -> Result<(), String> {
    if let GroupKind::Fcgi(socket) = &group.kind {
        drop(create(socket, user_of(group))?);
    }
    Ok(())
}

/// Whether [`try_out`] would find the socket of a group possible. Nothing is left of it, and one of
/// `held` is in nobody's way.
///
/// # Errors
/// The text of the failure.
pub(crate) fn rehearse(group: &GroupPlan, held: &[SocketAddress]) -> Result<(), String> {
    let GroupKind::Fcgi(socket) = &group.kind else { return Ok(()) };
    let possible = match &socket.address {
        SocketAddress::Unix(path) => {
            sockets::rehearse_fcgi_unix(path, ownership(socket, user_of(group)))
        }
        SocketAddress::Tcp { host, port } => match sockets::rehearse_fcgi_inet(host, *port) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && is_held(*port, held) => {
                Ok(())
            }
            result => result,
        },
    };
    possible.map_err(|error| failed(socket, &error))
}

/// The socket a process is to have as its descriptor 0: its group's, or inside a `[group:x]` its
/// own section's.
fn socket_of(order: &SpawnOrder) -> Option<&SocketPlan> {
    match &order.group_plan.kind {
        GroupKind::Fcgi(socket) => Some(socket),
        GroupKind::Program | GroupKind::EventListener(_) => order.plan.socket.as_deref(),
    }
}

fn create(plan: &SocketPlan, user: Option<&UserRef>) -> Result<Socket, String> {
    tracing::info!("Creating socket {}", url(&plan.address));
    let fd = match &plan.address {
        SocketAddress::Unix(path) => {
            let mode = plan.mode.unwrap_or(MODE);
            sockets::fcgi_unix(path, plan.backlog, ownership(plan, user), mode)
        }
        SocketAddress::Tcp { host, port } => sockets::fcgi_inet(host, *port, plan.backlog),
    };
    let address = plan.address.clone();
    fd.map(|fd| Socket { fd, address }).map_err(|error| failed(plan, &error))
}

fn place_of(plan: &SocketPlan) -> PathBuf {
    match &plan.address {
        SocketAddress::Unix(path) => path.parent().map_or_else(PathBuf::new, Path::to_path_buf),
        SocketAddress::Tcp { host, .. } => PathBuf::from(host),
    }
}

fn failed(plan: &SocketPlan, error: &io::Error) -> String {
    format!("Could not create FastCGI socket {}: {}", url(&plan.address), python_error(error))
}

/// The configured owner; else the program's user, unless the daemon is that user (RUN-406).
fn ownership(plan: &SocketPlan, user: Option<&UserRef>) -> Option<Ownership> {
    if let Some(owner) = &plan.owner {
        return identity::owner(owner);
    }
    let (uid, gid) = identity::ids(user?)?;
    (uid != nix::unistd::getuid()).then_some((Some(uid), Some(gid)))
}

/// Whether a port is taken by one of these sockets.
fn is_held(port: u16, held: &[SocketAddress]) -> bool {
    held.iter().any(|held| matches!(held, SocketAddress::Tcp { port: taken, .. } if *taken == port))
}

fn user_of(group: &GroupPlan) -> Option<&UserRef> {
    group.processes.first()?.program.user.as_ref()
}

fn url(address: &SocketAddress) -> String {
    match address {
        SocketAddress::Unix(path) => format!("unix://{}", path.display()),
        SocketAddress::Tcp { host, port } => format!("tcp://{host}:{port}"),
    }
}
