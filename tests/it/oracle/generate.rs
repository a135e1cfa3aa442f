//! Random configuration trees, mostly valid, slightly broken: one number, one tree.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A tree of files, by their path below the case's directory, and the environment it is read in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tree {
    pub(crate) files: BTreeMap<String, String>,
    pub(crate) env: BTreeMap<String, String>,
}

/// The tree of case `seed`. Its main file is `supervisord.conf`.
pub(crate) fn tree(seed: u64) -> Tree {
    Writer { random: Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5eed) }.tree()
}

/// SplitMix64: small, and the same on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).expect("below a usize")
    }

    fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }
}

struct Writer {
    random: Random,
}

const PROGRAMS: [&str; 5] = ["a", "b", "web", "c-1", "d_2"];

impl Writer {
    fn tree(mut self) -> Tree {
        let mut files = BTreeMap::new();
        let mut main = String::new();
        let included = self.random.percent(35);
        if self.random.percent(8) {
            self.section(&mut main, "DEFAULT", DEFAULT, 1);
        }
        if self.random.percent(98) {
            self.section(&mut main, "supervisord", SUPERVISORD, 3);
        }
        if included {
            let patterns = [
                "c/*.conf",
                "c/a.conf c/b.conf",
                "c/*.conf d/none*.conf",
                "%(here)s/c/*.conf",
                "c/a.conf,c/b.conf",
            ];
            let files = self.random.pick(&patterns);
            let _ = writeln!(main, "[include]\nfiles = {files}");
            self.noise(&mut main);
        }
        let sections = 1 + self.random.below(4);
        for _ in 0..sections {
            self.any_section(&mut main);
        }
        if included {
            for name in ["c/a.conf", "c/b.conf"] {
                let mut text = String::new();
                for _ in 0..=self.random.below(2) {
                    self.any_section(&mut text);
                }
                files.insert(name.to_owned(), self.line_ends(text));
            }
        }
        let main = self.line_ends(main);
        files.insert("supervisord.conf".to_owned(), main);
        Tree { files, env: self.env() }
    }

    fn env(&mut self) -> BTreeMap<String, String> {
        let mut env = BTreeMap::from([("PATH".to_owned(), "/usr/bin:/bin".to_owned())]);
        for (name, values) in [
            ("X", &["x", "50%", "a:b c/d", "é", ""][..]),
            ("N", &["3", "007", "three"]),
            ("HOME", &["/root", "/nonexistent"]),
        ] {
            if self.random.percent(80) {
                let value = self.random.pick(values);
                env.insert(name.to_owned(), value.to_owned());
            }
        }
        env
    }

    fn any_section(&mut self, text: &mut String) {
        let program = self.random.pick(&PROGRAMS);
        match self.random.below(20) {
            0..=10 => {
                let odd = self.random.percent(4);
                let name = if odd { self.random.pick(&ODD_NAMES) } else { program };
                self.program(text, &format!("program:{name}"), &[]);
            }
            11..=12 => self.program(text, &format!("eventlistener:{program}"), EVENTLISTENER),
            13 => self.program(text, &format!("fcgi-program:{program}"), FCGI),
            14..=15 => {
                let name = self.random.pick(&["g", "h", "a"]);
                self.section(text, &format!("group:{name}"), GROUP, 1);
            }
            16 => self.section(text, "inet_http_server", INET, 1),
            17 => self.section(text, "unix_http_server", UNIX, 1),
            18 => self.section(text, "rpcinterface:supervisor", RPCINTERFACE, 1),
            _ => {
                let name = self.random.pick(&[
                    "supervisord",
                    "unknown",
                    "program",
                    "Program:x",
                    "supervisorctl",
                    "inet_http_server:b",
                    "rpcinterface:x",
                ]);
                self.section(text, name, SUPERVISORD, 1);
            }
        }
    }

