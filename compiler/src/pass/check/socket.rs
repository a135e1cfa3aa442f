//! `[fcgi-program:x]`: processes that share one socket (CFG-243 to CFG-252).

use std::sync::Arc;

use super::program::{Builder, finish, program_part};
use super::server::{mode, reworded};
use super::{Context, Draft, Reader, group};
use crate::diagnostic::{Severity, codes};
use crate::pass::outline::{Section as WrittenSection, Written};
use crate::pass::resolve::Scope;
use crate::plan::{GroupKind, Owner, SocketPlan};
use crate::schema::row_of;
use crate::schema::section::{Program, SectionKind, Socket};
use crate::schema::value::{Invalid, SocketAddress, absolute};
use crate::settings::Made;

const BACKLOG: usize = row_of(Socket::OPTIONS, "socket_backlog");
const OWNER: usize = row_of(Socket::OPTIONS, "socket_owner");
const MODE: usize = row_of(Socket::OPTIONS, "socket_mode");
const SOCKET: usize = row_of(Socket::OPTIONS, "socket");

pub(super) fn fcgi(context: &Context<'_>, section: &WrittenSection) -> Draft {
    let mut reader = Reader::new(context, section);
    let name = group::name(&mut reader, false);
    let (socket, plan) = read(&mut reader, &name);

    reader.suffixed = true;
    let part = program_part(section);
    let slots = reader.slots(part);
    let mut builder = Builder::new(&mut reader, slots, name.clone(), &name);
    builder.options(row_of(Program::OPTIONS, "priority"));
    let built = builder.processes();
    let draft = finish(&name, socket.priority, GroupKind::Fcgi(Box::new(plan)), built, reader);
    Draft { made: Made { socket: Some(Box::new(socket)), ..draft.made }, ..draft }
}

/// The socket of an `[fcgi-program:x]` that a group names. The original ignores it there, right or
/// wrong (CFG-254); a wrong one is still ignored.
pub(super) fn of_member(
    context: &Context<'_>,
    section: &WrittenSection,
    name: &Arc<str>,
) -> Option<Arc<SocketPlan>> {
    if section.kind != Some(SectionKind::Fcgi) {
        return None;
    }
    let mut reader = Reader::new(context, section);
    let (_, plan) = read(&mut reader, name);
    reader.found.iter().all(|found| found.severity != Severity::Error).then(|| Arc::new(plan))
}

/// The options of the socket, and what they come to.
fn read(reader: &mut Reader<'_>, name: &Arc<str>) -> (Socket, SocketPlan) {
    let scope = reader.context.daemon_scope();
    let slots = reader.slots(0);
    let mut socket = Socket::default();
    reader.read(&mut socket, &slots, 0..BACKLOG, &scope);
    reader.read(&mut socket, &slots, BACKLOG..OWNER, &scope);
    backlog(reader, &socket, slots[BACKLOG]);
    reworded(reader, &mut socket, &slots, OWNER, &scope, "Invalid socket_owner value");
    reworded(reader, &mut socket, &slots, MODE, &scope, "Invalid socket_mode value");
    let named = Scope { program: Some(name), ..scope };
    reader.read(&mut socket, &slots, SOCKET..SOCKET + 1, &named);
    let plan = plan(reader, &socket, slots[SOCKET], [slots[OWNER], slots[MODE]]);
    (socket, plan)
}

fn backlog(reader: &mut Reader<'_>, socket: &Socket, written: Option<Written>) {
    if let Some(backlog) = socket.socket_backlog.filter(|backlog| !(1..=65535).contains(backlog)) {
        let original = format!("Invalid socket_backlog value {backlog}");
        let span = reader.span(written);
        reader
            .error(codes::OUT_OF_RANGE, span, "the queue length is out of range", &original)
            .help = Some("write a number from 1 to 65535".to_owned());
    }
}

