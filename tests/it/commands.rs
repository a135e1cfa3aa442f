//! The command lines of every program, in places where no daemon runs: what is printed first, and
//! the exit status. The original says the same, where it is installed.

use std::fs::create_dir;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;

use harness::installation::command;
use harness::{Installation, Run, Sandbox};

/// The files every command line finds where it runs.
const FILES: [(&str, &str); 6] = [
    ("ctl.conf", "[supervisorctl]\nserverurl=http://127.0.0.1:1\nprompt=there\ninteractive=true\n"),
    ("daemon.conf", "[supervisord]\n[DEFAULT]\nserverurl=http://127.0.0.1:1\n"),
    ("main.conf", "[supervisord]\n[include]\nfiles=ctl.conf\n"),
    ("here.conf", "[supervisorctl]\nserverurl=unix://%(here)s/%(ENV_SOCKET)s\n"),
    ("home.conf", "[supervisorctl]\nserverurl=unix://~/x/../gone.sock\n"),
    ("near.conf", "[supervisorctl]\nserverurl=unix://gone.sock\n"),
];

/// Our programs or the original's, by the names they are called by.
fn programs(installation: &Installation) -> impl Fn(&str) -> PathBuf {
    let ours = !installation.is_original();
    let folder = installation.supervisord.parent().map(PathBuf::from).unwrap_or_default();
    move |name| match name {
        "echo_supervisord_conf" if ours => {
            env!("CARGO_BIN_EXE_echo-supervisord-conf-under-test").into()
        }
        "pidproxy" if ours => env!("CARGO_BIN_EXE_pidproxy-under-test").into(),
        name if ours => folder.join(format!("{name}-under-test")),
        name => folder.join(name),
    }
}

/// Runs a command line of one word a blank; `''` is an empty word.
fn run(installation: &Installation, sandbox: &Sandbox, line: &str) -> Run {
    let mut words = line.split(' ').map(|word| if word == "''" { "" } else { word });
    let path = programs(installation)(words.next().expect("a program"));
    let mut line: Command = command(sandbox, &path);
    let mut ran = Run::of({
        line.args(words).env("SOCKET", "gone.sock");
        // Clients are not told by it where the daemon is (CTL-025).
        line.env("SUPERVISOR_SERVER_URL", "http://127.0.0.1:2");
        line
    });
    let name = path.display().to_string();
    let place = sandbox.path().display().to_string();
    for text in [&mut ran.stdout, &mut ran.stderr] {
        *text = text.replace(&name, "<program>").replace(&place, "<place>");
    }
    ran
}

/// The first line that is printed, and the exit status.
fn first_line(ran: &Run) -> (String, i32) {
    let text = if ran.stdout.is_empty() { &ran.stderr } else { &ran.stdout };
    (text.lines().next().unwrap_or_default().to_owned(), ran.status)
}

#[track_caller]
fn check(line: &str, expected: &str, status: i32) {
    let sandbox = Sandbox::new();
    for (name, text) in FILES {
        sandbox.write(name, text);
    }
    for installation in crate::both() {
        let ran = run(&installation, &sandbox, line);
        let found = first_line(&ran);
        let label = installation.label;
        assert_eq!(found, (expected.to_owned(), status), "{label}: {line}\n{}", ran.stderr);
        if status == 2 && ran.stdout.is_empty() {
            // CFG-001
            let help = ran.stderr.lines().nth(1);
            assert_eq!(help, Some("For help, use <program> -h"), "{label}: {line}");
        }
    }
}

// CFG-064, CFG-413, CFG-425, CFG-427, CFG-059, CFG-070, CFG-194, CFG-200, CTL-021
#[test]
fn the_clients_file() {
    check("supervisorctl version", "http://localhost:9001 refused connection", 4);
    check("supervisorctl -c ctl.conf version", "http://127.0.0.1:1 refused connection", 4);
    check("supervisorctl -c gone.conf version", "Error: could not find config file gone.conf", 2);
    let no_section = "Error: .ini file does not include supervisorctl section";
    check("supervisorctl -c daemon.conf version", no_section, 2);
    check("supervisorctl -c main.conf version", no_section, 2);
    for installation in crate::both() {
        // CFG-426: no word of root, as the daemon has where it searches for its file.
        let ran = run(&installation, &Sandbox::new(), "supervisorctl version");
        assert!(!ran.stderr.contains("as root"), "{}: {}", installation.label, ran.stderr);
    }
}

