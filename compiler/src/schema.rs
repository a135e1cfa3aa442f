//! The table of every section and option.

pub mod section;
pub mod value;
