//! What goes wrong around a daemon, and what it makes of it: the real binary with real children,
//! full disks, stuck readers, empty tables and clocks that jump. Whatever happens, it answers, says why, goes on
//! when the cause is gone, and ends when it is told to.

mod children;
mod commands;
mod crowds;
mod deaths;
mod disks;
mod frozen;
mod limits;
mod stuck;
