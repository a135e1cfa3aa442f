//! The one integration test binary: every test drives the real programs from outside.

mod actions;
mod answers;
mod boot;
mod bytes;
mod calls;
mod ci;
mod cli;
mod clients;
mod commands;
mod completions;
mod container;
mod corpus;
mod events;
mod faults;
mod fcgi;
mod generated;
mod guide;
mod handler;
mod http;
mod language;
mod lifecycle;
mod listeners;
mod load;
mod oracle;
mod pidproxy;
mod plugins;
mod programs;
mod rehearsal;
mod reload;
mod schemas;
mod shell;
mod shutdown;
mod start;
mod states;
mod streams;
mod syslog;
mod targets;
mod tidy;
mod tools;
mod unruly;
mod web;

use harness::Installation;

/// The programs of this workspace.
fn ours() -> Installation {
    Installation {
        label: "ours",
        supervisord: env!("CARGO_BIN_EXE_supervisord-under-test").into(),
        supervisorctl: env!("CARGO_BIN_EXE_supervisorctl-under-test").into(),
    }
}

/// The compiler's program.
fn supervisorc() -> &'static std::path::Path {
    std::path::Path::new(env!("CARGO_BIN_EXE_supervisorc-under-test"))
}

/// Ours, and the original where it is installed: what is asserted of both is compatible.
fn both() -> impl Iterator<Item = Installation> {
    [ours()].into_iter().chain(Installation::oracle())
}

/// The programmable child, for `command=`.
fn child() -> &'static str {
    env!("CARGO_BIN_EXE_child")
}

/// The root of the workspace.
fn workspace() -> std::path::PathBuf {
    let tests = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("a workspace above the crate").to_owned()
}
