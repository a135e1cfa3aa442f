//! Kinds of value that name a place: paths, sockets, addresses.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The address of a FastCGI socket (CFG-244, CFG-245).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SocketAddress {
    /// `unix://` and an absolute, normalised path.
    Unix(PathBuf),
    /// `tcp://host:port`, the host in lower case.
    Tcp {
        /// Host name or address; `*` is kept as text.
        host: String,
        /// Port.
        port: u16,
    },
}
