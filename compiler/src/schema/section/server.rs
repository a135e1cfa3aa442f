//! `[unix_http_server]` and `[inet_http_server]`: where the daemon is controlled.

use crate::plan::Owner;
use crate::schema::section;
use crate::schema::value::{InetAddress, Octal, Optional, Secret, SocketPath, Text};

section! {
    /// A control server on a UNIX socket.
    pub struct UnixServer {
        /// Path of the socket.
        file: SocketPath = required, E1, daemon;
        /// User name to ask for.
        username: Optional<Text> = unset, E4, daemon;
        /// Password to ask for, clear or `{SHA}` and its lower-case hexadecimal SHA-1.
        password: Optional<Secret> = unset, E4, daemon;
        /// Owner of the socket, as `user` or `user:group`.
        chown: Optional<Owner> = unset, E4, daemon;
        /// Mode of the socket.
        chmod: Octal = "0700", E4, daemon;
    }
}

section! {
    /// A control server on a TCP port.
    pub struct InetServer {
        /// User name to ask for.
        username: Optional<Text> = unset, E4, daemon;
        /// Password to ask for, clear or `{SHA}` and its lower-case hexadecimal SHA-1.
        password: Optional<Secret> = unset, E4, daemon;
        /// Address and port, as `127.0.0.1:9001`; `*:9001` for all interfaces.
        port: InetAddress = required, E4, daemon;
    }
}
