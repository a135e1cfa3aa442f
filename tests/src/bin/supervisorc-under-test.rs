//! The product's `supervisorc`, under a name that does not collide with it, so that the integration
//! tests have its path.

use std::process::ExitCode;

fn main() -> ExitCode {
    compiler::cli::supervisorc(std::env::args_os())
}
