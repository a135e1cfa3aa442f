//! One struct a section, one row an option.

mod ctl;
mod group;
mod include;
mod interface;
mod listener;
mod program;
mod server;
mod socket;
mod supervisord;

pub use ctl::Ctl;
pub use group::Group;
pub use include::Include;
pub use interface::{CtlPlugin, Interface};
pub use listener::Listener;
pub use program::Program;
pub use server::{InetServer, UnixServer};
pub use socket::Socket;
pub use supervisord::Supervisord;

use super::SectionSpec;

/// The kinds of section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum SectionKind {
    /// `[supervisord]`.
    Supervisord,
    /// `[unix_http_server]`, with anything after it.
    UnixServer,
    /// `[inet_http_server]`, with anything after it.
    InetServer,
    /// `[supervisorctl]`.
    Ctl,
    /// `[program:x]`.
    Program,
    /// `[eventlistener:x]`.
    Listener,
    /// `[fcgi-program:x]`.
    Fcgi,
    /// `[group:x]`.
    Group,
    /// `[include]`.
    Include,
    /// `[rpcinterface:x]`.
    Interface,
    /// `[ctlplugin:x]`.
    CtlPlugin,
}

/// Every section by its [`SectionKind`].
pub const SECTIONS: [&SectionSpec; 11] = [
    &SectionSpec {
        name: "supervisord",
        doc: "The daemon itself.",
        prefix: false,
        parts: &[Supervisord::OPTIONS],
    },
    &SectionSpec {
        name: "unix_http_server",
        doc: "A control server on a UNIX socket.",
        prefix: true,
        parts: &[UnixServer::OPTIONS],
    },
    &SectionSpec {
        name: "inet_http_server",
        doc: "A control server on a TCP port.",
        prefix: true,
        parts: &[InetServer::OPTIONS],
    },
    &SectionSpec {
        name: "supervisorctl",
        doc: "How `supervisorctl` reaches the daemon.",
        prefix: false,
        parts: &[Ctl::OPTIONS],
    },
    &SectionSpec {
        name: "program:",
        doc: "One command to run and keep running.",
        prefix: true,
        parts: &[Program::OPTIONS],
    },
    &SectionSpec {
        name: "eventlistener:",
        doc: "A pool of processes that are told of events.",
        prefix: true,
        parts: &[Listener::OPTIONS, Program::OPTIONS],
    },
    &SectionSpec {
        name: "fcgi-program:",
        doc: "FastCGI processes that share one socket.",
        prefix: true,
        parts: &[Socket::OPTIONS, Program::OPTIONS],
    },
    &SectionSpec {
        name: "group:",
        doc: "Programs that are started, stopped and updated as one.",
        prefix: true,
        parts: &[Group::OPTIONS],
    },
    &SectionSpec {
        name: "include",
        doc: "Further files.",
        prefix: false,
        parts: &[Include::OPTIONS],
    },
    &SectionSpec {
        name: "rpcinterface:",
        doc: "A namespace of XML-RPC methods.",
        prefix: true,
        parts: &[Interface::OPTIONS],
    },
    &SectionSpec {
        name: "ctlplugin:",
        doc: "Further actions of `supervisorctl`.",
        prefix: true,
        parts: &[CtlPlugin::OPTIONS],
    },
];

impl SectionKind {
    /// The kind of a section called `name`, if anybody reads it.
    pub fn of(name: &str) -> Option<SectionKind> {
        use SectionKind::*;
        let kinds = [
            Supervisord,
            UnixServer,
            InetServer,
            Ctl,
            Program,
            Listener,
            Fcgi,
            Group,
            Include,
            Interface,
            CtlPlugin,
        ];
        kinds.into_iter().find(|kind| kind.spec().claims(name))
    }

    /// Its rows.
    pub fn spec(self) -> &'static SectionSpec {
        SECTIONS[self as usize]
    }

    /// Whether its sections make processes.
    pub fn makes_processes(self) -> bool {
        matches!(self, SectionKind::Program | SectionKind::Listener | SectionKind::Fcgi)
    }
}
