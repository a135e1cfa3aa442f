//! `supervisord`; see `runtime::main_supervisord`.

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime::main_supervisord()
}
