//! The product's `supervisord`, under a name that does not collide with it, so that the integration tests
//! have its path.

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime::main_supervisord()
}
