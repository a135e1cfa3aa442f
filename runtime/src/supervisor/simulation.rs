//! A world for the core to live in: children, clocks and clients that are only data. Scripts play
//! in it by hand, the random walk at random.

pub(super) mod plans;
pub(super) mod world;
