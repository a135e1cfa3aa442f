//! The program `echo_supervisord_conf`: prints a configuration to start from (CFG-428 to CFG-431).

use std::io::Write as _;
use std::process::ExitCode;

/// The sample. Tests hold it against the table of options.
const SAMPLE: &str = include_str!("sample.conf");

/// The program `echo_supervisord_conf`; arguments are ignored.
#[must_use]
pub fn main_echo_supervisord_conf() -> ExitCode {
    // Nobody can be told that nobody listens.
    let _ = std::io::stdout().write_all(SAMPLE.as_bytes());
    ExitCode::SUCCESS
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use compiler::host::memory::MemoryHost;
    use compiler::schema::section_of;

    use super::*;

    /// The sections of the sample with the options in them, commented out or not.
    fn sections() -> Vec<(String, Vec<String>)> {
        let mut sections: Vec<(String, Vec<String>)> = Vec::new();
        for line in SAMPLE.lines() {
            let line = line.strip_prefix(';').unwrap_or(line);
            if let Some((name, _)) = line.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
                sections.push((name.to_owned(), Vec::new()));
            } else if let (Some((key, _)), Some((_, options))) =
                (line.split_once('='), sections.last_mut())
                && !key.trim().contains(' ')
            {
                options.push(key.trim().to_owned());
            }
        }
        sections
    }

    fn compiled(text: &str) -> compiler::Compiled {
        let host = MemoryHost::new([("/etc/supervisord.conf", text)]);
        compiler::compile(&host, Path::new("/etc/supervisord.conf"), &compiler::Options::default())
    }

    #[test]
    fn it_loads_without_groups() {
        // CFG-431
        let compiled = compiled(SAMPLE);
        assert!(compiled.diagnostics.is_empty(), "{:?}", compiled.diagnostics);
        assert_eq!(compiled.plan.map(|plan| plan.groups.len()), Some(0));
    }

    #[test]
    fn every_option_of_its_sections_is_shown() {
        // CFG-430
        for (name, shown) in sections() {
            let spec = section_of(&name).unwrap_or_else(|| panic!("unknown section {name}"));
            let known: Vec<_> = spec.options().map(|option| option.name).collect();
            let missing: Vec<_> =
                known.iter().filter(|option| !shown.iter().any(|key| key == *option)).collect();
            let unknown: Vec<_> =
                shown.iter().filter(|key| !known.contains(&key.as_str())).collect();
            assert!(missing.is_empty() && unknown.is_empty(), "{name}: {missing:?} {unknown:?}");
        }
    }

    #[test]
    fn active_lines_are_the_originals() {
        // CFG-429
        let mut active = SAMPLE.lines().filter(|line| !line.is_empty() && !line.starts_with(';'));
        let value = |line: &str| line.split(" ;").next().unwrap_or_default().trim().to_owned();
        let lines: Vec<_> = active.by_ref().map(value).collect();
        let expected = "[unix_http_server]\nfile=/tmp/supervisor.sock\n[supervisord]\n\
            logfile=/tmp/supervisord.log\nlogfile_maxbytes=50MB\nlogfile_backups=10\nloglevel=info\n\
            pidfile=/tmp/supervisord.pid\nnodaemon=false\nsilent=false\nminfds=1024\nminprocs=200\n\
            [rpcinterface:supervisor]\n\
            supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n\
            [supervisorctl]\nserverurl=unix:///tmp/supervisor.sock";
        assert_eq!(lines.join("\n"), expected);
    }
}
