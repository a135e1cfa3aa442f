//! `pidproxy`; see `runtime::pidproxy`.

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime::main_pidproxy()
}
