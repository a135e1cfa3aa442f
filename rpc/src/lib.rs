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
