//! The test harness: a directory of its own for every test, real daemons and clients in it, and
//! the certainty that nothing of them is left when the test ends.
//!
//! Knows how to start things and look at them from outside. What they should do is said in
//! `tests/it`.

pub mod chatter;
pub mod configuration;
pub mod daemon;
pub mod golden;
pub mod installation;
pub mod namespace;
pub mod ports;
pub mod puppet;
pub mod redact;
pub mod sandbox;
pub mod terminal;
pub mod unprivileged;
pub mod untested;
pub mod wait;
pub mod wire;

pub use configuration::{HEAD, configured, configured_as, head_with, with_options};
pub use daemon::Daemon;
pub use installation::{Installation, Run};
pub use ports::free_port;
pub use sandbox::Sandbox;
pub use wait::wait_until;
