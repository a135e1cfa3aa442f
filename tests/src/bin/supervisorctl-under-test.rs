//! The product's `supervisorctl`, under a name that does not collide with it, so that the integration tests
//! have its path.

use std::process::ExitCode;

fn main() -> ExitCode {
    ctl::main_supervisorctl(std::env::args_os())
}
