//! `supervisorc`: the commands of the compiler without a daemon.

use std::process::ExitCode;

fn main() -> ExitCode {
    compiler::cli::supervisorc(std::env::args_os())
}
