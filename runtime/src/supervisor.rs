//! The supervision core: messages in, actions out. No I/O, no clock, no runtime.
//!
//! A driver owns one `Supervisor`, made with `Supervisor::new(plan: Arc<Plan>, serial: u64)` where
//! `serial` is the next event serial (0 at first). It hands in messages with
//! `handle(&mut self, message: Message, now: Now) -> Vec<Action>`, executes the actions in order,
//! and sends [`message::Message::Deadline`] when the monotonic clock reaches
//! `deadline(&self) -> Option<Duration>`; `None` means there is nothing to wake up for.

pub mod command;
pub mod message;
pub mod quote;
