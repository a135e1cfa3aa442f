//! The XML-RPC wire format and the contract between daemon and clients: methods, faults, states
//! and structs. No I/O, no clock, nothing of the configuration.

pub mod fault;
pub mod methods;
pub mod namespec;
pub mod reference;
pub mod state;
pub mod types;
pub mod value;
pub mod xml;

pub use fault::{Fault, FaultCode, ReceivedFault, Refusal};
pub use methods::{Call, Contract, Method};
pub use namespec::Namespec;
pub use state::{DaemonState, ProcessState};
pub use value::Value;
pub use xml::{Fragment, MethodCall};

/// The HTTP header by which the answer to `reloadConfig` names the sections whose changes take
/// effect after a restart only: `[unix_http_server] [supervisord]`. The result has no place for
/// them that every client would pass over.
pub const PENDING_HEADER: &str = "planvisor-pending-restart";
