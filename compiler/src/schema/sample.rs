//! A configuration to start from, rendered from the table of options (CFG-428 to CFG-431): what
//! `echo_supervisord_conf` and `supervisorc sample` print.

use super::{Default, OptionSpec, section_of};

/// Where the comments behind options start.
const COLUMN: usize = 36;

/// One section of the sample.
struct Chapter {
    /// The name of the section.
    name: &'static str,
    /// Whether the section is in force; otherwise it is commented out.
    is_active: bool,
    /// How many of `values` are in force; the other options are commented out.
    active: usize,
    /// The options shown first, with their values. The others follow with their defaults.
    values: &'static [(&'static str, &'static str)],
}

/// What the sample shows.
const CHAPTERS: &[Chapter] = &[
    Chapter {
        name: "unix_http_server",
        is_active: true,
        active: 1,
        values: &[
            ("file", "/tmp/supervisor.sock"),
            ("chmod", "0700"),
            ("chown", "nobody:nogroup"),
            ("username", "user"),
            ("password", "123"),
        ],
    },
    Chapter {
        name: "inet_http_server",
        is_active: false,
        active: 0,
        values: &[("port", "127.0.0.1:9001"), ("username", "user"), ("password", "123")],
    },
    Chapter {
        name: "supervisord",
        is_active: true,
        active: 9,
        values: &[
            ("logfile", "/tmp/supervisord.log"),
            ("logfile_maxbytes", "50MB"),
            ("logfile_backups", "10"),
            ("loglevel", "info"),
            ("pidfile", "/tmp/supervisord.pid"),
            ("nodaemon", "false"),
            ("silent", "false"),
            ("minfds", "1024"),
            ("minprocs", "200"),
            ("user", "supervisord"),
            ("directory", "/tmp"),
            ("environment", "KEY=\"value\""),
        ],
    },
    Chapter {
        name: "rpcinterface:supervisor",
        is_active: true,
        active: 1,
        values: &[(
            "supervisor.rpcinterface_factory",
            "supervisor.rpcinterface:make_main_rpcinterface",
        )],
    },
    Chapter {
        name: "supervisorctl",
        is_active: true,
        active: 1,
        values: &[
            ("serverurl", "unix:///tmp/supervisor.sock"),
            ("username", "user"),
            ("password", "123"),
            ("prompt", "mysupervisor"),
            ("history_file", "~/.sc_history"),
        ],
    },
    Chapter { name: "program:theprogramname", is_active: false, active: 0, values: PROGRAM },
    Chapter {
        name: "eventlistener:theeventlistenername",
        is_active: false,
        active: 0,
        values: LISTENER,
    },
    Chapter {
        name: "group:thegroupname",
        is_active: false,
        active: 0,
        values: &[("programs", "progname1,progname2")],
    },
    Chapter {
        name: "include",
        is_active: false,
        active: 0,
        values: &[("files", "relative/directory/*.ini")],
    },
];

/// The values of a program whose defaults show nothing.
const PROGRAM: &[(&str, &str)] = &[
    ("command", "/bin/cat"),
    ("process_name", "%(program_name)s"),
    ("numprocs", "1"),
    ("directory", "/tmp"),
    ("user", "nobody"),
    ("umask", "022"),
    ("environment", "A=\"1\",B=\"2\""),
];

/// The values of an event listener whose defaults show nothing.
const LISTENER: &[(&str, &str)] = &[
    ("command", "/bin/eventlistener"),
    ("process_name", "%(program_name)s"),
    ("numprocs", "1"),
    ("events", "PROCESS_STATE,TICK_60"),
    ("buffer_size", "10"),
    ("directory", "/tmp"),
    ("user", "nobody"),
    ("umask", "022"),
    ("environment", "A=\"1\",B=\"2\""),
];

/// The sample: every option of the usual sections, most of them commented out.
pub fn sample() -> String {
    let mut text = "; A configuration for supervisord. A line that starts with a semicolon is a \
                    comment, and so\n; is what follows a blank and a semicolon. Options that are \
                    commented out show their defaults\n; or an example.\n"
        .to_owned();
    for chapter in CHAPTERS {
        text += &render(chapter);
    }
    text
}

