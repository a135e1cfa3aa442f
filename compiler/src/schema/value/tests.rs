//! Every kind of value: what its texts become, and how the original refuses the others.

use std::path::Path;

use super::*;
use crate::host::memory::MemoryHost;
use crate::host::{Group, User};
use crate::plan::Owner;

fn host() -> MemoryHost {
    let user = |name: &str, uid| User { name: name.into(), uid, gid: uid, home: "/home/u".into() };
    MemoryHost {
        users: vec![user("root", 0), user("www", 33)],
        groups: vec![Group { name: "adm".into(), gid: 4 }],
        directories: vec!["/srv/log".into()],
        ..MemoryHost::default().with_env("HOME", "/srv/")
    }
}

/// `texts` and what each becomes as a `K`: the value as it is shown, or the original's refusal.
#[track_caller]
fn check<K: Kind>(texts: &[(&str, &str)]) {
    let host = host();
    let inquiry = Inquiry::new(&host, true);
    for (text, expected) in texts {
        let found = match K::parse(text, &inquiry) {
            Ok(value) => K::show(&value).to_string(),
            Err(invalid) => invalid.original,
        };
        assert_eq!(found, *expected, "`{text}`");
    }
}

#[test]
fn integers() {
    // CFG-271, CFG-272, CFG-277
    let no = |text: &str| format!("invalid literal for int() with base 10: {text}");
    check::<Integer>(&[
        ("010", "10"),
        (" +7\n", "7"),
        ("-3", "-3"),
        ("1_000", "1000"),
        ("٣٤", "34"),
        ("99999999999999999999", "9223372036854775807"),
        ("-99999999999999999999", "-9223372036854775808"),
        ("", &no("''")),
        ("0x10", &no("'0x10'")),
        ("1.5", &no("'1.5'")),
        ("1__0", &no("'1__0'")),
        ("_1", &no("'_1'")),
        ("1_", &no("'1_'")),
        ("+-1", &no("'+-1'")),
        ("½", &no("'½'")),
    ]);
}

#[test]
fn booleans() {
    // CFG-273
    check::<bool>(&[
        ("Yes", "true"),
        ("on", "true"),
        ("1", "true"),
        ("FALSE", "false"),
        ("no", "false"),
        ("", "not a valid boolean value: ''"),
        ("Maybe", "not a valid boolean value: 'Maybe'"),
        (" true", "not a valid boolean value: ' true'"),
    ]);
}

#[test]
fn sizes() {
    // CFG-274
    let no = |text: &str| format!("invalid literal for int() with base 10: {text}");
    check::<Bytes>(&[
        ("1KB", "1024"),
        ("1 kb", "1024"),
        ("+1Mb", "1048576"),
        ("-1GB", "-1073741824"),
        ("1_0kb", "10240"),
        ("0", "0"),
        ("9999999999999999GB", "9223372036854775807"),
        ("1.5MB", &no("'1.5'")),
        ("KB", &no("''")),
        ("1TB", &no("'1tb'")),
        ("10M", &no("'10m'")),
        ("1B", &no("'1b'")),
    ]);
}

#[test]
fn octal_modes() {
    // CFG-275
    check::<Octal>(&[
        ("022", "022"),
        ("22", "022"),
        (" 0o17 ", "017"),
        ("0O7_7", "077"),
        ("-1", "-001"),
        ("8", "8 can not be converted to an octal type"),
        ("", " can not be converted to an octal type"),
        ("rw", "rw can not be converted to an octal type"),
    ]);
}

#[test]
fn exit_codes() {
    // CFG-212, CFG-276
    check::<ExitCodes>(&[
        ("0", "0"),
        (" 1 , 0", "1,0"),
        ("", ""),
        ("0,", "not a valid list of exit codes: '0,'"),
        ("256", "not a valid list of exit codes: '256'"),
        ("-1", "not a valid list of exit codes: '-1'"),
        ("a", "not a valid list of exit codes: 'a'"),
    ]);
}

