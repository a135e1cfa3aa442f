//! The operating system as the daemon uses it: processes, signals, users, limits, sockets, clocks. Nothing
//! here knows about groups, states or plans.

pub mod apart;
pub mod awaited;
pub mod clockset;
pub mod command;
pub mod daemonize;
pub mod environment;
pub mod identity;
pub mod limits;
pub mod reap;
pub mod signals;
pub mod sockets;
pub mod spawn;
