//! The daemon: a pure core that supervises, the driver that does what it says, and the servers
//! through which clients watch and steer.

pub mod activity;
pub mod api;
pub mod clock;
pub mod events;
pub mod http;
pub mod link;
pub mod logs;
pub mod os;
pub mod site;
pub mod supervisor;
pub mod web;
