//! Saying what a run does not test, where something it needs is not there.

use std::io::{self, Write as _};

/// Tells it on the terminal, past whatever keeps the output of tests that pass.
pub fn not_tested(why: &str) {
    let told = writeln!(io::stderr(), "NOT TESTED: {why}");
    told.expect("a terminal to tell it on");
}
