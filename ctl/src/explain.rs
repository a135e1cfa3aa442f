//! Why the daemon could not be reached, as far as the client can tell: which file was read, which
//! URL was tried, what stands at its socket, whether the daemon's process lives.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::Path;

use compiler::Options;
use compiler::host::Host;
use compiler::plan::Listen;

use crate::client::CallError;
use crate::settings::{File, Settings, UrlSource};
use crate::target::{Address, Target};

/// The explanation, several lines.
pub(crate) fn explain(host: &dyn Host, settings: &Settings, error: &CallError) -> String {
    let mut lines = vec![
        format!("cannot reach supervisord: {error}"),
        format!("  configuration: {}", file(&settings.origin.file)),
        format!("  url: {} ({})", settings.target.url, source(settings.origin.url)),
    ];
    if let Ok(Address::Unix(path)) = settings.target.address() {
        lines.push(format!("  socket: {}", socket(&path, error.io_kind())));
    }
    if let File::Named(path) | File::Found(path) = &settings.origin.file {
        lines.extend(daemon(host, path, &settings.target.url));
    }
    lines.join("\n") + "\n"
}

/// Why credentials were not enough, in one line.
pub(crate) fn credentials(settings: &Settings) -> String {
    let Target { url, username, password } = &settings.target;
    match (username, password) {
        (Some(username), Some(_)) => {
            format!("{url} does not accept user `{username}` with the password that is set")
        }
        _ => format!(
            "{url} wants a username and a password: set them by -u and -p or in [supervisorctl]"
        ),
    }
}

/// What the same file says of the daemon, if it is one a daemon would start with.
fn daemon(host: &dyn Host, path: &Path, url: &str) -> Vec<String> {
    let Some(plan) = compiler::compile(host, path, &Options::default()).plan else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    let urls: Vec<_> = plan.servers.iter().map(|server| listening(&server.listen)).collect();
    if !urls.iter().any(|known| known == url) {
        let urls = if urls.is_empty() { "nowhere".to_owned() } else { urls.join(", ") };
        lines.push(format!("  servers of this configuration: {urls}"));
    }
    lines.push(format!("  process: {}", process(&plan.supervisord.pidfile)));
    lines
}

fn listening(listen: &Listen) -> String {
    match listen {
        Listen::Inet { host, port } if host.is_empty() => format!("http://localhost:{port}"),
        Listen::Inet { host, port } => format!("http://{host}:{port}"),
        Listen::Unix { file, .. } => format!("unix://{}", file.display()),
    }
}

fn file(file: &File) -> String {
    match file {
        File::Named(path) => format!("`{}` (named by -c)", path.display()),
        File::Found(path) => format!("`{}` (found in a usual place)", path.display()),
        File::Missing(places) => {
            let places: Vec<_> =
                places.iter().map(|place| format!("`{}`", place.display())).collect();
            format!("none; looked for {}", places.join(", "))
        }
    }
}

fn source(source: UrlSource) -> &'static str {
    match source {
        UrlSource::CommandLine => "named by -s",
        UrlSource::File => "from section [supervisorctl]",
        UrlSource::Default => "the default",
        UrlSource::Open => "named by open",
    }
}

fn socket(path: &Path, failure: Option<io::ErrorKind>) -> String {
    let shown = path.display();
    match fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_socket() => {
            let idle = failure == Some(io::ErrorKind::ConnectionRefused);
            let idle = if idle { ", but nothing listens at it" } else { "" };
            format!("`{shown}` exists{}{idle}", guard(&found))
        }
        Ok(_) => format!("`{shown}` exists but is no socket"),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            format!("`{shown}` does not exist")
        }
        Err(error) => {
            format!("`{shown}` cannot be looked at: {}", crate::client::io_reason(&error))
        }
    }
}

/// Who may use a socket that is not ours: a daemon of root's with the usual mode is root's alone.
fn guard(socket: &fs::Metadata) -> String {
    let (owner, mode) = (socket.uid(), socket.mode() & 0o7777);
    // The directory belongs to who looks at it.
    match fs::metadata("/proc/self").map(|own| own.uid()) {
        Ok(own) if own != owner => {
            format!(" with mode {mode:04o} and belongs to uid {owner}, not to yours ({own})")
        }
        Ok(_) | Err(_) => String::new(),
    }
}

