//! What one client, and all of them together, may take: connections, bytes, time. The limits of
//! XML itself are the reader's in `rpc`.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::os::fd::RawFd;
use std::rc::{Rc, Weak};
use std::time::Duration;

use tokio::task::AbortHandle;

use super::socket::Socket;
use super::stream::Accepted;

/// The bounds of the HTTP servers. The original knows none (RPC-015, HTTP-049).
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections of all servers together.
    pub connections: usize,
    /// Connections of one TCP address.
    pub per_peer: usize,
    /// The first descriptor connections may not have: the rest of those the process may open
    /// belong to the programs. The system gives the lowest that is free, so the number of one
    /// tells how many there are.
    pub descriptors: RawFd,
    /// Connections that may be open whatever their descriptors, so that a daemon whose programs
    /// need nearly all can still be asked.
    pub reserved: usize,
    /// Bytes of a request's line and headers.
    pub head_bytes: usize,
    /// Bytes of a request's body.
    pub body_bytes: usize,
    /// From the first byte of a head to its last.
    pub head_time: Duration,
    /// From the first silence within a body to its end.
    pub body_time: Duration,
    /// How long a client may take nothing of an answer.
    pub send_time: Duration,
    /// The same for an answer without end, whose reader may be a stopped `tail -f`.
    pub stream_time: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connections: 1_000,
            per_peer: 500,
            descriptors: RawFd::MAX,
            reserved: 16,
            head_bytes: 64 * 1024,
            body_bytes: 16 * 1024 * 1024,
            head_time: Duration::from_secs(60),
            body_time: Duration::from_secs(300),
            send_time: Duration::from_secs(120),
            stream_time: Duration::from_secs(3_600),
        }
    }
}

/// The open connections. When there is no room, the connection that has been idle for longest
/// makes some; one that is in use never has to.
#[derive(Debug, Default)]
pub(super) struct Slots {
    open: RefCell<BTreeMap<u64, Slot>>,
    next: Cell<u64>,
    /// How many connections fit, since descriptors were short.
    shortage: Cell<Option<usize>>,
}

#[derive(Debug)]
struct Slot {
    /// The number of the server that accepted it.
    server: u64,
    peer: Option<IpAddr>,
    socket: Rc<Socket>,
    task: Option<AbortHandle>,
}

/// The right to one connection, given back on drop.
#[derive(Debug)]
pub(super) struct Permit {
    id: u64,
    slots: Weak<Slots>,
}

impl Slots {
    /// Takes a place for a connection from `peer` (none for a UNIX socket) to the server with this
    /// number. `None` when the limits are reached and nobody is idle.
    pub(super) fn admit(
        self: &Rc<Self>,
        server: u64,
        peer: Option<IpAddr>,
        socket: &Rc<Socket>,
        limits: &Limits,
    ) -> Option<Permit> {
        if peer.is_some() {
            let mine = self.open.borrow().values().filter(|slot| slot.peer == peer).count();
            if mine >= limits.per_peer && !self.evict(|slot| slot.peer == peer) {
                return None;
            }
        }
        let room = self.room(socket.descriptor(), limits);
        while self.open.borrow().len() >= room {
            if !self.evict(|_| true) {
                return None;
            }
        }
        let id = self.tick();
        socket.touch(id);
        let slot = Slot { server, peer, socket: Rc::clone(socket), task: None };
        self.open.borrow_mut().insert(id, slot);
        Some(Permit { id, slots: Rc::downgrade(self) })
    }

    /// How many connections may be open, this one included, which has got `descriptor`. Once
    /// descriptors were short, that stays so until half of the crowd has left: the low number of
    /// a later connection may be one that was just given back.
    fn room(&self, descriptor: RawFd, limits: &Limits) -> usize {
        let open = self.open.borrow().len();
        if descriptor >= limits.descriptors {
            let excess = usize::try_from(descriptor - limits.descriptors).unwrap_or_default();
            let fitting = open.saturating_sub(excess).max(limits.reserved);
            self.shortage.set(Some(fitting.min(self.shortage.get().unwrap_or(fitting))));
        } else if self.shortage.get().is_some_and(|fitting| open < fitting / 2) {
            self.shortage.set(None);
        }
        self.shortage.get().unwrap_or(limits.connections).min(limits.connections)
    }

    /// Ends the connection that has been idle for longest, if there is one.
    pub(super) fn evict_any(&self) -> bool {
        self.evict(|_| true)
    }

    /// Stops serving the connections of a server whose clients have not sent anything yet, and
    /// gives them back open.
    pub(super) fn release_unheard(&self, server: u64) -> Vec<Accepted> {
        let mut unheard = Vec::new();
        self.open.borrow_mut().retain(|_, slot| {
            let released = (slot.server == server).then(|| slot.socket.unheard()).flatten();
            let Some(connection) = released else { return true };
            if let Some(task) = &slot.task {
                task.abort();
            }
            unheard.push(connection);
            false
        });
        unheard
    }

    /// Whether an answer to a client is being worked out.
    pub(super) fn any_answering(&self) -> bool {
        self.open.borrow().values().any(|slot| slot.socket.is_answering())
    }

    /// A number that grows with every use of a connection.
    pub(super) fn tick(&self) -> u64 {
        let tick = self.next.get();
        self.next.set(tick + 1);
        tick
    }

    /// Closes every connection, whatever it is busy with.
    pub(super) fn evict_all(&self) {
        for slot in std::mem::take(&mut *self.open.borrow_mut()).into_values() {
            if let Some(task) = slot.task {
                task.abort();
            }
        }
    }

    fn evict(&self, candidate: impl Fn(&Slot) -> bool) -> bool {
        let mut open = self.open.borrow_mut();
        let longest_idle = open
            .iter()
            .filter(|(_, slot)| slot.task.is_some() && slot.socket.is_idle() && candidate(slot))
            .min_by_key(|(_, slot)| slot.socket.touched())
            .map(|(id, _)| *id);
        let Some(slot) = longest_idle.and_then(|id| open.remove(&id)) else {
            return false;
        };
        if let Some(task) = slot.task {
            task.abort();
        }
        true
    }

    /// How many connections are open.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.open.borrow().len()
    }
}

impl Permit {
    /// Names the task that serves the connection, which from now on may be evicted.
    pub(super) fn served_by(&self, task: AbortHandle) {
        if let Some(slots) = self.slots.upgrade()
            && let Some(slot) = slots.open.borrow_mut().get_mut(&self.id)
        {
            slot.task = Some(task);
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(slots) = self.slots.upgrade() {
            slots.open.borrow_mut().remove(&self.id);
        }
    }
}
