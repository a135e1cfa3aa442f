//! Where a program of the family was called from, and where it looks for a configuration when none
//! is named.

use std::path::{Path, PathBuf};

use crate::host::{Host, PathKind};

/// The path a program called by `name` was found at (CFG-061): a name with a slash is one; another
/// is searched for on `PATH`, as the shell did. The name itself when it is not found there.
///
/// The original sees this path because it is a script, whose path the kernel puts in its arguments.
#[must_use]
pub fn called(host: &dyn Host, name: &str) -> String {
    if name.contains('/') {
        return name.to_owned();
    }
    let path = host.env("PATH").unwrap_or_default();
    let found = path.split(':').map(|folder| match folder {
        // An empty entry is the working directory.
        "" => format!("./{name}"),
        folder => format!("{}/{name}", folder.trim_end_matches('/')),
    });
    let is_program = |path: &String| {
        matches!(host.kind(Path::new(path)), Some(PathKind::File { executable: true }))
    };
    found.into_iter().find(is_program).unwrap_or_else(|| name.to_owned())
}

/// The places a configuration is searched at by the program that was called at `program`, a path
/// as [`called`] gives it (CFG-060, CFG-061). The first that exists is read.
#[must_use]
pub fn search_path(program: &str) -> Vec<PathBuf> {
    let folder = |path: &Path| path.parent().map(Path::to_owned).unwrap_or_default();
    let prefix = folder(&folder(Path::new(program)));
    vec![
        prefix.join("etc/supervisord.conf"),
        prefix.join("supervisord.conf"),
        "supervisord.conf".into(),
        "etc/supervisord.conf".into(),
        "/etc/supervisord.conf".into(),
        "/etc/supervisor/supervisord.conf".into(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::memory::MemoryHost;

    // CFG-061
    #[test]
    fn a_program_called_by_its_name_is_found_on_the_path() {
        let host = MemoryHost::new([("/opt/sup/bin/supervisord", ""), ("/here", "")]);
        let check = |path: &str, name: &str, expected: &str| {
            let host = host.clone().with_env("PATH", path);
            assert_eq!(called(&host, name), expected, "{path}");
        };
        check("/bin:/opt/sup/bin/:/usr/bin", "supervisord", "/opt/sup/bin/supervisord");
        check("/opt/sup/bin", "./supervisord", "./supervisord");
        check("/bin::/opt/sup/bin", "here", "./here");
        check("/opt/sup", "bin", "bin");
        check("", "supervisord", "supervisord");
        assert_eq!(called(&host, "supervisord"), "supervisord");
    }

    // CFG-060, CFG-061, CFG-062, CFG-424, CFG-501, CTL-016
    #[test]
    fn the_search_path_starts_above_the_folder_of_the_program() {
        let check = |program: &str, expected: [&str; 2]| {
            let places = search_path(program);
            assert_eq!(places[..2], expected.map(PathBuf::from));
            let fixed = [
                "supervisord.conf",
                "etc/supervisord.conf",
                "/etc/supervisord.conf",
                "/etc/supervisor/supervisord.conf",
            ];
            assert_eq!(places[2..], fixed.map(PathBuf::from));
        };
        let above = ["/opt/sup/etc/supervisord.conf", "/opt/sup/supervisord.conf"];
        check("/opt/sup/bin/supervisord", above);
        for program in ["bin/supervisord", "./supervisord", "supervisord"] {
            check(program, ["etc/supervisord.conf", "supervisord.conf"]);
        }
    }
}
