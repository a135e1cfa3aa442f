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
        if self.random.percent(98) {
            self.choice(text, ("command", COMMANDS, ODD_COMMANDS));
        }
        for (index, choice) in more.iter().enumerate() {
            if self.random.percent(if index == 0 { 97 } else { 40 }) {
                self.choice(text, *choice);
            }
        }
        for _ in 0..self.random.below(6) {
            self.option(text, PROGRAM);
        }
    }

    fn section(&mut self, text: &mut String, header: &str, options: &[Choice], least: usize) {
        let _ = writeln!(text, "[{header}]");
        self.noise(text);
        for choice in options.iter().take(least) {
            if self.random.percent(97) {
                self.choice(text, *choice);
            }
        }
        for _ in 0..self.random.below(4) {
            self.option(text, options);
        }
    }

    fn option(&mut self, text: &mut String, options: &[Choice]) {
        let choice = options[self.random.below(options.len())];
        self.choice(text, choice);
    }

    fn choice(&mut self, text: &mut String, (name, usual, odd): Choice) {
        let values = if self.random.percent(6) { odd } else { usual };
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

/// An option, what is usually written for it, and what is rarely or wrongly written for it.
type Choice = (&'static str, &'static [&'static str], &'static [&'static str]);

const ODD_NAMES: [&str; 7] = ["", " x", "x y", "a/b", "a:b", "é", "p%%q"];

const COMMANDS: &[&str] = &[
    "/bin/sleep 10",
    "/bin/echo %(program_name)s %(process_num)02d",
    "sh -c \"exit 1\"",
    "/bin/a;b ;c #d",
    "%(here)s/run --n=%(numprocs)d",
    "date +%%s",
    "echo %(group_name)s %(host_node_name)s",
    "unbalanced \"quote",
    "/bin/x\n  --one\n\n  --two",
];
const ODD_COMMANDS: &[&str] = &["%(ENV_X)s", "", "echo 100%", "echo %(missing)s", "date %d", "a%b"];

const DEFAULT: &[Choice] = &[
    ("startsecs", &["2"], &["x"]),
    ("autostart", &["false"], &["%(nope)s"]),
    ("command", &["/bin/true"], &["%(here)s"]),
    ("stopsignal", &["INT"], &["x"]),
    ("priority", &["7"], &["%(here)s"]),
];

const NUMBERS: &[&str] = &["1", "5", "0", "-1", " 7 ", "1_0", "+3", "007", "٣"];
const ODD_NUMBERS: &[&str] = &["0x10", "1.5", "", "x", "%(ENV_N)s", "1__0", "_1"];
const BOOLEANS: &[&str] = &["true", "false", "yes", "off", "1", "0", "TRUE", "on"];
const ODD_BOOLEANS: &[&str] = &["maybe", "", "%(ENV_X)s", "2"];
const SIZES: &[&str] = &["0", "1MB", "50mb", "10KB", "1GB", "+1MB", "-1MB", "1 KB", "2_0kb"];
const ODD_SIZES: &[&str] = &["1K", "1.5MB", "KB", "x", "1TB", ""];
const LOGFILES: &[&str] = &[
    "AUTO",
    "none",
    "OFF",
    "/dev/stdout",
    "%(here)s/%(program_name)s.log",
    "%(here)s/%(process_num)d.log",
    "syslog",
    "SysLog",
    "",
    "x.log",
    "%(here)s/%%%%d.log",
];
const ODD_LOGFILES: &[&str] = &[
    "/no/such/dir/x.log",
    "%(here)s/%%d.log",
    "%(here)s/%(ENV_X)s.log",
    "~nobody-here/x.log",
    "~/x.log",
];
const ENVIRONMENTS: &[&str] = &[
    "A=1",
    "A=\"1\",B='two words'",
    "A=1,",
    "URL=http://x:80/?a=b",
    "A=$HOME",
    "A=a b",
    "A=éa",
    "A=\"'x'\"",
    "A=1,\n  B=2",
    "A=\"\"",
    "A=x#y,B=2",
    "N%(process_num)d=\"%(program_name)s\"",
    "\"A\"=1",
    "",
    "A=\"50%%\"",
    "A.B-C/D=x:y",
];
const ODD_ENVIRONMENTS: &[&str] = &[
    "A=été",
    "A=1\n  B=2",
    "A=1,,B=2",
    "A=",
    "A=a@b",
    "A=\"unterminated",
    "A=\"%(ENV_X)s\",N%(process_num)d=\"%(program_name)s\"",
    "A=\"%(ENV_A)s\"",
];

const SUPERVISORD: &[Choice] = &[
    (
        "logfile",
        &["%(here)s/d.log", "d.log", "NONE", "syslog", "%(here)s/../d.log"],
        &["/no/such/dir/d.log", "~/d.log"],
    ),
    ("pidfile", &["%(here)s/d.pid", ""], &["/no/such/dir/d.pid"]),
    ("loglevel", &["info", "DEBUG", "blather", "critical"], &["warning", ""]),
    ("minfds", NUMBERS, ODD_NUMBERS),
    ("minprocs", NUMBERS, ODD_NUMBERS),
    ("umask", &["022", "77", "0o22", "-1"], &["9", "abc", ""]),
    ("user", &["root", "0"], &["nobody", "no-such-user", "99999", ""]),
    ("directory", &["/tmp", "%(here)s"], &["/no/such/dir", "~", ""]),
    ("logfile_maxbytes", SIZES, ODD_SIZES),
    ("logfile_backups", NUMBERS, ODD_NUMBERS),
    ("identifier", &["me", "%%x", "a;b", "x y"], &["%(ENV_X)s", "%(host_node_name)s"]),
    ("nodaemon", BOOLEANS, ODD_BOOLEANS),
    ("silent", BOOLEANS, ODD_BOOLEANS),
    ("childlogdir", &["/tmp", "%(here)s"], &["/no/such/dir"]),
    ("nocleanup", BOOLEANS, ODD_BOOLEANS),
    ("strip_ansi", BOOLEANS, ODD_BOOLEANS),
    ("environment", &["A=1", "A=\"1\",B='two words'", "X=\"new\",Q=\"1\""], ENVIRONMENTS),
    (
        "environment",
        &["A=\"%%(host_node_name)s\"", "A=\"x%%%%20y\""],
        &["A=\"x%%20y\"", "A=\"%(host_node_name)s\""],
    ),
];

const PROGRAM: &[Choice] = &[
    (
        "process_name",
        &[
            "%(program_name)s_%(process_num)02d",
            "%(process_num)s",
            "p%(process_num)x",
            "%(program_name).1s%(process_num)d",
        ],
        &["fixed", "a b", "%%(process_num)s", "%(ENV_X)s", "%(process_num)c"],
    ),
    (
        "numprocs",
        &[
            "1",
            "2\nprocess_name=%(process_num)02d",
            "3\nprocess_name=%(program_name)s-%(process_num)d",
            "0",
            "-1",
        ],
        &["2", "x", "%(ENV_N)s"],
    ),
    ("numprocs_start", &["0", "5", "-2"], &["x"]),
    ("priority", NUMBERS, ODD_NUMBERS),
    ("priority", &["1000000000000"], &["%(here)s", "%(program_name)s"]),
    ("autostart", BOOLEANS, ODD_BOOLEANS),
    ("autorestart", &["true", "false", "unexpected", "UNEXPECTED", "1"], &["sometimes", ""]),
    ("startsecs", NUMBERS, ODD_NUMBERS),
    ("startretries", NUMBERS, ODD_NUMBERS),
    ("exitcodes", &["0", "0,2", "2, 3", "", " 1 "], &["256", "0,", "-1", "x"]),
    (
        "stopsignal",
        &["TERM", "sigint", "9", "0", "34", "64", "RTMIN", "CLD", "SIG_IGN", " HUP "],
        &["35", "NOPE", ""],
    ),
    ("stopwaitsecs", NUMBERS, ODD_NUMBERS),
    ("stopasgroup", BOOLEANS, ODD_BOOLEANS),
    ("killasgroup", BOOLEANS, ODD_BOOLEANS),
    ("user", &["root", "0", "nobody"], &["root:root", "no-such-user", ""]),
    ("redirect_stderr", BOOLEANS, ODD_BOOLEANS),
    ("stdout_logfile", LOGFILES, ODD_LOGFILES),
    ("stderr_logfile", LOGFILES, ODD_LOGFILES),
    ("stdout_logfile_maxbytes", SIZES, ODD_SIZES),
    ("stderr_logfile_maxbytes", SIZES, ODD_SIZES),
    ("stdout_logfile_backups", NUMBERS, ODD_NUMBERS),
    ("stdout_capture_maxbytes", SIZES, ODD_SIZES),
    ("stderr_capture_maxbytes", SIZES, ODD_SIZES),
    ("stdout_events_enabled", BOOLEANS, ODD_BOOLEANS),
    ("stdout_syslog", BOOLEANS, ODD_BOOLEANS),
    ("stderr_syslog", BOOLEANS, ODD_BOOLEANS),
    ("environment", ENVIRONMENTS, ODD_ENVIRONMENTS),
    (
        "directory",
        &["/tmp", "~", "", "%(here)s/x"],
        &["%(ENV_A)s", "%(ENV_N0)s", "%(ENV_N1)s", "%(ENV_HOME)-9s|"],
    ),
    ("umask", &["022", "0o7", "-1"], &["8", ""]),
    ("serverurl", &["AUTO", "auto", "", "http://x:1", "unix:///x"], &["%(nope)s"]),
    ("command", COMMANDS, ODD_COMMANDS),
    ("depends_on", &["%(nothing)s"], &["b"]),
];

const EVENTLISTENER: &[Choice] = &[
    (
        "events",
        &["PROCESS_STATE", "tick_5, PROCESS_LOG", "EVENT", "PROCESS_STATE,PROCESS_STATE"],
        &["NOPE", "", "TICK_60,,"],
    ),
    ("buffer_size", &["10", "1", "100"], &["0", "x", "-5"]),
    ("redirect_stderr", &["false", "0"], &["true", "x"]),
];

const FCGI: &[Choice] = &[
    (
        "socket",
        &[
            "unix:///tmp/f.sock",
            "unix://%(here)s/%(program_name)s.sock",
            "tcp://LocalHost:9000",
            "unix:///tmp/../x",
            "tcp://*:80",
        ],
        &["tcp://x:0", "tcp://x:70000", "unix://relative", "garbage", "", "tcp://a b:1"],
    ),
    ("socket_owner", &["root", "root:root", "nobody", "0:0"], &["nope", "root:"]),
    ("socket_mode", &["0700", "777"], &["9", ""]),
    ("socket_backlog", &["10", "65535"], &["0", "70000", "x"]),
];

const GROUP: &[Choice] = &[
    ("programs", &["a", "a,b", "web, c-1", "b,a", ""], &["a,zz", "zz", "a,", "a b", "%(here)s"]),
    ("priority", NUMBERS, ODD_NUMBERS),
];

const INET: &[Choice] = &[
    (
        "port",
        &["9001", "127.0.0.1:9001", "*:80", ":81", "a:1", "LocalHost:1", "[::1]:9001"],
        &["x", "", "a:b", "localhost:", "1.2.3.4:70000", "0"],
    ),
    (
        "username",
        &["u\npassword=p", "u\npassword={SHA}abc", "\npassword=x"],
        &["u", "", "%(ENV_X)s"],
    ),
    ("password", &["p\nusername=u", "a%%b\nusername=u"], &["", "100%", "p"]),
];

const UNIX: &[Choice] = &[
    ("file", &["%(here)s/s.sock", "/tmp/x.sock", "s.sock", "/tmp/../tmp/y.sock"], &["~/s.sock"]),
    ("chmod", &["0700", "777"], &["9", ""]),
    ("chown", &["root", "root:root", "0:0", "nobody:nogroup"], &["nope", "root:"]),
    ("username", &["u\npassword=p"], &["u", ""]),
];

const RPCINTERFACE: &[Choice] = &[
    (
        "supervisor.rpcinterface_factory",
        &["supervisor.rpcinterface:make_main_rpcinterface"],
        &["supervisor.rpcinterface:make_main_rpcinterface"],
    ),
    ("extra", &["x"], &["%(ENV_X)s", "%(nope)s"]),
];
