//! The binary `supervisorctl`; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    ctl::main_supervisorctl(std::env::args_os())
}
