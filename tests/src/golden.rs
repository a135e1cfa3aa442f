//! Committed transcripts of the original, in `tests/golden`: what is compared with them is compared
//! with the original even where no Python is.

use std::fs;
use std::path::Path;

use crate::installation::Installation;
use crate::redact::same_text;

/// Asserts that `transcript` is the one that is committed as `name`.
///
/// With `UPDATE=1`, one whose `players` are all the original is committed in its place first.
///
/// # Panics
///
/// When it is another one, or none is committed.
#[track_caller]
pub fn same_as_committed(name: &str, transcript: &str, players: &[&Installation]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(name);
    let is_original = players.iter().all(|player| player.is_original());
    if is_original && std::env::var_os("UPDATE").is_some() {
        fs::write(&path, transcript).expect("the transcript");
    }
    same_text(&fs::read_to_string(&path).expect("the transcript"), transcript);
}
