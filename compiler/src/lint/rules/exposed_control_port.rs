//! SV039: a control port or socket open to others.

use crate::diagnostic::{Diagnostic, Fix, codes};
use crate::lint::view::{Kind, Section};
use crate::lint::{Depth, Example, LintContext, Mended, Meta, Rule, text};

/// A control port or socket open to others.
pub(super) struct ExposedControlPort;

static META: Meta = Meta {
    code: codes::EXPOSED_CONTROL_PORT,
    depth: Depth::Plan,
    what: "Finds inet servers that listen beyond the loopback without a password or with one from \
           the documentation, and UNIX sockets without a password that everybody may write to. On \
           the machine itself it also finds clear passwords in a file that everybody may read, and a \
           daemon that would keep the rights of root because it has no `user`.",
    why: "Whoever reaches the port may run commands as the daemon's user; such ports are searched \
          for and used to install miners.",
    remedy: "Listen on `127.0.0.1`, set a user name and a password of your own, and leave the socket \
             at 0700. Write the password as `{SHA}` and its SHA-1, or take the file from others. Set \
             `user`, to root if it is meant.",
    seen: &["docker-galaxy#391", "CVE-2017-11610", "social-feed-manager#225"],
    examples: &[
        Example {
            bad: "[inet_http_server]\nport=*:9001\n[rpcinterface:supervisor]\n\
                  supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n",
            good: "[inet_http_server]\nport=127.0.0.1:9001\n[rpcinterface:supervisor]\n\
                   supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n",
            mended: Mended::Unsafely,
        },
        Example {
            bad: "[unix_http_server]\nfile=/run/sv.sock\nchmod=0777\n[rpcinterface:supervisor]\n\
                  supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n",
            good: "[unix_http_server]\nfile=/run/sv.sock\nchmod=0700\n[rpcinterface:supervisor]\n\
                   supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n",
            mended: Mended::Unsafely,
        },
    ],
    clean: &[
        "[inet_http_server]\nport=*:9001\nusername=ops\npassword=%(ENV_SECRET_OPS)s\n[rpcinterface:supervisor]\n\
              supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n",
    ],
};

/// Passwords everybody tries first.
const WELL_KNOWN: [&str; 8] =
    ["123", "1234", "12345", "123456", "password", "admin", "user", "thepassword"];

impl Rule for ExposedControlPort {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, cx: &mut LintContext<'_>) {
        let config = cx.config;
        for section in config.sections() {
            let found = if section.kind == Kind::InetServer {
                exposed_port(cx, section)
            } else if section.kind == Kind::UnixServer {
                exposed_socket(cx, section)
            } else {
                None
            };
            found.into_iter().for_each(|finding| cx.report(finding));
        }
        if cx.policy.depth == Depth::Host {
            let found = readable_passwords(cx).into_iter().chain(kept_root(cx));
            found.collect::<Vec<_>>().into_iter().for_each(|finding| cx.report(finding));
        }
    }
}

/// Passwords in the clear in files that everybody may read.
fn readable_passwords(cx: &LintContext<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for section in cx.config.sections() {
        let serves = section.kind == Kind::InetServer || section.kind == Kind::UnixServer;
        // The client has to send its own in the clear.
        let help = match section.kind == Kind::Ctl {
            true => "take the file from others with `chmod o-r`",
            false if serves => {
                "take the file from others with `chmod o-r`, or write `{SHA}` and the SHA-1"
            }
            false => continue,
        };
        let Some(password) = section.own("password") else { continue };
        let value = &*password.value;
        let path = cx.host.working_dir().join(cx.config.sources.path(password.file()));
        let readable = || cx.host.mode(&path).is_some_and(|mode| mode & 0o004 != 0);
        let clear = !value.is_empty() && !value.starts_with("{SHA}") && !text::is_template(value);
        if clear && readable() {
            let message = "everybody on this machine can read this password";
            found.push(cx.finding(password.key_span(), message).help(help));
        }
    }
    found
}

/// A daemon started by root that says nothing of it.
fn kept_root(cx: &LintContext<'_>) -> Option<Diagnostic> {
    let daemon = cx.config.section("supervisord")?;
    let silent = daemon.get("user").is_none() && !cx.policy.user_given && !cx.policy.fragment;
    let found = cx.advice(daemon.header(), "this daemon and its programs run as root");
    (silent && cx.host.uid() == 0)
        .then(|| found.help("set `user` in `[supervisord]`, to root if it is meant"))
}

fn exposed_port(cx: &LintContext<'_>, server: &Section<'_>) -> Option<Diagnostic> {
    let written = server.get("port")?;
    let (host, port) = written.value.rsplit_once(':').unwrap_or(("", &written.value));
    if host == "localhost" || host.starts_with("127.") || text::is_template(host) {
        return None;
    }
    let loopback = format!("127.0.0.1:{}", port.trim());
    let fix = Fix::risky("listen on the loopback alone", vec![(written.span(), loopback)]);
    if server.value("username").is_none_or(str::is_empty) {
        let message = "this server gives control of the daemon to everybody who reaches it";
        return Some(
            cx.finding(written.span(), message)
                .help("listen on `127.0.0.1`, or set `username` and `password`")
                .fixed_by(fix),
        );
    }
    let password =
        server.get("password").filter(|password| WELL_KNOWN.contains(&&*password.value))?;
    let found = cx.finding(password.key_span(), "this password is among the first that are tried");
    Some(found.help("set a password of your own"))
}

fn exposed_socket(cx: &LintContext<'_>, server: &Section<'_>) -> Option<Diagnostic> {
    let written = server.get("chmod")?;
    let mode = u32::from_str_radix(written.value.trim().trim_start_matches("0o"), 8).ok()?;
    if mode & 0o002 == 0 || server.value("username").is_some_and(|name| !name.is_empty()) {
        return None;
    }
    let fix = Fix::risky("open it to its owner alone", vec![(written.span(), "0700".to_owned())]);
    Some(
        cx.finding(written.span(), "this socket gives control of the daemon to every local user")
            .help("set `chmod=0700`, or 0770 with `chown`")
            .fixed_by(fix),
    )
}