fn plan(
    reader: &mut Reader<'_>,
    socket: &Socket,
    written: Option<Written>,
    [owner, mode_]: [Option<Written>; 2],
) -> SocketPlan {
    let section = reader.section.name.clone();
    let address = match written {
        Some(written) if !reader.passed(&written) => None,
        Some(written) if !socket.socket.is_empty() => {
            let other = owner.or(mode_).filter(|_| !socket.socket.starts_with("unix://"));
            match other.map_or_else(|| address(&socket.socket, reader), |_| Err(not_a_file())) {
                Ok(address) => Some(address),
                Err(mut invalid) => {
                    invalid.original.push_str(&format!(" in [{section}] socket"));
                    reader.invalid(&other.unwrap_or(written), invalid, false);
                    None
                }
            }
        }
        written => {
            let original = format!("[{section}] section requires a \"socket\" line");
            let message = format!("`[{section}]` has no `socket`");
            let span = reader.span(written);
            reader.error(codes::MISSING_OPTION, span, message, &original).help =
                Some("add `socket = unix:///run/name.sock`".to_owned());
            None
        }
    };
    let address = address.unwrap_or_else(|| SocketAddress::Unix("/".into()));
    let unix = matches!(address, SocketAddress::Unix(_));
    let owner = socket.socket_owner.clone().or_else(|| default_owner(reader, socket));
    SocketPlan {
        backlog: socket.socket_backlog.and_then(|backlog| u16::try_from(backlog).ok()),
        owner: owner.filter(|_| unix),
        mode: unix.then(|| mode(socket.socket_mode.unwrap_or(0o700))),
        address,
    }
}

/// A section that runs as another user gives it the socket (CFG-249).
fn default_owner(reader: &Reader<'_>, socket: &Socket) -> Option<Owner> {
    let user = socket.user.as_ref()?;
    let found = reader.context.inquiry.user(&user.name).ok()?;
    match found {
        Some(found) if Some(found.uid) == reader.context.inquiry.uid() => None,
        found => {
            let ids = found.map(|found| (found.uid, Some(found.gid)));
            Some(Owner { text: user.name.clone(), ids })
        }
    }
}

/// CFG-251.
fn not_a_file() -> Invalid {
    Invalid::new(
        codes::BAD_SOCKET,
        "only a UNIX socket has an owner and a mode",
        "socket_owner and socket_mode params should only be used with a Unix domain socket",
    )
    .help("remove it")
}

/// CFG-244 to CFG-246.
fn address(text: &str, reader: &Reader<'_>) -> Result<SocketAddress, Invalid> {
    let quoted = grammar::python_repr(text);
    if let Some(path) = text.strip_prefix("unix://") {
        if !path.starts_with('/') {
            let quoted = grammar::python_repr(path);
            return Err(Invalid::new(
                codes::BAD_SOCKET,
                format!("`{path}` is not an absolute path"),
                format!("('Unix socket path %s is not an absolute path', {quoted})"),
            )
            .help("write `unix://` and a path that begins with a slash"));
        }
        let base = reader.context.inquiry.working_dir();
        return Ok(SocketAddress::Unix(absolute(&base, path)));
    }
    let parts = text.strip_prefix("tcp://").and_then(|rest| rest.split_once(':'));
    let well_formed = parts.filter(|(host, port)| {
        let port = port.strip_suffix('\n').unwrap_or(port);
        !host.is_empty()
            && !host.contains(grammar::is_space)
            && !port.is_empty()
            && port.chars().all(char::is_numeric)
    });
    let Some((host, port)) = well_formed else {
        return Err(Invalid::new(
            codes::BAD_SOCKET,
            format!("`{text}` is not the address of a socket"),
            format!("('Bad socket format %s', {quoted})"),
        )
        .help("write `unix:///path` or `tcp://host:port`"));
    };
    let port = i64::from(
        crate::schema::value::port(port)
            .map_err(|invalid| Invalid { code: codes::BAD_SOCKET, ..invalid })?,
    );
    Ok(SocketAddress::Tcp {
        host: host.to_lowercase(),
        port: u16::try_from(port).unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::host::memory::MemoryHost;

    /// The address of the socket that the program of a `[group:g]` has, and of its group.
    fn check(socket: &str, expected: Option<&str>) {
        let text = format!(
            "[supervisord]\n[group:g]\nprograms=f\n[fcgi-program:f]\ncommand=/bin/f\n{socket}\n"
        );
        let host = MemoryHost::new([("/supervisord.conf", text)]);
        let options = crate::Options::default();
        let plan = crate::compile(&host, Path::new("/supervisord.conf"), &options).plan.unwrap();
        assert_eq!(plan.groups[0].kind, GroupKind::Program);
        let found = plan.groups[0].processes[0].socket.as_ref().map(|socket| &socket.address);
        let expected = expected.map(|path| SocketAddress::Unix(path.into()));
        assert_eq!(found, expected.as_ref(), "{socket}");
    }

    #[test]
    fn a_program_in_a_group_keeps_its_socket() {
        // RUN-411; CFG-254, CFG-489: a wrong one is no error there.
        check("socket=unix:///run/%(program_name)s.sock", Some("/run/f.sock"));
        check("socket=garbage", None);
        check("", None);
    }
}
