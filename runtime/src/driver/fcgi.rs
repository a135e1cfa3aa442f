//! The sockets of FastCGI programs: one a program and group, open while a process that shares it
//! lives (RUN-400 to RUN-405, RUN-411).

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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
    open: BTreeMap<Sharers, Open>,
    /// Which socket each process holds a reference of.
    holders: BTreeMap<ProcessId, Sharers>,
}

/// Who shares a socket: the processes one section makes in one group.
type Sharers = (GroupId, String);

/// A socket in use.
#[derive(Debug)]
struct Open {
    fd: Arc<OwnedFd>,
    address: SocketAddress,
    holders: BTreeSet<ProcessId>,
}

impl FcgiSockets {
    /// The addresses of the sockets that are open.
    pub(crate) fn addresses(&self) -> Vec<SocketAddress> {
        self.open.values().map(|open| open.address.clone()).collect()
    }

    /// The socket for a process about to be spawned, created if it is the first (RUN-403).
    ///
    /// # Errors
    /// The text of the failure.
    pub(crate) fn acquire(
        &mut self,
        order: &SpawnOrder,
        socket: &SocketPlan,
    ) -> Result<Arc<OwnedFd>, String> {
        let sharers = (order.group, order.plan.section.clone());
        let open = match self.open.entry(sharers.clone()) {
            Entry::Occupied(open) => open.into_mut(),
            Entry::Vacant(place) => {
                let fd = Arc::new(create(socket, order.plan.program.user.as_ref())?);
                let address = socket.address.clone();
                place.insert(Open { fd, address, holders: BTreeSet::new() })
            }
        };
        open.holders.insert(order.process);
        self.holders.insert(order.process, sharers);
        Ok(Arc::clone(&open.fd))
    }

    /// Gives a process's reference back; the last one closes the socket. The file of a UNIX socket
    /// stays (RUN-405).
    pub(crate) fn release(&mut self, process: ProcessId) {
        let Some(sharers) = self.holders.remove(&process) else { return };
        let Some(open) = self.open.get_mut(&sharers) else { return };
        open.holders.remove(&process);
        if open.holders.is_empty() {
            tracing::info!("Closing socket {}", url(&open.address));
            self.open.remove(&sharers);
        }
    }

    /// Forgets a group that is gone.
    pub(crate) fn forget(&mut self, group: GroupId) {
        self.open.retain(|of, _| of.0 != group);
        self.holders.retain(|_, of| of.0 != group);
    }
}

/// Where [`try_out`] works: in the directory of the socket, or with its host.
pub(crate) fn place(group: &GroupPlan) -> Option<PathBuf> {
    let GroupKind::Fcgi(socket) = &group.kind else { return None };
    Some(match &socket.address {
        SocketAddress::Unix(path) => path.parent().map_or_else(PathBuf::new, Path::to_path_buf),
        SocketAddress::Tcp { host, .. } => PathBuf::from(host),
    })
}

/// Creates the socket of a group and closes it again, to see whether it can be (RUN-402). Does
/// nothing for other groups.
///
/// # Errors
/// The text of the failure.
pub(crate) fn try_out(group: &GroupPlan) -> Result<(), String> {
    if let GroupKind::Fcgi(socket) = &group.kind {
        drop(create(socket, user_of(group))?);
        tracing::info!("Closing socket {}", url(&socket.address));
    }
    Ok(())
}

/// Whether [`try_out`] would find the socket of a group possible. Nothing is touched, and one of
/// `held` is in nobody's way.
///
/// # Errors
/// The text of the failure.
pub(crate) fn rehearse(group: &GroupPlan, held: &[SocketAddress]) -> Result<(), String> {
    let GroupKind::Fcgi(socket) = &group.kind else { return Ok(()) };
    if held.iter().any(|held| collide(held, &socket.address)) {
        return Ok(());
    }
    let possible = match &socket.address {
        SocketAddress::Unix(path) => sockets::rehearse_fcgi_unix(path),
        SocketAddress::Tcp { host, port } => sockets::rehearse_fcgi_inet(host, *port),
    };
    possible.map_err(|error| failed(socket, &error))
}

/// The socket a process is to have as its descriptor 0: its group's, or inside a `[group:x]` its
/// own section's.
pub(crate) fn socket_of(order: &SpawnOrder) -> Option<&SocketPlan> {
    match &order.group_plan.kind {
        GroupKind::Fcgi(socket) => Some(socket),
        GroupKind::Program | GroupKind::EventListener(_) => order.plan.socket.as_deref(),
    }
}

fn create(plan: &SocketPlan, user: Option<&UserRef>) -> Result<OwnedFd, String> {
    tracing::info!("Creating socket {}", url(&plan.address));
    let fd = match &plan.address {
        SocketAddress::Unix(path) => {
            let mode = plan.mode.unwrap_or(MODE);
            sockets::fcgi_unix(path, plan.backlog, ownership(plan, user), mode)
        }
        SocketAddress::Tcp { host, port } => sockets::fcgi_inet(host, *port, plan.backlog),
    };
    fd.map_err(|error| failed(plan, &error))
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

/// Whether only one of two sockets can be open at a time.
fn collide(one: &SocketAddress, other: &SocketAddress) -> bool {
    match (one, other) {
        (SocketAddress::Tcp { port: one, .. }, SocketAddress::Tcp { port: other, .. }) => {
            one == other
        }
        _ => one == other,
    }
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
