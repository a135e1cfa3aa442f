//! supervisorctl, the control client: its command line, its shell, its actions. What the daemon
//! answers is defined in `rpc`, how a configuration is read in `compiler`.

mod actions;
mod client;
mod completion;
mod console;
mod explain;
pub mod generated;
mod options;
mod session;
mod settings;
mod shell;
mod target;
mod waiter;

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

use client::Http;
use compiler::host::system::SystemHost;
use compiler::program;
use compiler::schema::sample;
use console::Terminal;
use session::Session;
use waiter::Waiter;

/// The program `supervisorctl`. `args` start with the name the program was called by.
pub fn main_supervisorctl(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut args = args.into_iter().map(|arg| arg.to_string_lossy().into_owned());
    let name = args.next().unwrap_or_else(|| "supervisorctl".to_owned());
    let program = program::called(&SystemHost, &name);
    let options = match options::parse(&program, &args.collect::<Vec<_>>()) {
        Ok(options) => options,
        Err(early) => return early.exit(),
    };
    let settings = match settings::load(&SystemHost, &program, &options) {
        Ok(settings) => settings,
        Err(refused) => return options::refuse(&program, &refused),
    };
    let interactive = options.interactive || options.words.is_empty();
    let waiter = Waiter::default();
    let daemon = Box::new(Http::new(waiter.clone()));
    let mut session = Session::new(settings, interactive, daemon, Box::new(Terminal::new(waiter)));
    if options.words.is_empty() {
        shell::run(session);
        return ExitCode::SUCCESS;
    }
    session.run(&options.words.join(" "));
    session.end()
}

/// The program `echo_supervisord_conf`, which prints a configuration to start from; its arguments
/// are ignored (CFG-428).
#[must_use]
pub fn main_echo_supervisord_conf() -> ExitCode {
    // Where this cannot be written, no complaint can be either.
    let _ = std::io::stdout().write_all(sample::sample().as_bytes());
    ExitCode::SUCCESS
}
