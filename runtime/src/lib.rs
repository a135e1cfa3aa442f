//! The daemon: a pure core that supervises, the driver that does what it says, and the servers
//! through which clients watch and steer.

pub mod activity;
pub mod api;
mod args;
mod cli;
pub mod clock;
mod driver;
pub mod events;
pub mod http;
pub mod link;
pub mod logs;
mod manual;
mod origin;
pub mod os;
mod overrides;
mod pidfile;
mod pidproxy;
mod predecessor;
mod quote;
mod rehearsal;
mod serve;
pub mod site;
mod start;
pub mod supervisor;
pub mod web;

pub use cli::main_supervisord;
pub use manual::page as manual_page;
pub use pidproxy::main_pidproxy;
