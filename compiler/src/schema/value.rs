//! The kinds of value an option can have.

mod place;
mod process;
mod scalar;

pub use place::SocketAddress;
pub use process::{AutoRestart, Environment, ExitCodes, LogTarget, Secret, Signal, UserRef};
pub use scalar::LogLevel;
