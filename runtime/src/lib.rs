//! The daemon: a pure core that supervises, and the driver that does what it says.

pub mod supervisor;
