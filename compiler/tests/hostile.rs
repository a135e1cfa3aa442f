//! Hostile input: whatever stands where a configuration should, compilation ends in a plan or a
//! diagnostic, with memory and time in proportion to what it was given.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use compiler::diagnostic::MOST_FINDINGS;
use compiler::host::memory::MemoryHost;
use compiler::host::system::SystemHost;
use compiler::incremental::Incremental;
use compiler::lint::{self, Policy};
use compiler::{Compiled, Depth, Options, compile};
use nix::sys::stat::Mode;

const ROOT: &str = "/s.conf";

/// `[supervisord]` and `text`, compiled.
fn compiled(text: &str) -> Compiled {
    let host = MemoryHost::new([(ROOT, format!("[supervisord]\n{text}"))]);
    compile(&host, Path::new(ROOT), &Options::default())
}

/// The code of the first error; `""` when there is a plan.
fn verdict(compiled: &Compiled) -> &'static str {
    let first = compiled.diagnostics.first_error().map_or("", |found| found.code.id());
    assert_eq!(compiled.plan.is_none(), !first.is_empty());
    first
}

/// The verdict on a main file that includes `d/*` of a directory that `fill` has filled.
fn included(fill: impl Fn(&Path)) -> &'static str {
    let directory = tempfile::tempdir().expect("a directory");
    let (root, below) = (directory.path().join("s.conf"), directory.path().join("d"));
    fs::create_dir(&below).expect("a directory below it");
    let text = "[supervisord]\n[include]\nfiles=d/* d/*/* d/*/*/*\n";
    fs::write(&root, text).expect("a main file");
    fill(&below);
    verdict(&compile(&SystemHost, &root, &Options::default()))
}

#[test]
fn files_too_large_are_refused_unread() {
    let sparse = |path: &Path| File::create(path).unwrap().set_len(100 << 20).unwrap();
    assert_eq!(included(|below| sparse(&below.join("a.conf"))), "SV104");
    assert_eq!(included(|below| symlink("/dev/zero", below.join("a.conf")).unwrap()), "SV104");
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("s.conf");
    sparse(&root);
    assert_eq!(verdict(&compile(&SystemHost, &root, &Options::default())), "SV104");
}

#[test]
fn more_than_a_million_lines_are_refused_before_they_are_taken_apart() {
    for line in ["[a]\n", "a\r", ";\r\n", "a=\n", "\n"] {
        let compiled = compiled(&line.repeat(1_000_001));
        assert_eq!((verdict(&compiled), compiled.diagnostics.len()), ("SV104", 2), "{line:?}");
        assert_eq!(compiled.settings.sections().count(), 0);
    }
}

#[test]
fn faulty_lines_are_listed_up_to_a_thousand() {
    let compiled = compiled(&"junk\n".repeat(3000));
    assert_eq!(compiled.diagnostics.len(), 1001);
    let last = compiled.diagnostics.iter().last().unwrap();
    assert_eq!(last.message, "2000 more faulty lines from here on");
    // CFG-053: the message of the original names them all.
    assert_eq!(compiled.original_error().unwrap().matches("[line ").count(), 3000);
}

#[test]
fn findings_are_listed_up_to_ten_thousand() {
    let wrong = |number: usize| format!("[program:p{number}]\ncommand=/x\nstartsecs=soon\n");
    let compiled = compiled(&(0..12_000).map(wrong).collect::<String>());
    assert_eq!((verdict(&compiled), compiled.diagnostics.len()), ("SV028", MOST_FINDINGS + 1));
    let last = compiled.diagnostics.iter().last().unwrap();
    assert_eq!(last.message, "2000 more findings from here on");
    let group = format!("[group:g]\nprograms={}\n", "x,".repeat(100_000));
    let compiled = self::compiled(&group);
    assert_eq!((verdict(&compiled), compiled.diagnostics.len()), ("SV036", 101));
    let last = compiled.diagnostics.iter().last().unwrap();
    assert_eq!(last.message, "99901 more unknown programs from here on");
}

#[test]
fn more_sections_than_anybody_has_are_refused() {
    let text: String = (0..200_000).map(|number| format!("[s{number}]\n")).collect();
    let compiled = compiled(&text);
    assert_eq!((verdict(&compiled), compiled.diagnostics.len()), ("SV104", 2));
}

/// How many findings the linter has on `[supervisord]` and `text`.
fn linted(text: &str) -> usize {
    let compiled = compiled(text);
    let host = MemoryHost::default();
    let (sources, policy) = (&compiled.sources, Policy::default());
    lint::run(sources, &host, policy, &compiled.diagnostics).len()
}