    /// A section of a program's kind, nearly always with a command.
    fn program(&mut self, text: &mut String, header: &str, more: &[Choice]) {
        let _ = writeln!(text, "[{header}]");
        if self.random.percent(96) {
            let command = self.random.pick(&COMMANDS);
            self.entry(text, "command", command);
        }
        for (name, values) in more {
            if self.random.percent(70) {
                let value = self.random.pick(values);
                self.entry(text, name, value);
            }
        }
        for _ in 0..self.random.below(6) {
            self.option(text, PROGRAM);
        }
    }

    fn section(&mut self, text: &mut String, header: &str, options: &[Choice], least: usize) {
        let _ = writeln!(text, "[{header}]");
        self.noise(text);
        for (name, values) in options.iter().take(least) {
            if self.random.percent(60) {
                let value = self.random.pick(values);
                self.entry(text, name, value);
            }
        }
        for _ in 0..self.random.below(4) {
            self.option(text, options);
        }
    }

    fn option(&mut self, text: &mut String, options: &[Choice]) {
        let (name, values) = options[self.random.below(options.len())];
        let value = self.random.pick(values);
        self.entry(text, name, value);
    }

    fn entry(&mut self, text: &mut String, name: &str, value: &str) {
        let delimiter = self.random.pick(&["=", "=", "=", " = ", ": ", ":"]);
        let comment = if self.random.percent(4) {
            self.random.pick(&[" ; note", " # note", ";note", "\t;x #y"])
        } else {
            ""
        };
        let indent = if self.random.percent(3) { self.random.pick(&["  ", "\t", " "]) } else { "" };
        let name = if self.random.percent(2) { name.to_uppercase() } else { name.to_owned() };
        let _ = writeln!(text, "{indent}{name}{delimiter}{value}{comment}");
        self.noise(text);
    }

    /// What may stand between entries.
    fn noise(&mut self, text: &mut String) {
        if self.random.percent(6) {
            let line = self.random.pick(&[
                "",
                "; comment",
                "# comment",
                "  ; indented",
                "   ",
                "  continued",
                "unknown_key=%(nowhere)s",
            ]);
            let _ = writeln!(text, "{line}");
        }
        if self.random.percent(1) && self.random.percent(50) {
            let line =
                self.random.pick(&["junk", "=novalue", "[unclosed", "[]", "[x] junk", "\u{feff}x"]);
            let _ = writeln!(text, "{line}");
        }
    }

    fn line_ends(&mut self, text: String) -> String {
        match self.random.below(20) {
            0 => text.replace('\n', "\r\n"),
            1 => text.trim_end().to_owned(),
            2 => text.replace('\n', "\r"),
            _ => text,
        }
    }
}

