//! The configuration tests start from, and how they change it.

use crate::sandbox::Sandbox;

/// The head of a configuration every test can put its programs under: a UNIX socket at `s.sock`,
/// all files in the sandbox, `conf.d/*.conf` included.
pub const HEAD: &str = "\
[supervisord]
logfile=%(here)s/supervisord.log
pidfile=%(here)s/supervisord.pid
childlogdir=%(here)s
nodaemon=true
loglevel=debug

[unix_http_server]
file=%(here)s/s.sock

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

[supervisorctl]
serverurl=unix://%(here)s/s.sock

[include]
files=conf.d/*.conf
";

/// A sandbox whose `supervisord.conf` is [`HEAD`] and these sections.
pub fn configured(sections: &str) -> Sandbox {
    configured_as(HEAD, sections)
}

/// A sandbox whose `supervisord.conf` is this head and these sections.
pub fn configured_as(head: &str, sections: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("supervisord.conf", format!("{head}\n{sections}"));
    sandbox
}

/// `head` with `options`, one a line, in one of its sections; they replace those of the same names.
///
/// # Panics
///
/// When it has no such section.
pub fn with_options(head: &str, section: &str, options: &str) -> String {
    let header = format!("[{section}]\n");
    let (before, rest) = head.split_once(&header).expect("a section of the head");
    let (body, after) = rest.split_at(rest.find("\n[").unwrap_or(rest.len()));
    let replaced = |line: &str| options.lines().any(|option| name(option) == name(line));
    let kept = body.lines().filter(|line| !line.is_empty() && !replaced(line));
    let body: String = kept.chain(options.lines()).map(|line| format!("{line}\n")).collect();
    format!("{before}{header}{body}{after}")
}

/// [`HEAD`] with `options`, one a line, in `[supervisord]`; they replace those of the same names.
pub fn head_with(options: &str) -> String {
    with_options(HEAD, "supervisord", options)
}

fn name(line: &str) -> &str {
    line.split('=').next().unwrap_or(line).trim()
}

#[cfg(test)]
mod tests {
    use super::with_options;

    #[test]
    fn options_replace_those_of_their_names() {
        let head = "[a]\nx=1\ny=2\n\n[b]\nx=3\n";
        assert_eq!(with_options(head, "a", "y=5\nz=6"), "[a]\nx=1\ny=5\nz=6\n\n[b]\nx=3\n");
        assert_eq!(with_options(head, "b", "x=4"), "[a]\nx=1\ny=2\n\n[b]\nx=4\n");
    }
}
