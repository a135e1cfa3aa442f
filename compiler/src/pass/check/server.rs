//! `[inet_http_server]` and `[unix_http_server]` (CFG-178 to CFG-184).

use super::reader::Slots;
use super::{Checked, Context, Reader, of_kind};
use crate::diagnostic::{Diagnostics, codes};
use crate::pass::resolve::Scope;
use crate::plan::{Credentials, Listen, ServerPlan};
use crate::schema::row_of;
use crate::schema::section::{InetServer, SectionKind, UnixServer};
use crate::schema::value::Secret;
use crate::settings::Typed;

/// Reads the servers: all inet ones, then all UNIX ones.
pub(super) fn servers(context: &Context<'_>, checked: &mut Checked, diagnostics: &mut Diagnostics) {
    for (index, section) in of_kind(context.document, SectionKind::InetServer) {
        let mut reader = Reader::new(context, section);
        let options = inet(&mut reader);
        diagnostics.extend(reader.found);
        checked.servers.push(ServerPlan {
            section: section.name.to_string(),
            listen: Listen::Inet { host: options.port.host.clone(), port: options.port.port },
            credentials: credentials(options.username.as_ref(), options.password.as_ref()),
        });
        checked.typed[index] = Typed::InetServer(Box::new(options));
    }
    for (index, section) in of_kind(context.document, SectionKind::UnixServer) {
        let mut reader = Reader::new(context, section);
        let options = unix(&mut reader);
        diagnostics.extend(reader.found);
        checked.servers.push(ServerPlan {
            section: section.name.to_string(),
            listen: Listen::Unix {
                file: options.file.clone(),
                chmod: mode(options.chmod),
                chown: options.chown.clone(),
            },
            credentials: credentials(options.username.as_ref(), options.password.as_ref()),
        });
        checked.typed[index] = Typed::UnixServer(Box::new(options));
    }
}

fn inet(reader: &mut Reader<'_>) -> InetServer {
    const PORT: usize = row_of(InetServer::OPTIONS, "port");
    let context = reader.context;
    let mut options = InetServer::default();
    let slots = reader.slots(0);
    let scope = Scope { here: None, ..context.daemon_scope() };
    reader.read(&mut options, &slots, 0..PORT, &scope);
    authentication(
        reader,
        slots[row_of(InetServer::OPTIONS, "username")],
        slots[row_of(InetServer::OPTIONS, "password")],
    );
    required(reader, &slots, PORT, "port", "port = 127.0.0.1:9001");
    reader.read(&mut options, &slots, PORT..PORT + 1, &scope);
    options
}

fn unix(reader: &mut Reader<'_>) -> UnixServer {
    const FILE: usize = row_of(UnixServer::OPTIONS, "file");
    const CHOWN: usize = row_of(UnixServer::OPTIONS, "chown");
    const CHMOD: usize = row_of(UnixServer::OPTIONS, "chmod");
    let context = reader.context;
    let mut options = UnixServer::default();
    let slots = reader.slots(0);
    reader.read(&mut options, &slots, FILE..FILE + 1, &context.daemon_scope());
    required(reader, &slots, FILE, "file", "file = /run/supervisor.sock");
    let scope = Scope { here: None, ..context.daemon_scope() };
    reader.read(&mut options, &slots, FILE + 1..CHOWN, &scope);
    authentication(
        reader,
        slots[row_of(UnixServer::OPTIONS, "username")],
        slots[row_of(UnixServer::OPTIONS, "password")],
    );
    reworded(reader, &mut options, &slots, CHOWN, &scope, "Invalid sockchown value");
    reworded(reader, &mut options, &slots, CHMOD, &scope, "Invalid chmod value");
    options
}

/// Reads an option whose errors the original words as `what` and the expanded value.
pub(super) fn reworded<S: crate::schema::Section>(
    reader: &mut Reader<'_>,
    into: &mut S,
    slots: &Slots,
    row: usize,
    scope: &Scope<'_>,
    what: &str,
) {
    let Some(written) = slots[row] else { return };
    let raw = reader.text(&written);
    let label = format!("{}.{}", reader.section.name, S::ROWS[row].name);
    let Some(text) = reader.expand(&raw, &written, scope, &label) else { return };
    let before = reader.found.len();
    reader.set(into, row, &written, &raw, &text);
    if let Some(finding) = reader.found.get_mut(before) {
        finding.original = Some(format!("{what} {}", text.text));
    }
}

/// A user name without a password, or the other way round (CFG-183).
fn authentication(
    reader: &mut Reader<'_>,
    username: Option<crate::pass::outline::Written>,
    password: Option<crate::pass::outline::Written>,
) {
    let (there, missing) = match (username, password) {
        (Some(username), None) => (username, "password"),
        (None, Some(password)) => (password, "username"),
        _ => return,
    };
    let name = &reader.section.name;
    let original = format!(
        "Section [{name}] contains incomplete authentication: If a username or a password is \
         specified, both the username and password must be specified"
    );
    let message = format!("`[{name}]` has no `{missing}`");
    let span = there.entry(reader.context.sources).key;
    reader.error(codes::INCOMPLETE_AUTHENTICATION, span, message, &original).help =
        Some(format!("add `{missing}`"));
}

fn required(reader: &mut Reader<'_>, slots: &Slots, row: usize, name: &str, example: &str) {
    if slots[row].is_none() {
        let section = &reader.section.name;
        let original = format!("section [{section}] has no {name} value");
        let message = format!("`[{section}]` has no `{name}`");
        let span = reader.span(None);
        reader.error(codes::MISSING_OPTION, span, message, &original).help =
            Some(format!("add `{example}`"));
    }
}

/// An empty user name turns authentication off (CFG-184).
fn credentials(username: Option<&String>, password: Option<&Secret>) -> Option<Credentials> {
    let username = username.filter(|username| !username.is_empty())?.clone();
    Some(Credentials { username, password: password?.clone() })
}

/// A mode as the system takes it; the signs and bits the original drops are dropped.
pub(super) fn mode(octal: i64) -> u32 {
    u32::try_from(octal & 0o7777).unwrap_or_default()
}