#[test]
fn many_options_of_one_section() {
    let options: String = (0..12_000).map(|number| format!("k{number}=1\n")).collect();
    let program = format!("[program:a]\ncommand=/x\n{options}");
    assert_eq!(linted(&program), MOST_FINDINGS + 1);
    // The same, a few at a time, and under everybody.
    let opened = options.replace("00=1\n", "00=1\n[program:a]\n");
    assert!(linted(&format!("[program:a]\ncommand=/x\n{opened}")) > MOST_FINDINGS);
    let programs: String =
        (0..200).map(|number| format!("[program:p{number}]\ncommand=/x\n")).collect();
    assert!(linted(&format!("[DEFAULT]\n{options}{programs}")) < MOST_FINDINGS);
}

#[test]
fn many_sections() {
    let section = |number: usize| format!("[program:p{number}]\ncommand=/x\n");
    let compiled = compiled(&(0..20_000).map(section).collect::<String>());
    assert_eq!(verdict(&compiled), "");
    assert_eq!(compiled.plan.unwrap().groups.len(), 20_000);
}

/// What is said of a configuration that comes to too much, with the place and what stands there.
fn excess(text: &str) -> (String, String) {
    let compiled = compiled(text);
    assert_eq!(verdict(&compiled), "SV124", "{:?}", compiled.diagnostics.first_error());
    assert_eq!(compiled.diagnostics.len(), 1);
    let found = compiled.diagnostics.first_error().expect("the verdict is an error");
    let place = found.labels().first();
    let place = place.map(|label| format!("{}: {}", compiled.sources.of(label.span), label.text));
    assert_eq!(compiled.original_error(), Some(found.message.as_str()));
    // A check, which makes no processes, comes to the same end.
    let host = MemoryHost::new([(ROOT, format!("[supervisord]\n{text}"))]);
    let (judged, _) = compiler::judge(&host, Path::new(ROOT), &Options::default());
    assert_eq!(judged, compiled.diagnostics);
    (found.message.clone(), place.unwrap_or_default())
}

// CFG-204
#[test]
fn more_processes_than_any_machine_runs() {
    let many = |name: &str, count: usize| {
        format!("[program:{name}]\ncommand=/x\nnumprocs={count}\nprocess_name=%(process_num)d\n")
    };
    let tens: String = (0..5).map(|number| many(&format!("p{number}"), 90_000)).collect();
    let too_many = "the sections ask for more than 500000 processes".to_owned();
    let at_the_largest = (too_many.clone(), "100000: 100000 of them here".to_owned());
    // What else is wrong is found when there are fewer.
    assert_eq!(
        excess(&(many("a", 100_000) + &tens + "[program:b]\ncommand=\"\nuser=\nx=%(")),
        at_the_largest
    );
    // One program again and again.
    let group = format!("[group:g]\nprograms={}\n[program:a]\ncommand=/x\n", "a,".repeat(500_001));
    assert_eq!(excess(&group), (too_many, String::new()));
}

#[test]
fn fewer_processes_than_none() {
    for count in ["0", "-1", "-9223372036854775808", "-99999999999999999999"] {
        let compiled = compiled(&format!("[program:a]\ncommand=/x\nnumprocs={count}\n"));
        assert_eq!(verdict(&compiled), "");
        assert!(compiled.plan.is_some_and(|plan| plan.groups[0].processes.is_empty()));
    }
}

#[test]
fn more_text_than_any_fleet_is_told() {
    let long = "x".repeat(1 << 20);
    let too_long = "the processes come to more than 256 MiB of text".to_owned();
    for option in ["command=/", "stdout_logfile=/"] {
        let text = format!(
            "[program:a]\ncommand=/x\n{option}{long}\nnumprocs=260\nprocess_name=%(process_num)d\n"
        );
        assert_eq!(
            excess(&text),
            (too_long.clone(), "260: 260 of them here".to_owned()),
            "{option}"
        );
    }
    // The variables of the daemon are everybody's, and so are the defaults.
    let programs: String =
        (0..260).map(|number| format!("[program:p{number}]\ncommand=/x\n")).collect();
    let nowhere = (too_long, String::new());
    assert_eq!(excess(&format!("environment=A={long}\n{programs}")), nowhere);
    assert_eq!(excess(&format!("[DEFAULT]\ndirectory=/{long}\n{programs}")), nowhere);
    // So is what is wrong with them.
    assert_eq!(excess(&format!("[DEFAULT]\nstartsecs={long}\n{programs}")), nowhere);
}

