//! What a process has to have before it is spawned and somebody may have to wait for a disk for: its
//! log files and, if it is a FastCGI one, its socket.

use std::sync::{Arc, Weak};

use crate::driver::fcgi::{Claim, Lease};
use crate::driver::opener::Places;
use crate::logs::rotate::OpenError;
use crate::logs::{Opening, Outputs};
use crate::supervisor::message::{SpawnError, SpawnOrder};

/// What is to be made for a spawn.
#[derive(Debug)]
pub(crate) struct Needs {
    order: Weak<SpawnOrder>,
    socket: Option<Claim>,
    logs: Opening,
}

/// What has been made. To drop it may take as long as to make it.
#[derive(Debug)]
pub(crate) struct Supplies {
    /// The socket of a FastCGI process.
    pub(crate) socket: Option<Lease>,
    /// The log files.
    pub(crate) logs: Result<Box<Outputs>, SpawnError>,
}

impl Needs {
    /// What the process of `order` needs, until that is dropped.
    pub(crate) fn new(order: &Arc<SpawnOrder>, socket: Option<Claim>, logs: Opening) -> Self {
        Self { order: Arc::downgrade(order), socket, logs }
    }

    /// Where it is made; nowhere when nothing is to be made.
    pub(crate) fn places(&self) -> Places {
        let mut places = self.logs.places();
        places.extend(self.socket.as_ref().map(Claim::place));
        places
    }

    /// Makes it, the socket first, as the original does. `None` when nobody waits for it any more:
    /// what was made for the process meanwhile must not be taken away from it.
    pub(crate) fn provide(&self) -> Option<Supplies> {
        if self.order.strong_count() == 0 {
            return None;
        }
        let socket = self.socket.as_ref().map(Claim::lease).transpose();
        let (socket, logs) = match socket {
            Ok(socket) => (socket, self.logs.open().map_err(unopened)),
            Err(error) => (None, Err(SpawnError::Socket(error))),
        };
        Some(Supplies { socket, logs })
    }
}

fn unopened(error: OpenError) -> SpawnError {
    if error.is_too_many_files() {
        SpawnError::TooManyFiles
    } else {
        SpawnError::Dispatchers(error.name())
    }
}
