//! SV038: a supervisorctl that cannot talk to this daemon.

use grammar::Span;

use crate::diagnostic::{Diagnostic, codes};
use crate::lint::view::{Config, Kind, Section};
use crate::lint::{Depth, Example, LintContext, Mended, Meta, Rule, text};

/// A supervisorctl that cannot talk to this daemon.
pub(super) struct CtlCannotReachDaemon;

static META: Meta = Meta {
    code: codes::CTL_CANNOT_REACH_DAEMON,
    depth: Depth::Plan,
    what: "Finds a server without `[rpcinterface:supervisor]`, and a `[supervisorctl]` whose \
           `serverurl`, user name or password fits no server of the file.",
    why: "supervisorctl fails with `refused connection`, `no such file` or an authentication error, \
          or every command of it with `unknown method`.",
    remedy: "Write `[rpcinterface:supervisor]` with the stock factory, and in `[supervisorctl]` the \
             address and credentials of a server.",
    seen: &["#480", "#1084", "#1409", "#851"],
    examples: &[
        Example {
            bad: "[unix_http_server]\nfile=/run/sv.sock\n[supervisorctl]\nserverurl=unix:///run/sv.sock\n",
            good: "[unix_http_server]\nfile=/run/sv.sock\n[supervisorctl]\nserverurl=unix:///run/sv.sock\n\
                   [rpcinterface:supervisor]\nsupervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n",
            mended: Mended::ByHand,
        },
        Example {
            bad: "[unix_http_server]\nfile=/run/sv.sock\n[supervisorctl]\nserverurl=unix:///tmp/sv.sock\n\
                  [rpcinterface:supervisor]\nsupervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n",
            good: "[unix_http_server]\nfile=/run/sv.sock\n[supervisorctl]\nserverurl=unix:///run/sv.sock\n\
                   [rpcinterface:supervisor]\nsupervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n",
            mended: Mended::ByHand,
        },
    ],
    clean: &["[inet_http_server]\nport=127.0.0.1:9001\n[supervisorctl]\n\
              [rpcinterface:supervisor]\nsupervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n"],
};

impl Rule for CtlCannotReachDaemon {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, cx: &mut LintContext<'_>) {
        // What a part of a configuration lacks stands elsewhere.
        if cx.policy.fragment {
            return;
        }
        let config = cx.config;
        let servers: Vec<&Section<'_>> =
            config.of_kind(Kind::InetServer).chain(config.of_kind(Kind::UnixServer)).collect();
        if let (Some(server), None) = (servers.first(), config.section("rpcinterface:supervisor")) {
            let found = cx
                .finding(server.header(), "this server answers no command of supervisorctl")
                .help("add `[rpcinterface:supervisor]` with `supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface`");
            cx.report(found);
        }
        if let Some(found) =
            config.section("supervisorctl").and_then(|ctl| mismatch(cx, config, ctl, &servers))
        {
            cx.report(found);
        }
    }
}

fn mismatch(
    cx: &LintContext<'_>,
    config: &Config<'_>,
    ctl: &Section<'_>,
    servers: &[&Section<'_>],
) -> Option<Diagnostic> {
    // A file for supervisorctl alone says nothing of the daemon.
    config.section("supervisord")?;
    let url = ctl.value("serverurl").unwrap_or("http://localhost:9001");
    let place = ctl.get("serverurl").map_or(ctl.header(), |written| written.whole());
    if servers.is_empty() {
        return Some(
            cx.finding(place, "this daemon has no server for supervisorctl to talk to")
                .help("add `[unix_http_server]` with a `file`"),
        );
    }
    let address = Address::of_url(url)?;
    if matches!(&address, Address::Inet { host, .. } if matches!(host.as_str(), "*" | "0.0.0.0" | ""))
    {
        return Some(
            cx.finding(place, format!("`{url}` names no host"))
                .help("write `http://localhost:PORT`"),
        );
    }
    let addresses: Option<Vec<Address>> =
        servers.iter().map(|server| Address::of_server(server)).collect();
    let at = addresses?.iter().position(|server| server.answers(&address));
    match at {
        Some(at) => credentials(cx, ctl, servers[at], place),
        None if matches!(address, Address::Inet { ref host, .. } if !is_local(host)) => None,
        None => Some(
            cx.finding(place, format!("no server of this file listens at `{url}`"))
                .also(servers[0].header(), "listens elsewhere"),
        ),
    }
}

fn credentials(
    cx: &LintContext<'_>,
    ctl: &Section<'_>,
    server: &Section<'_>,
    place: Span,
) -> Option<Diagnostic> {
    let wanted = (server.value("username")?, server.value("password")?);
    let given = (ctl.value("username"), ctl.value("password"));
    let told = [Some(wanted.0), Some(wanted.1), given.0, given.1];
    let unknown =
        told.into_iter().flatten().any(text::is_template) || wanted.1.starts_with("{SHA}");
    if unknown || wanted.0.is_empty() || given == (Some(wanted.0), Some(wanted.1)) {
        return None;
    }
    let message = match given {
        (None, _) => "the server asks for a user name and a password",
        _ => "the user name or the password is not the server's",
    };
    Some(cx.finding(place, message).also(server.header(), "asks for them"))
}

/// Where a server listens or a client looks for one.
enum Address {
    Inet { host: String, port: String },
    Unix(String),
}

impl Address {
    fn of_url(url: &str) -> Option<Address> {
        if text::is_template(url) {
            return None;
        }
        if let Some(path) = url.strip_prefix("unix://") {
            return Some(Address::Unix(path.to_owned()));
        }
        let rest = url.strip_prefix("http://")?.trim_end_matches('/');
        let rest = rest.split('/').next().unwrap_or(rest);
        let (host, port) = rest.rsplit_once(':').unwrap_or((rest, "80"));
        Some(Address::Inet { host: host.to_lowercase(), port: port.to_owned() })
    }

    fn of_server(server: &Section<'_>) -> Option<Address> {
        let key = if server.kind == Kind::UnixServer { "file" } else { "port" };
        let value = server.value(key).filter(|value| !text::is_template(value))?;
        if server.kind == Kind::UnixServer {
            return Some(Address::Unix(value.to_owned()));
        }
        let (host, port) = value.rsplit_once(':').unwrap_or(("", value));
        Some(Address::Inet { host: host.to_lowercase(), port: port.to_owned() })
    }

    fn answers(&self, client: &Address) -> bool {
        match (self, client) {
            (Address::Unix(file), Address::Unix(path)) => file == path,
            (Address::Inet { host, port }, Address::Inet { host: asked, port: at }) => {
                let any = matches!(host.as_str(), "" | "*" | "0.0.0.0");
                port == at && (any || host == asked || (is_local(host) && is_local(asked)))
            }
            _ => false,
        }
    }
}

fn is_local(host: &str) -> bool {
    host == "localhost" || host.starts_with("127.")
}
