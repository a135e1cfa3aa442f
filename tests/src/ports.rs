//! Ports for the servers of a test.

use std::net::{Ipv4Addr, TcpListener};
use std::process;
use std::sync::atomic::{AtomicU16, Ordering};

/// Where they are looked for: below those the system gives to whoever names none.
const FIRST: u16 = 10_000;
const COUNT: u16 = 20_000;

/// A port of this machine nobody listens on, and which no other test gets: between this and the
/// moment its server binds it, nobody takes it.
///
/// # Panics
///
/// When all of them are taken.
pub fn free_port() -> u16 {
    static GIVEN: AtomicU16 = AtomicU16::new(0);
    // Other tests at the same time begin elsewhere.
    let start = process::id() % u32::from(COUNT);
    let candidates = (0..COUNT).map(|_| {
        let given = u32::from(GIVEN.fetch_add(1, Ordering::Relaxed));
        FIRST + u16::try_from((start + given) % u32::from(COUNT)).expect("less than the count")
    });
    let mut free =
        candidates.filter(|port| TcpListener::bind((Ipv4Addr::UNSPECIFIED, *port)).is_ok());
    free.next().expect("a free port")
}