#[test]
fn levels_and_restart_policies() {
    // CFG-278, CFG-279
    check::<LogLevel>(&[
        ("WARN", "warn"),
        ("blather", "blather"),
        ("warning", "bad logging level name 'warning'"),
        ("", "bad logging level name ''"),
    ]);
    check::<AutoRestart>(&[
        ("Unexpected", "unexpected"),
        ("1", "true"),
        ("off", "false"),
        ("MayBe", "invalid 'autorestart' value 'maybe'"),
    ]);
}

#[test]
fn signals() {
    // CFG-280, CFG-281
    let number = |text: &str| format!("value {text} is not a valid signal number");
    let name = |text: &str| format!("value {text} is not a valid signal name");
    check::<Signal>(&[
        ("TERM", "TERM"),
        (" sigint ", "INT"),
        ("15", "TERM"),
        ("0", "0"),
        ("64", "RTMAX"),
        ("cld", "CHLD"),
        ("SIG_IGN", "HUP"),
        ("35", &number("'35'")),
        ("-1", &number("'-1'")),
        ("RTMIN+1", &name("'RTMIN+1'")),
        ("SIGSIGTERM", &name("'SIGSIGTERM'")),
        ("", &name("''")),
    ]);
}

#[test]
fn users_and_owners() {
    // CFG-286, CFG-287, CFG-288
    check::<UserRef>(&[
        ("www", "www"),
        ("33", "33"),
        ("nobody", "Invalid user name nobody"),
        ("34", "Invalid user id 34"),
        ("", "Invalid user name "),
        ("root:root", "Invalid user name root:root"),
    ]);
    let host = host();
    let inquiry = Inquiry::new(&host, true);
    let ids = |text| Owner::parse(text, &inquiry).map(|owner| owner.ids);
    assert_eq!(ids("www"), Ok(Some((33, None))));
    assert_eq!(ids("www:adm"), Ok(Some((33, Some(4)))));
    assert!(ids("root:").is_err());
    assert!(ids("root:4:4").is_err());
}

#[test]
fn directories_and_paths() {
    // CFG-289, CFG-290, CFG-291
    let missing =
        |path: &str| format!("The directory named as part of the path {path} does not exist");
    check::<Directory>(&[
        ("/srv", "/srv"),
        ("~/log", "/srv/log"),
        ("/nope", "/nope is not an existing directory"),
        ("", " is not an existing directory"),
    ]);
    check::<DirPath>(&[
        ("plain.log", "plain.log"),
        ("", ""),
        ("/srv/log/a", "/srv/log/a"),
        ("~www/a", &missing("~www/a")),
        ("~nobody/a", &missing("~nobody/a")),
        ("/nope/a", &missing("/nope/a")),
    ]);
    check::<LogTarget>(&[
        ("NONE", "none"),
        ("off", "none"),
        ("Auto", "auto"),
        ("", "none"),
        ("none.log", "none.log"),
    ]);
}

#[test]
fn the_machine_is_asked_only_when_it_counts() {
    let host = host();
    let inquiry = Inquiry::new(&host, false);
    let user = UserRef::parse("nobody", &inquiry).unwrap();
    assert_eq!(user, UserRef { name: "nobody".into(), uid: None });
    assert!(DirPath::parse("/nope/a", &inquiry).is_ok());
}

#[test]
fn addresses() {
    // CFG-295, CFG-296, CFG-297
    check::<InetAddress>(&[
        ("9001", "*:9001"),
        ("*:9001", "*:9001"),
        ("LocalHost:80", "localhost:80"),
        ("http://x:1", "http://x:1"),
        ("x", "not a valid port number: 'x' "),
        ("0", "not a valid port number: '0' "),
        ("h:", "no port number specified in ''"),
        ("h:x", "invalid literal for int() with base 10: 'x'"),
        ("h:0", "0 is below lower bound (1)"),
        ("h:70000", "70000 is above upper bound (65535)"),
    ]);
}

