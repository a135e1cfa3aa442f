//! A world for the core to live in: children, clocks and clients that are only data. Scripts play
//! in it by hand, the random walk at random.

mod laws;
pub(super) mod plans;
mod random;
mod walk;
pub(super) mod world;
