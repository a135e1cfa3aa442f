//! The compiled configuration: bare data in canonical order. No spans, no behaviour, nothing of
//! the machine it was compiled on but what the configuration itself says.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub mod changeset;
pub mod codec;
pub mod diff;

use crate::schema::section::{Program, Supervisord};
use crate::schema::value::{Secret, SocketAddress};

/// Everything the daemon needs to run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The main file as it was named (CFG-066); shown, and read again on a reread.
    pub root: PathBuf,
    /// The `[supervisord]` section.
    pub supervisord: Supervisord,
    /// The HTTP servers: all inet ones in file order, then all unix ones (CFG-178).
    pub servers: Vec<ServerPlan>,
    /// The `[rpcinterface:x]` sections in file order.
    pub interfaces: Vec<InterfacePlan>,
    /// The groups by priority, then name (CFG-315). Names may repeat (CFG-262).
    pub groups: Vec<Arc<GroupPlan>>,
    /// What the daemon logs about the configuration once its log is open (CFG-335).
    pub notices: Vec<Notice>,
}

/// One HTTP server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerPlan {
    /// The full section name, as log lines show it.
    pub section: String,
    /// Where it listens.
    pub listen: Listen,
    /// The credentials it asks for; `None` when authentication is off (CFG-184).
    pub credentials: Option<Credentials>,
}

/// The address of an HTTP server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Listen {
    /// A TCP port.
    Inet {
        /// Lower-case host; empty for all interfaces (CFG-295).
        host: String,
        /// Port.
        port: u16,
    },
    /// A UNIX socket.
    Unix {
        /// Absolute, normalised path.
        file: PathBuf,
        /// Mode of the socket file.
        chmod: u32,
        /// Owner, when it is to be changed.
        chown: Option<Owner>,
    },
}

/// A user and perhaps a group that own a socket file (CFG-287).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The text as written, expanded.
    pub text: String,
    /// Uid and gid; `None` when the compilation did not ask the machine. A missing group leaves
    /// the file's group alone.
    pub ids: Option<(u32, Option<u32>)>,
}

/// A user name and a password, clear or `{SHA}` (CFG-185).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    /// User name.
    pub username: String,
    /// Password as written.
    pub password: Secret,
}

/// One `[rpcinterface:x]` section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterfacePlan {
    /// The namespace, the text after the colon (CFG-266).
    pub name: String,
    /// The factory as written.
    pub factory: String,
    /// Whether the factory is the stock one, which this daemon implements.
    pub stock: bool,
}

/// A set of processes that is added, removed and stopped as one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupPlan {
    /// Name.
    pub name: String,
    /// Smaller starts earlier and stops later.
    pub priority: i64,
    /// What kind of processes it holds.
    pub kind: GroupKind,
    /// Its processes in the order of CFG-316 and CFG-317. Names may repeat (CFG-322).
    pub processes: Vec<Arc<ProcessPlan>>,
}

/// The kinds of group. A `[group:x]` and a lone `[program:x]` are one kind (CFG-361), and by far the
/// most frequent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum GroupKind {
    /// Ordinary processes.
    Program,
    /// A pool of event listeners.
    EventListener(Box<PoolPlan>),
    /// FastCGI processes that share one socket.
    Fcgi(Box<SocketPlan>),
}

/// What only a pool of event listeners has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolPlan {
    /// How many events may wait (CFG-236).
    pub buffer_size: u32,
    /// The event types subscribed to: upper case, sorted, each once (CFG-238).
    pub events: Vec<String>,
    /// The result handler as written.
    pub result_handler: String,
}

/// The socket of a FastCGI group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SocketPlan {
    /// Where it listens.
    pub address: SocketAddress,
    /// Length of the queue of connections; `None` for the system's maximum.
    pub backlog: Option<u16>,
    /// Owner of a UNIX socket.
    pub owner: Option<Owner>,
    /// Mode of a UNIX socket.
    pub mode: Option<u32>,
}

/// One process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessPlan {
    /// Name without its group.
    pub name: String,
    /// The full name of the section it comes from.
    pub section: String,
    /// Its options, typed and expanded. `environment` holds the daemon's variables too (CFG-329).
    pub program: Program,
    /// The socket it shares with the processes of its section, when that is an `[fcgi-program:x]`
    /// inside a `[group:x]` (RUN-411). One that stands alone has its socket in the group.
    pub socket: Option<Arc<SocketPlan>>,
}

/// A line for the activity log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Its level.
    pub level: NoticeLevel,
    /// Its text.
    pub text: String,
}

/// The levels a notice can have; warnings are logged first (CFG-335).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum NoticeLevel {
    /// `WARN`.
    Warn,
    /// `INFO`.
    Info,
}