#[test]
fn names_and_lists() {
    // CFG-282, CFG-283
    check::<Name>(&[
        (" a ", "a"),
        ("", ""),
        ("é.*%]", "é.*%]"),
        ("a b:c", "Invalid name: 'a b:c' because of character: ' '"),
        ("b:c/", "Invalid name: 'b:c/' because of character: ':'"),
        ("c/", "Invalid name: 'c/' because of character: '/'"),
    ]);
    check::<List>(&[("a, b,,", "a,b,,"), ("", "")]);
    check::<UpperList>(&[("tick,EVENT, tick", "EVENT,TICK")]);
}

#[test]
fn environments() {
    // CFG-299, CFG-300, CFG-301, CFG-302, CFG-303, CFG-304, CFG-305, CFG-306, CFG-307, CFG-308,
    // CFG-309, CFG-310, CFG-311, CFG-312, CFG-313
    let host = host();
    let inquiry = Inquiry::new(&host, true);
    let read = |text: &str| match Environment::parse(text, &inquiry) {
        Ok(read) => read.iter().map(|(name, value)| format!("{name}={value};")).collect(),
        Err(invalid) => invalid.original,
    };
    let broken = |text: &str| format!("Unexpected end of key/value pairs in value '{text}'");
    let table = [
        ("A=1,B=\"x, y\",C='z'", "A=1;B=x, y;C=z;"),
        ("A=1,\n  B=2,", "A=1;B=2;"),
        ("A=1,A=2", "A=2;"),
        ("URL=http://x:80/?a=b", "URL=http://x:80/;a=b;"),
        ("A=$HOME", "A=$;"),
        ("A=\"'x'\"", "A=x;"),
        ("\"A\"=1", "\"A\"=1;"),
        ("A=x#c\nz", "A=xz;"),
        ("A=a b", "A=a;"),
        ("A=\"\"", "A=;"),
        ("", ""),
        ("# nothing", ""),
        ("A=\"x", "No closing quotation"),
        ("A=1 \"B\"=\"", "No closing quotation"),
    ];
    for (text, expected) in table {
        assert_eq!(read(text), expected, "`{text}`");
    }
    for text in ["A=", "A=,B=2", "A=a@b.com", "A=1,,B=2", ",A=1", "A=1\nB=2", "A=été"] {
        assert_eq!(read(text), broken(text));
    }
}

#[test]
fn environments_merge_and_find() {
    // CFG-329
    let daemon: Environment = [("A", "1"), ("B", "1")].into_iter().collect();
    let own: Environment = [("B", "2"), ("C", "")].into_iter().collect();
    let merged = daemon.merged(&own);
    assert_eq!(merged.iter().collect::<Vec<_>>(), [("A", "1"), ("B", "2"), ("C", "")]);
    assert_eq!((merged.get("C"), merged.get("D"), merged.len()), (Some(""), None, 3));
    assert_eq!(format!("{merged:?}"), r#"{"A", "B", "C"}"#);
}

#[test]
fn paths_become_absolute_without_the_file_system() {
    let table = [
        ("a", "/base/a"),
        ("./a/../b//c/", "/base/b/c"),
        ("/../x", "/x"),
        ("//x", "//x"),
        ("///x", "/x"),
        ("", "/base"),
    ];
    for (path, expected) in table {
        assert_eq!(absolute(Path::new("/base"), path), Path::new(expected), "`{path}`");
    }
}

proptest::proptest! {
    #[test]
    fn plain_lists_read_as_the_grammar_reads_them(text in "[A-C\"'=, ;#a\n]{0,14}") {
        let grammar = grammar::value::pairs(&text);
        let host = host();
        let read = Environment::parse(&text, &Inquiry::new(&host, false));
        match grammar {
            Err(error) => proptest::prop_assert_eq!(read.unwrap_err().original, error.message(&text)),
            Ok(pairs) => {
                let pairs = pairs.iter().map(|pair| (pair.key.text.to_string(), pair.value().to_owned()));
                proptest::prop_assert_eq!(read.unwrap(), pairs.collect::<Environment>());
            }
        }
    }
}
