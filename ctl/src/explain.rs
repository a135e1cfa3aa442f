//! Why the daemon could not be reached, as far as the client can tell: which file was read, which
//! URL was tried, what stands at its socket, whether the daemon's process lives.

use std::fs;
use std::io;
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;

use crate::client::CallError;
use crate::settings::{File, Settings, UrlSource};
use crate::target::Address;

/// The explanation, several lines.
pub(crate) fn explain(settings: &Settings, error: &CallError) -> String {
    let mut lines = vec![
        format!("cannot reach supervisord: {error}"),
        format!("  configuration: {}", file(&settings.origin.file)),
        format!("  url: {} ({})", settings.target.url, source(settings.origin.url)),
    ];
    if let Ok(Address::Unix(path)) = settings.target.address() {
        lines.push(format!("  socket: {}", socket(&path)));
    }
    if let Some(path) = &settings.origin.pidfile {
        lines.push(format!("  process: {}", process(path)));
    }
    lines.join("\n") + "\n"
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

fn socket(path: &Path) -> String {
    let shown = path.display();
    match fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_socket() => format!("`{shown}` exists"),
        Ok(_) => format!("`{shown}` exists but is no socket"),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            format!("`{shown}` does not exist")
        }
        Err(error) => {
            format!("`{shown}` cannot be looked at: {}", crate::client::io_reason(&error))
        }
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
    use super::*;
    use crate::settings::Origin;
    use crate::target::Target;

    fn settings(url: &str, file: File, pidfile: Option<&Path>) -> Settings {
        Settings {
            target: Target { url: url.to_owned(), username: None, password: None },
            prompt: String::new(),
            history_file: None,
            origin: Origin { file, url: UrlSource::File, pidfile: pidfile.map(Path::to_owned) },
        }
    }

    fn check(settings: &Settings, expected: &[&str]) {
        let error = io::Error::from_raw_os_error(2).into();
        let text = explain(settings, &error);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn a_missing_socket_and_a_dead_daemon_are_told() {
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        let pidfile = folder.path().join("pid");
        fs::write(&pidfile, "4194305\n").unwrap_or_else(|error| panic!("{error}"));
        check(
            &settings("unix:///none/s.sock", File::Named("/c.conf".into()), Some(&pidfile)),
            &[
                "cannot reach supervisord: [Errno 2] No such file or directory",
                "  configuration: `/c.conf` (named by -c)",
                "  url: unix:///none/s.sock (from section [supervisorctl])",
                "  socket: `/none/s.sock` does not exist",
                &format!("  process: not running, pid 4194305 of `{}` is gone", pidfile.display()),
            ],
        );
    }

    #[test]
    fn the_places_looked_at_are_named() {
        check(
            &settings("http://localhost:9001", File::Missing(vec!["a".into(), "b".into()]), None),
            &[
                "cannot reach supervisord: [Errno 2] No such file or directory",
                "  configuration: none; looked for `a`, `b`",
                "  url: http://localhost:9001 (from section [supervisorctl])",
            ],
        );
    }
}
