//! The program `echo_supervisord_conf`: prints a configuration to start from (CFG-428 to CFG-431).

use std::io::Write as _;
use std::process::ExitCode;

/// The program `echo_supervisord_conf`; arguments are ignored.
#[must_use]
pub fn main_echo_supervisord_conf() -> ExitCode {
    // Nobody can be told that nobody listens.
    let _ = std::io::stdout().write_all(include_bytes!("sample.conf"));
    ExitCode::SUCCESS
}
