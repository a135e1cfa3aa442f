//! The kinds of value an option can have.

mod environment;
mod place;
mod process;
mod scalar;

pub use environment::Environment;
pub use place::SocketAddress;
pub use process::{AutoRestart, ExitCodes, LogTarget, Secret, Signal, UserRef};
pub use scalar::LogLevel;
