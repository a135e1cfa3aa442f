//! The binary `echo_supervisord_conf`; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    ctl::main_echo_supervisord_conf()
}
