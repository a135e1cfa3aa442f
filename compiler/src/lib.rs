//! Compiles a `supervisord.conf` tree into a typed plan, collecting everything that is wrong with
//! it on the way.

pub mod diagnostic;
pub mod getopt;
pub mod host;
pub mod plan;
pub mod report;
pub mod schema;
pub mod source;

pub use grammar::python_repr;
pub use grammar::value::{WordsError, words};
