//! Tests of reading command lines, on a table like that of the daemon.

use super::*;

const fn known(
    short: &'static str,
    long: &'static str,
    takes_argument: bool,
) -> Known<&'static str> {
    let key = long;
    Known { key, short, long, takes_argument }
}

const TABLE: &[Known<&str>] = &[
    known("h?", "help", false),
    known("c", "configuration", true),
    known("n", "nodaemon", false),
    known("l", "logfile", true),
    known("y", "logfile_maxbytes", true),
    known("e", "loglevel", true),
    known("", "minprocs", true),
];

/// The line taken apart, shown as `spelling=value …| words`.
fn shown(line: &str) -> String {
    let arguments: Vec<_> =
        line.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
    let parsed = match parse(TABLE, &arguments) {
        Ok(parsed) => parsed,
        Err(error) => return error.to_string(),
    };
    let mut parts: Vec<_> = parsed
        .options
        .iter()
        .map(|option| match &option.value {
            Some(value) => format!("{}={value}", option.spelling),
            None => option.spelling.clone(),
        })
        .collect();
    parts.push("|".to_owned());
    parts.extend(parsed.words);
    parts.join(" ")
}

fn check(line: &str, expected: &str) {
    assert_eq!(shown(line), expected, "{line}");
}

#[test]
fn options_end_at_the_first_other_word() {
    // CFG-379, CTL-008
    check("", "|");
    check("-n start -n", "-n | start -n");
    check("-n -- -n", "-n | -n");
    check("-n - -n", "-n | - -n");
    check("-n -c -- x", "-n -c=-- | x");
}

#[test]
fn short_options_are_bundled() {
    // CFG-379, CTL-007
    check("-ncfile x", "-n -c=file | x");
    check("-nc file", "-n -c=file |");
    check("-c=file", "-c==file |");
    check("-?h", "-? -h |");
}

#[test]
fn long_options_are_completed() {
    // CFG-379, CFG-385
    check("--conf=a=b --con c", "--configuration=a=b --configuration=c |");
    check(
        "--logfile x --logfile_=1 --logl=info",
        "--logfile=x --logfile_maxbytes=1 --loglevel=info |",
    );
    check("--configuration=", "--configuration= |");
    check("--min 3", "--minprocs=3 |");
}

#[test]
fn errors_have_the_texts_of_the_original() {
    // CFG-380, CFG-381, CFG-382, CFG-383, CFG-411
    check("-x", "option -x not recognized");
    check("-nx", "option -x not recognized");
    check("--bogus=1", "option --bogus not recognized");
    check("--logfile-maxbytes=1", "option --logfile-maxbytes not recognized");
    check("-n -c", "option -c requires argument");
    check("--conf", "option --configuration requires argument");
    check("--nodaemon=1", "option --nodaemon must not have an argument");
    check("--no=", "option --nodaemon must not have an argument");
    check("--log x", "option --log not a unique prefix");
    check("--=x", "option -- not a unique prefix");
}

#[test]
fn repetition_is_seen_across_forms() {
    // CFG-386, CTL-010
    let arguments: Vec<_> = ["-n", "-c", "a", "--conf=b"].map(str::to_owned).to_vec();
    let parsed = parse(TABLE, &arguments).unwrap_or_else(|error| panic!("{error}"));
    let repeated: Vec<_> = parsed.options.iter().filter(|option| option.repeated).collect();
    let conflicts: Vec<_> = repeated.iter().map(|option| option.conflict().to_string()).collect();
    assert_eq!(conflicts, ["conflicting command line option '--configuration'"]);
}

#[test]
fn a_report_has_two_lines() {
    let error = UsageError("option -x not recognized".to_owned());
    let expected = "Error: option -x not recognized\nFor help, use bin/supervisord -h\n";
    assert_eq!(error.report("bin/supervisord"), expected);
}
