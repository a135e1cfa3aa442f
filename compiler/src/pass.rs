//! The passes of a compilation, from bytes to a plan. Each takes what the one before made, reports
//! what it finds wrong and goes on.

pub(crate) mod assemble;
pub(crate) mod check;
pub(crate) mod ctl;
pub(crate) mod files;
pub(crate) mod load;
pub(crate) mod merge;
pub(crate) mod outline;
pub(crate) mod parallel;
pub(crate) mod print;
pub(crate) mod resolve;
pub(crate) mod whole;