#[test]
fn lines_of_ten_megabytes() {
    let long = "x".repeat(10 << 20);
    for text in [
        format!("[program:a]\ncommand=/{long}\n"),
        format!("[program:a]\ncommand=/x ;{long}\n"),
        format!("; {long}\n[program:a]\ncommand=/x\n"),
        format!("[program:{long}]\ncommand=/x\n"),
        format!("[program:a]\ncommand=/x\n{long}=1\n"),
        format!("[program:a]\ncommand=/x\n[{}\n=", "]".repeat(10 << 20)),
    ] {
        let end = text.len() - 40;
        let expected = if text.ends_with('=') { "SV102" } else { "" };
        assert_eq!(verdict(&compiled(&text)), expected, "{:?}", &text[end..]);
    }
    assert_eq!(verdict(&compiled(&long)), "SV101");
}

#[test]
fn expansions_ten_thousand_deep() {
    let (open, close) = ("%(".repeat(10_000), ")s".repeat(10_000));
    for value in [format!("{open}here{close}"), open.clone(), "(".repeat(10_000), close] {
        for key in ["command", "environment"] {
            let text = format!("[program:a]\ncommand=/x\n{key}=A=\"{value}\"\n");
            let refused = value.contains('%');
            assert_eq!(!verdict(&compiled(&text)).is_empty(), refused, "{key}");
        }
    }
}

#[test]
fn expansions_that_grow() {
    let wide = "%(process_num)065000d".repeat(1100);
    let long = "%(program_name)s".repeat(70);
    let name = "x".repeat(1 << 20);
    for text in [
        format!("[program:a]\ncommand=/x {wide}\n"),
        format!("[program:{name}]\nprocess_name=a\ncommand=/x {long}\n"),
    ] {
        let compiled = compiled(&text);
        assert_eq!(verdict(&compiled), "SV124");
        let found = compiled.diagnostics.first_error().unwrap();
        assert_eq!(found.message, "expanded, the value is longer than 64 MiB");
    }
}

#[test]
fn links_that_lead_back() {
    let verdict = included(|below| {
        symlink(".", below.join("here")).unwrap();
        symlink("..", below.join("up")).unwrap();
        symlink("loop", below.join("loop")).unwrap();
        symlink("nowhere", below.join("dangling")).unwrap();
        fs::write(below.join("a.conf"), "[program:a]\ncommand=/x\n").unwrap();
    });
    assert_eq!(verdict, "");
}

#[test]
fn things_that_are_no_files() {
    let verdict = included(|below| {
        nix::unistd::mkfifo(&below.join("fifo"), Mode::S_IRWXU).unwrap();
        for device in ["/dev/null", "/dev/ptmx", "/proc/self/mem"] {
            symlink(device, below.join(device.replace('/', "-"))).unwrap();
        }
        drop(std::os::unix::net::UnixListener::bind(below.join("socket")).unwrap());
        fs::create_dir(below.join("directory")).unwrap();
    });
    assert_eq!(verdict, "");
}

#[test]
fn bytes_that_are_no_text() {
    assert_eq!(verdict(&compiled("[program:a]\ncommand=/x\0y\n\0=\0\n")), "");
    assert_eq!(included(|below| fs::write(below.join("a"), b"[a]\nb=\xff\n").unwrap()), "SV008");
    let noise: Vec<u8> =
        (0..200_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    assert_eq!(included(|below| fs::write(below.join("a"), &noise).unwrap()), "SV008");
}

#[test]
fn a_file_edited_while_it_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let (root, other) = (directory.path().join("s.conf"), directory.path().join("new"));
    let text = |argument: usize| format!("[supervisord]\n[program:a]\ncommand=/x {argument:04}\n");
    fs::write(&root, text(0)).unwrap();
    let mut incremental = Incremental::default();
    let options = Options { depth: Depth::Host, ..Options::default() };
    let learned = incremental.start(&SystemHost, &root, &options).learned;
    let again = Options { reread: Some(learned), ..options };
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for edit in 0.. {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                // In place, where half a file may be read, and by a rename.
                let target = if edit % 2 == 0 { &root } else { &other };
                fs::write(target, text(edit % 9999)).unwrap();
                if edit % 2 == 1 {
                    fs::rename(&other, &root).unwrap();
                }
            }
            fs::write(&root, text(9999)).unwrap();
        });
        for _ in 0..300 {
            let outcome = incremental.compile(&SystemHost, &root, &again);
            assert!(outcome.plan.is_ok() || outcome.plan.is_err_and(|error| !error.is_empty()));
        }
        stop.store(true, Ordering::Relaxed);
    });
    let plan = incremental.compile(&SystemHost, &root, &again).plan.unwrap();
    assert_eq!(plan.groups[0].processes[0].program.command, "/x 9999");
}