// CFG-060, CFG-061, CTL-016
#[test]
fn programs_called_by_name_search_beside_their_folder() {
    for installation in crate::both() {
        let sandbox = Sandbox::new();
        sandbox.write("etc/supervisord.conf", "[supervisorctl]\nserverurl=http://127.0.0.1:1\n");
        let call = |name: &str, words: &[&str]| {
            let link = sandbox.join("bin").join(name);
            symlink(programs(&installation)(name), &link).expect("a link");
            let mut program = command(&sandbox, name);
            program.args(words).env("PATH", sandbox.join("bin"));
            program.current_dir(sandbox.join("elsewhere"));
            let mut ran = Run::of(program);
            ran.stderr = ran.stderr.replace(&link.display().to_string(), "<program>");
            ran
        };
        for folder in ["bin", "elsewhere"] {
            create_dir(sandbox.join(folder)).expect("a folder");
        }
        let client = call("supervisorctl", &["version"]);
        let refused = "http://127.0.0.1:1 refused connection\n";
        assert_eq!((client.stdout.as_str(), client.status), (refused, 4), "{}", installation.label);
        let daemon = call("supervisord", &[]);
        let expected = "\
Error: .ini file does not include supervisord section
For help, use <program> -h
";
        assert!(daemon.stderr.contains(expected), "{}: {}", installation.label, daemon.stderr);
        assert_eq!(daemon.status, 2, "{}", installation.label);
    }
}

// CFG-123, CFG-195, CTL-023, CTL-025
#[test]
fn names_the_client_knows() {
    for file in ["here.conf", "home.conf", "near.conf"] {
        let line = format!("supervisorctl -c {file} version");
        check(&line, "unix://<place>/gone.sock no such file", 7);
    }
    let sandbox = Sandbox::new();
    sandbox.write("names.conf", "[supervisorctl]\nprompt=%(here)s\n");
    for installation in crate::both() {
        let (line, status) =
            first_line(&run(&installation, &sandbox, "supervisorctl -c names.conf version"));
        let known = "Error: Format string '%(here)s' for 'supervisorctl.prompt' contains names \
                     ('here') which cannot be expanded. Available names: ";
        assert!(line.starts_with(known) && status == 2, "{line}");
        assert!(line.contains("ENV_SOCKET") && !line.contains(", here"), "{line}");
    }
}

// CFG-415, CFG-416, CFG-417, CFG-418, CFG-419, CFG-298, CFG-502, CFG-503
#[test]
fn options_of_the_client() {
    let refused = "http://127.0.0.1:1 refused connection";
    check("supervisorctl -s http://127.0.0.1:1 -u u -p p version", refused, 4);
    check("supervisorctl -i -c ctl.conf version", refused, 4);
    check("supervisorctl --interactive -c ctl.conf status", refused, 4);
    check("supervisorctl -r history -c ctl.conf version", refused, 4);
    let relative = "unix://~/x/../gone no such file";
    check("supervisorctl -s unix://~/x/../gone version", relative, 7);
    for url in ["x", "/x", "http://", "unix://"] {
        let text = format!("Error: invalid value for -s '{url}': value '{url}' is not a URL");
        check(&format!("supervisorctl -s {url} version"), &text, 2);
    }
}

// CTL-027
#[test]
fn urls_that_lead_nowhere() {
    for (url, problem) in [
        ("ftp://x", "Unknown protocol for serverurl ftp://x".to_owned()),
        ("https://x", "Unknown protocol for serverurl https://x".to_owned()),
        ("localhost:9001", "Unknown protocol for serverurl localhost:9001".to_owned()),
        ("http://localhost:x", "Port could not be cast to integer value as 'x'".to_owned()),
        ("http://localhost:65536", "Port out of range 0-65535".to_owned()),
        (&format!("unix:///{}", "x".repeat(200)), "AF_UNIX path too long".to_owned()),
    ] {
        for (installation, sandbox) in crate::both().map(|one| (one, Sandbox::new())) {
            let ran = run(&installation, &sandbox, &format!("supervisorctl -s {url} version"));
            let (line, status) = first_line(&ran);
            let text = line.split_once(">, ").map(|(_, text)| text).unwrap_or_default();
            assert_eq!(
                text.split_once(": file: ").map(|(text, _)| text),
                Some(&*problem),
                "{line}"
            );
            assert_eq!(status, 1, "{url}");
            if !installation.is_original() {
                assert!(
                    ran.stderr.contains(&format!("url: {url} (named by -s)")),
                    "{}",
                    ran.stderr
                );
            }
        }
    }
}