fn render(chapter: &Chapter) -> String {
    let spec = section_of(chapter.name);
    let mark = if chapter.is_active { "" } else { ";" };
    let doc = spec.map_or("", |spec| spec.doc);
    let mut text = format!("\n; {doc}\n{mark}[{}]\n", chapter.name);
    let options: Vec<_> = spec.into_iter().flat_map(|spec| spec.options()).collect();
    for (at, (key, value)) in chapter.values.iter().enumerate() {
        let option = options.iter().find(|option| option.name == *key);
        let mark = if at < chapter.active { "" } else { ";" };
        text += &line(mark, key, value, option.map_or("", |option| option.doc));
    }
    let is_shown = |option: &OptionSpec| chapter.values.iter().any(|(key, _)| *key == option.name);
    for option in options.iter().filter(|option| !is_shown(option)) {
        text += &line(";", option.name, &default(&options, option), option.doc);
    }
    text
}

fn line(mark: &str, key: &str, value: &str, doc: &str) -> String {
    let setting = format!("{mark}{key}={value}");
    let doc: Vec<_> = doc.split_whitespace().collect();
    format!("{setting:<COLUMN$} ; {}\n", doc.join(" ").trim_end_matches('.'))
}

/// The text of a default; empty for an option that has none.
fn default(options: &[&OptionSpec], option: &OptionSpec) -> String {
    match option.default {
        Default::Text(text) => text.to_owned(),
        Default::TempDir => "/tmp".to_owned(),
        Default::SameAs(other) => options
            .iter()
            .find(|option| option.name == other)
            .map_or_else(String::new, |other| default(options, other)),
        Default::Unset | Default::Required => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::host::memory::MemoryHost;

    fn compiled(text: &str) -> crate::Compiled {
        let host = MemoryHost::new([("/etc/supervisord.conf", text)]);
        crate::compile(&host, Path::new("/etc/supervisord.conf"), &crate::Options::default())
    }

    #[test]
    fn it_loads_without_groups() {
        // CFG-431
        let compiled = compiled(&sample());
        assert!(compiled.diagnostics.is_empty(), "{:?}", compiled.diagnostics);
        assert_eq!(compiled.plan.map(|plan| plan.groups.len()), Some(0));
    }

    #[test]
    fn its_examples_load_when_they_are_uncommented() {
        // CFG-430
        let text = sample();
        let programs = text.lines().skip_while(|line| !line.starts_with(";[program:"));
        let programs = programs.take_while(|line| !line.starts_with(";[group:"));
        let uncommented: Vec<_> = programs
            .filter_map(|line| line.strip_prefix(';').filter(|line| !line.starts_with(' ')))
            .collect();
        let head = "[supervisord]\n[rpcinterface:supervisor]\n\
            supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n";
        let compiled = compiled(&format!("{head}{}\n", uncommented.join("\n")));
        assert_eq!(compiled.original_error(), None);
        assert_eq!(compiled.plan.map(|plan| plan.groups.len()), Some(2));
    }

    #[test]
    fn chapters_are_known_to_the_table() {
        // CFG-430
        for chapter in CHAPTERS {
            let spec = section_of(chapter.name).unwrap_or_else(|| panic!("{}", chapter.name));
            let unknown = chapter.values.iter().find(|(key, _)| spec.option(key).is_none());
            assert_eq!(unknown, None, "{}", chapter.name);
        }
        assert!(!sample().contains("= "), "an option without a value");
    }

    #[test]
    fn active_lines_are_the_originals() {
        // CFG-429
        let text = sample();
        let active = text.lines().filter(|line| !line.is_empty() && !line.starts_with(';'));
        let lines: Vec<_> =
            active.map(|line| line.split(" ;").next().unwrap_or(line).trim()).collect();
        let expected = "[unix_http_server]\nfile=/tmp/supervisor.sock\n[supervisord]\n\
            logfile=/tmp/supervisord.log\nlogfile_maxbytes=50MB\nlogfile_backups=10\nloglevel=info\n\
            pidfile=/tmp/supervisord.pid\nnodaemon=false\nsilent=false\nminfds=1024\nminprocs=200\n\
            [rpcinterface:supervisor]\n\
            supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n\
            [supervisorctl]\nserverurl=unix:///tmp/supervisor.sock";
        assert_eq!(lines.join("\n"), expected);
    }
}
