//! One struct a section, one field an option.

mod program;
mod supervisord;

pub use program::Program;
pub use supervisord::Supervisord;
