//! What one client, and all of them together, may take: connections, bytes, time. The limits of
//! XML itself are the reader's in `rpc`.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::rc::{Rc, Weak};
use std::time::Duration;

use tokio::task::AbortHandle;

use super::socket::Socket;

/// The bounds of the HTTP servers. The original knows none (RPC-015, HTTP-049).
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections of all servers together.
    pub connections: usize,
    /// Connections of one TCP address.
    pub per_peer: usize,
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
}

#[derive(Debug)]
struct Slot {
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
    /// Takes a place for a connection from `peer` (none for a UNIX socket). `None` when the
    /// limits are reached and nobody is idle.
    pub(super) fn admit(
        self: &Rc<Self>,
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
        let full = self.open.borrow().len() >= limits.connections;
        if full && !self.evict(|_| true) {
            return None;
        }
        let id = self.tick();
        socket.touch(id);
        let slot = Slot { peer, socket: Rc::clone(socket), task: None };
        self.open.borrow_mut().insert(id, slot);
        Some(Permit { id, slots: Rc::downgrade(self) })
    }

    /// Ends the connection that has been idle for longest, if there is one.
    pub(super) fn evict_any(&self) -> bool {
        self.evict(|_| true)
    }

    /// A number that grows with every use of a connection.
    pub(super) fn tick(&self) -> u64 {
        let tick = self.next.get();
        self.next.set(tick + 1);
        tick
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