#[test]
fn output_that_cannot_be_written_is_a_failure() {
    let sandbox = Sandbox::new();
    for installation in crate::both() {
        let client = programs(&installation)("supervisorctl");
        let mut shell = command(&sandbox, "sh");
        shell.args(["-c", &format!("{} help > /dev/full", client.display())]);
        let ran = Run::of(shell);
        assert_ne!(ran.status, 0, "{}", installation.label);
        assert!(ran.stderr.contains("No space left on device"), "{}", ran.stderr);
    }
}

// CFG-421, CFG-423
#[test]
fn actions_of_the_client() {
    let unknown = "*** Unknown syntax: nonsense -c ctl.conf";
    check("supervisorctl nonsense -c ctl.conf", unknown, 1);
    let ctl = "supervisorctl -c ctl.conf";
    let gone = "http://127.0.0.1:1 refused connection (already shut down?)";
    check(&format!("{ctl} shutdown"), &format!("ERROR: {gone}"), 1);
    check("supervisorctl -s unix:///gone status", "unix:///gone no such file", 4);
}

// CFG-065, CFG-384, CFG-388, CFG-393, CFG-394, CFG-410, CFG-414, CFG-505
#[test]
fn options_that_answer_at_once() {
    check("supervisord -v", "4.3.0", 0);
    check("supervisord -c gone.conf --version", "4.3.0", 0);
    let stray = "Error: positional arguments are not supported: ['extra', \"it's\"]";
    check("supervisord -v extra it's", stray, 2);
    check("supervisord -v -x", "Error: option -x not recognized", 2);
    let sandbox = Sandbox::new();
    for installation in crate::both() {
        for program in ["supervisord", "supervisorctl"] {
            for help in ["-h", "--help", "-?"] {
                let ran = run(&installation, &sandbox, &format!("{program} -c gone.conf {help} x"));
                let stray = program == "supervisord";
                assert_eq!(ran.status, if stray { 2 } else { 0 }, "{}", installation.label);
                let ran = run(&installation, &sandbox, &format!("{program} -c gone.conf {help}"));
                assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{}", installation.label);
                assert!(ran.stdout.contains("Usage: <program> "), "{}", ran.stdout);
            }
        }
    }
}

// CFG-385, CFG-387, CFG-395, CFG-403, CFG-506
#[test]
fn values_of_the_daemons_options() {
    let check = |words: &str, expected: &str| {
        check(&format!("supervisord -n -c daemon.conf {words}"), &format!("Error: {expected}"), 2);
    };
    check("-m 9", "invalid value for -m '9': 9 can not be converted to an octal type");
    check("--umask 9", "invalid value for --umask '9': 9 can not be converted to an octal type");
    check("-y 1TB", "invalid value for -y '1TB': invalid literal for int() with base 10: '1tb'");
    check("-e warning", "invalid value for -e 'warning': bad logging level name 'warning'");
    check("-d gone", "invalid value for -d 'gone': gone is not an existing directory");
    let path = "The directory named as part of the path gone/x does not exist";
    check("-j gone/x", &format!("invalid value for -j 'gone/x': {path}"));
    check("-u no-such-user", "Invalid user name no-such-user");
    check("--nodaemon=1", "option --nodaemon must not have an argument");
    check("--log x", "option --log not a unique prefix");
}

// CFG-428, CFG-432, LIB-025
#[test]
fn the_small_programs() {
    let sandbox = Sandbox::new();
    let ours = crate::ours();
    let plain = run(&ours, &sandbox, "echo_supervisord_conf");
    let asked = run(&ours, &sandbox, "echo_supervisord_conf --help -x y");
    assert_eq!((plain.status, &plain.stdout), (0, &asked.stdout));
    assert_eq!(asked.status, 0);
    for installation in [Some(ours), Installation::oracle()].into_iter().flatten() {
        for line in ["pidproxy", "pidproxy x.pid"] {
            let ran = run(&installation, &sandbox, line);
            assert_eq!((ran.status, ran.stderr.as_str()), (1, ""), "{}", installation.label);
            assert!(ran.stdout.contains("pidfile"), "{}", ran.stdout);
        }
    }
}