/// What the pid file says and whether it is true.
fn process(pidfile: &Path) -> String {
    let shown = pidfile.display();
    let text = match fs::read_to_string(pidfile) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return format!("not running, `{shown}` does not exist");
        }
        Err(error) => {
            return format!("`{shown}` cannot be read: {}", crate::client::io_reason(&error));
        }
    };
    match text.trim().parse::<u32>() {
        Ok(pid) if Path::new("/proc").join(pid.to_string()).exists() => {
            format!("pid {pid} of `{shown}` is running")
        }
        Ok(pid) => format!("not running, pid {pid} of `{shown}` is gone"),
        Err(_) => format!("`{shown}` holds no pid"),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    use std::os::unix::net::UnixListener;

    use compiler::host::memory::MemoryHost;

    use super::*;
    use crate::settings::Origin;

    fn check(host: &MemoryHost, url: &str, file: File, expected: &[&str]) {
        let origin = Origin { file, url: UrlSource::File, plugins: String::new() };
        let settings = Settings {
            target: Target { url: url.to_owned(), username: None, password: None },
            prompt: String::new(),
            history_file: None,
            origin,
        };
        let error = io::Error::from_raw_os_error(2).into();
        let text = explain(host, &settings, &error);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn a_missing_socket_and_a_dead_daemon_are_told() {
        let text = "[unix_http_server]\nfile=/run/other.sock\n[supervisord]\npidfile=/none/pid\n\
                    [rpcinterface:supervisor]\n\
                    supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n";
        check(
            &MemoryHost::new([("/c.conf", text)]),
            "unix:///none/s.sock",
            File::Named("/c.conf".into()),
            &[
                "cannot reach supervisord: [Errno 2] No such file or directory",
                "  configuration: `/c.conf` (named by -c)",
                "  url: unix:///none/s.sock (from section [supervisorctl])",
                "  socket: `/none/s.sock` does not exist",
                "  servers of this configuration: unix:///run/other.sock",
                "  process: not running, `/none/pid` does not exist",
            ],
        );
    }

    #[test]
    fn the_places_looked_at_are_named() {
        check(
            &MemoryHost::new([("", "")]),
            "http://localhost:9001",
            File::Missing(vec!["a".into(), "b".into()]),
            &[
                "cannot reach supervisord: [Errno 2] No such file or directory",
                "  configuration: none; looked for `a`, `b`",
                "  url: http://localhost:9001 (from section [supervisorctl])",
            ],
        );
    }

    #[test]
    fn a_socket_of_somebody_else_is_told_from_ours() {
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        let path = folder.path().join("s.sock");
        let _listener = UnixListener::bind(&path).unwrap_or_else(|error| panic!("{error}"));
        let shown = path.display();
        assert_eq!(socket(&path, None), format!("`{shown}` exists"));
        let refused = Some(io::ErrorKind::ConnectionRefused);
        let expected = format!("`{shown}` exists, but nothing listens at it");
        assert_eq!(socket(&path, refused), expected);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700))
            .unwrap_or_else(|error| panic!("{error}"));
        // Only root can give it away.
        if std::os::unix::fs::chown(&path, Some(65534), None).is_ok() {
            let expected = " with mode 0700 and belongs to uid 65534, not to yours (0)";
            assert_eq!(socket(&path, None), format!("`{shown}` exists{expected}"));
        }
    }

    #[test]
    fn a_dead_process_is_told_from_a_living_one() {
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        let path = folder.path().join("pid");
        let shown = path.display();
        for (text, expected) in [
            ("4194305\n".to_owned(), format!("not running, pid 4194305 of `{shown}` is gone")),
            (
                std::process::id().to_string(),
                format!("pid {} of `{shown}` is running", std::process::id()),
            ),
            ("x".to_owned(), format!("`{shown}` holds no pid")),
        ] {
            fs::write(&path, text).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(process(&path), expected);
        }
    }
}
