//! What `[fcgi-program:x]` has beside the options of a program.

use crate::plan::Owner;
use crate::schema::section;
use crate::schema::value::{Integer, Octal, Optional, Text, UserRef};

section! {
    /// The socket FastCGI processes share.
    pub struct Socket {
        /// Order among the groups: smaller starts earlier and stops later; order among the
        /// processes too.
        priority: Integer = "999", E1, restart, info "group_prio";
        /// User to run as, and by default owner of a UNIX socket.
        user: Optional<UserRef> = unset, E1, restart;
        /// Length of the queue of connections; the system's maximum if not set.
        socket_backlog: Optional<Integer> = unset, E1, restart;
        /// Owner of a UNIX socket, as `user` or `user:group`.
        socket_owner: Optional<Owner> = unset, E1, restart;
        /// Mode of a UNIX socket; `0700` if not set.
        socket_mode: Optional<Octal> = unset, E1, restart;
        /// Where it listens: `unix://` and an absolute path, or `tcp://host:port`.
        socket: Text = required, E5, restart;
    }
}
