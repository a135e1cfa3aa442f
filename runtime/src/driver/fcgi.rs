//! The sockets of FastCGI groups: one a group, open while a process of the group lives (RUN-400 to
//! RUN-405).

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::OwnedFd;
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
    open: BTreeMap<GroupId, Open>,
    /// The group of each process that holds a reference.
    holders: BTreeMap<ProcessId, GroupId>,
}

/// A socket in use.
#[derive(Debug)]
struct Open {
    fd: Arc<OwnedFd>,
    url: String,
    holders: BTreeSet<ProcessId>,
}

impl FcgiSockets {
    /// Creates the socket of a group and closes it again, to see whether it can be (RUN-402). Does
    /// nothing for other groups.
    ///
    /// # Errors
    /// The text of the failure.
    pub(crate) fn check(&self, group: &GroupPlan) -> Result<(), String> {
        if let GroupKind::Fcgi(socket) = &group.kind {
            let url = url(&socket.address);
            drop(create(socket, user_of(group), &url)?);
            tracing::info!("Closing socket {url}");
        }
        Ok(())
    }

    /// The socket for a process about to be spawned, created if it is the first (RUN-403).
    ///
    /// # Errors
    /// The text of the failure.
    pub(crate) fn acquire(&mut self, order: &SpawnOrder) -> Result<Arc<OwnedFd>, String> {
        let GroupKind::Fcgi(socket) = &order.group_plan.kind else {
            return Err(format!("group {} has no socket", order.group_plan.name));
        };
        let open = match self.open.entry(order.group) {
            Entry::Occupied(open) => open.into_mut(),
            Entry::Vacant(place) => {
                let url = url(&socket.address);
                let fd = Arc::new(create(socket, user_of(&order.group_plan), &url)?);
                place.insert(Open { fd, url, holders: BTreeSet::new() })
            }
        };
        open.holders.insert(order.process);
        self.holders.insert(order.process, order.group);
        Ok(Arc::clone(&open.fd))
    }

    /// Gives a process's reference back; the last one closes the socket. The file of a UNIX socket
    /// stays (RUN-405).
    pub(crate) fn release(&mut self, process: ProcessId) {
        let Some(group) = self.holders.remove(&process) else { return };
        let Some(open) = self.open.get_mut(&group) else { return };
        open.holders.remove(&process);
        if open.holders.is_empty() {
            tracing::info!("Closing socket {}", open.url);
            self.open.remove(&group);
        }
    }

    /// Forgets a group that is gone.
    pub(crate) fn forget(&mut self, group: GroupId) {
        self.open.remove(&group);
        self.holders.retain(|_, of| *of != group);
    }
}

fn create(plan: &SocketPlan, user: Option<&UserRef>, url: &str) -> Result<OwnedFd, String> {
    tracing::info!("Creating socket {url}");
    let fd = match &plan.address {
        SocketAddress::Unix(path) => {
            let mode = plan.mode.unwrap_or(MODE);
            sockets::fcgi_unix(path, plan.backlog, ownership(plan, user), mode)
        }
        SocketAddress::Tcp { host, port } => sockets::fcgi_inet(host, *port, plan.backlog),
    };
    fd.map_err(|error| format!("Could not create FastCGI socket {url}: {}", python_error(&error)))
}

/// The configured owner; else the program's user, unless the daemon is that user (RUN-406).
fn ownership(plan: &SocketPlan, user: Option<&UserRef>) -> Option<Ownership> {
    if let Some(owner) = &plan.owner {
        return identity::owner(owner);
    }
    let (uid, gid) = identity::ids(user?)?;
    (uid != nix::unistd::getuid()).then_some((Some(uid), Some(gid)))
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