/// An option and what may be written for it.
type Choice = (&'static str, &'static [&'static str]);

const ODD_NAMES: [&str; 7] = ["", " x", "x y", "a/b", "a:b", "é", "p%%q"];

const COMMANDS: [&str; 12] = [
    "/bin/sleep 10",
    "/bin/echo %(program_name)s %(process_num)02d",
    "sh -c \"exit 1\"",
    "/bin/a;b ;c #d",
    "%(here)s/run --n=%(numprocs)d",
    "date +%%s",
    "%(ENV_X)s",
    "echo %(group_name)s %(host_node_name)s",
    "",
    "unbalanced \"quote",
    "echo 100%",
    "echo %(missing)s",
];

const DEFAULT: &[Choice] = &[
    ("startsecs", &["2", "x"]),
    ("autostart", &["false"]),
    ("command", &["/bin/true"]),
    ("stopsignal", &["INT"]),
    ("priority", &["7"]),
];

const NUMBERS: &[&str] = &[
    "1",
    "5",
    "0",
    "-1",
    " 7 ",
    "1_0",
    "+3",
    "0x10",
    "1.5",
    "",
    "x",
    "%(ENV_N)s",
    "٣",
    "1__0",
    "007",
];
const BOOLEANS: &[&str] =
    &["true", "false", "yes", "off", "1", "0", "TRUE", "maybe", "", "on", "%(ENV_X)s"];
const SIZES: &[&str] =
    &["0", "1MB", "50mb", "10KB", "1GB", "1K", "1.5MB", "KB", "+1MB", "-1MB", "1 KB", "2_0kb", "x"];
const LOGFILES: &[&str] = &[
    "AUTO",
    "none",
    "OFF",
    "/dev/stdout",
    "%(here)s/%(program_name)s.log",
    "%(here)s/%(process_num)d.log",
    "/no/such/dir/x.log",
    "syslog",
    "",
    "x.log",
    "%(here)s/%%d.log",
    "%(here)s/%%%%d.log",
    "%(here)s/%(ENV_X)s.log",
];
const ENVIRONMENTS: &[&str] = &[
    "A=1",
    "A=\"1\",B='two words'",
    "A=1,",
    "URL=http://x:80/?a=b",
    "A=$HOME",
    "A=a b",
    "A=été",
    "A=éa",
    "A=\"'x'\"",
    "A=1\n  B=2",
    "A=1,\n  B=2",
    "A=1,,B=2",
    "A=",
    "A=\"\"",
    "A=a@b",
    "A=\"unterminated",
    "A=x#y,B=2",
    "A=\"%(ENV_X)s\",N%(process_num)d=\"%(program_name)s\"",
    "A=\"%(ENV_A)s\"",
    "\"A\"=1",
    "",
    "A=\"50%%\"",
    "A.B-C/D=x:y",
];

const SUPERVISORD: &[Choice] = &[
    (
        "logfile",
        &[
            "%(here)s/d.log",
            "d.log",
            "/no/such/dir/d.log",
            "NONE",
            "syslog",
            "~/d.log",
            "%(here)s/../d.log",
        ],
    ),
    ("pidfile", &["%(here)s/d.pid", "/no/such/dir/d.pid", ""]),
    ("loglevel", &["info", "DEBUG", "warning", "blather", "critical", ""]),
    ("minfds", NUMBERS),
    ("minprocs", NUMBERS),
    ("umask", &["022", "77", "0o22", "9", "-1", "abc", ""]),
    ("user", &["root", "0", "nobody", "no-such-user", "99999", ""]),
    ("directory", &["/tmp", "%(here)s", "/no/such/dir", "~", ""]),
    ("logfile_maxbytes", SIZES),
    ("logfile_backups", NUMBERS),
    ("identifier", &["me", "%(ENV_X)s", "%(host_node_name)s", "%%x", "a;b", "x y"]),
    ("nodaemon", BOOLEANS),
    ("silent", BOOLEANS),
    ("childlogdir", &["/tmp", "%(here)s", "/no/such/dir"]),
    ("nocleanup", BOOLEANS),
    ("strip_ansi", BOOLEANS),
    ("environment", ENVIRONMENTS),
    (
        "environment",
        &[
            "A=\"x%%20y\"",
            "A=\"%%(host_node_name)s\"",
            "A=\"%(host_node_name)s\"",
            "X=\"new\",Q=\"1\"",
        ],
    ),
];

const PROGRAM: &[Choice] = &[
    (
        "process_name",
        &[
            "%(program_name)s_%(process_num)02d",
            "%(process_num)s",
            "fixed",
            "p%(process_num)x",
            "a b",
            "%%(process_num)s",
            "%(ENV_X)s",
            "%(program_name).1s%(process_num)d",
        ],
    ),
    ("numprocs", &["1", "2", "3", "0", "-1", "x", "%(ENV_N)s"]),
    ("numprocs_start", &["0", "5", "-2", "x"]),
    ("priority", NUMBERS),
    ("priority", &["%(here)s", "%(program_name)s", "1000000000000"]),
    ("autostart", BOOLEANS),
    ("autorestart", &["true", "false", "unexpected", "UNEXPECTED", "sometimes", "", "1"]),
    ("startsecs", NUMBERS),
    ("startretries", NUMBERS),
    ("exitcodes", &["0", "0,2", "2, 3", "256", "0,", "", "-1", "x", " 1 "]),
    (
        "stopsignal",
        &[
            "TERM", "sigint", "9", "0", "35", "34", "64", "RTMIN", "CLD", "NOPE", "SIG_IGN", "",
            " HUP ",
        ],
    ),
    ("stopwaitsecs", NUMBERS),
    ("stopasgroup", BOOLEANS),
    ("killasgroup", BOOLEANS),
    ("user", &["root", "0", "nobody", "root:root", "no-such-user", ""]),
    ("redirect_stderr", BOOLEANS),
    ("stdout_logfile", LOGFILES),
    ("stderr_logfile", LOGFILES),
    ("stdout_logfile_maxbytes", SIZES),
    ("stderr_logfile_maxbytes", SIZES),
    ("stdout_logfile_backups", NUMBERS),
    ("stdout_capture_maxbytes", SIZES),
    ("stderr_capture_maxbytes", SIZES),
    ("stdout_events_enabled", BOOLEANS),
    ("stdout_syslog", BOOLEANS),
    ("stderr_syslog", BOOLEANS),
    ("environment", ENVIRONMENTS),
    ("directory", &["/tmp", "%(ENV_A)s", "~", "", "%(here)s/x", "%(ENV_N0)s", "%(ENV_N1)s"]),
    ("umask", &["022", "0o7", "8", "-1", ""]),
    ("serverurl", &["AUTO", "auto", "", "http://x:1", "unix:///x"]),
    ("command", &COMMANDS),
    ("depends_on", &["%(nothing)s"]),
];

const EVENTLISTENER: &[Choice] = &[
    (
        "events",
        &[
            "PROCESS_STATE",
            "tick_5, PROCESS_LOG",
            "EVENT",
            "NOPE",
            "",
            "TICK_60,,",
            "PROCESS_STATE,PROCESS_STATE",
        ],
    ),
    ("buffer_size", &["10", "0", "1", "x", "-5", "100"]),
    ("redirect_stderr", &["false", "true", "x"]),
];

const FCGI: &[Choice] = &[
    (
        "socket",
        &[
            "unix:///tmp/f.sock",
            "unix://%(here)s/%(program_name)s.sock",
            "tcp://LocalHost:9000",
            "tcp://x:0",
            "tcp://x:70000",
            "unix://relative",
            "garbage",
            "",
            "tcp://a b:1",
            "unix:///tmp/../x",
            "tcp://*:80",
        ],
    ),
    ("socket_owner", &["root", "root:root", "nobody", "nope", "0:0", "root:"]),
    ("socket_mode", &["0700", "777", "9", ""]),
    ("socket_backlog", &["10", "0", "70000", "x"]),
];

const GROUP: &[Choice] = &[
    ("programs", &["a", "a,b", "web, c-1", "b,a", "a,zz", "zz", "a,", "", "a b", "%(here)s"]),
    ("priority", NUMBERS),
];

const INET: &[Choice] = &[
    (
        "port",
        &[
            "9001",
            "127.0.0.1:9001",
            "*:80",
            ":81",
            "x",
            "",
            "a:b",
            "localhost:",
            "1.2.3.4:70000",
            "0",
            "LocalHost:1",
            "[::1]:9001",
        ],
    ),
    ("username", &["u", "", "%(ENV_X)s"]),
    ("password", &["p", "{SHA}abc", "", "a%%b", "100%"]),
];

const UNIX: &[Choice] = &[
    ("file", &["%(here)s/s.sock", "/tmp/x.sock", "~/s.sock", "s.sock", "/tmp/../tmp/y.sock"]),
    ("chmod", &["0700", "777", "9", ""]),
    ("chown", &["root", "root:root", "nope", "root:", "0:0", "nobody:nogroup"]),
    ("username", &["u", ""]),
    ("password", &["p"]),
];

const RPCINTERFACE: &[Choice] = &[
    ("supervisor.rpcinterface_factory", &["supervisor.rpcinterface:make_main_rpcinterface"]),
    ("extra", &["x", "%(ENV_X)s", "%(nope)s"]),
];
