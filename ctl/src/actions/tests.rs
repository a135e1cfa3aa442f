//! Tests of the actions against a daemon that follows a script: what is called, what is said, the
//! exit status.

mod connection;
mod groups;
mod processes;
mod streams;
pub(crate) mod support;
