//! The command line of `supervisorc`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::check::{Check, Mend};
use super::schema::SCHEMAS;
use super::{Failure, Input, Verdict, daemon, diff, finish, output, plan};
use crate::lint::{self, Policy};
use crate::report::Format;
use crate::schema::sample;

const PROGRAM: &str = "supervisorc";

/// See [`super::supervisorc`].
pub(super) fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let matches = match command().try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) => {
            let (text, code) = (error.render(), error.exit_code());
            if error.use_stderr() {
                output::to_stderr(&text.to_string());
            } else {
                output::to_stdout(&text.to_string());
            }
            return ExitCode::from(u8::try_from(code).unwrap_or(2));
        }
    };
    let Some((name, matches)) = matches.subcommand() else { return ExitCode::from(2) };
    finish(PROGRAM, carry_out(name, matches))
}

fn carry_out(name: &str, matches: &ArgMatches) -> Result<Verdict, Failure> {
    match name {
        "check" => check(matches)?.run(),
        "plan" => {
            let json = matches.get_one::<String>("format").is_some_and(|format| format == "json");
            plan::print(&input(matches)?, json, matches.get_flag("show-secrets"))
        }
        "build" => match matches.get_one::<PathBuf>("output") {
            Some(target) => diff::build(&input(matches)?, target),
            None => Err(Failure::Other("no file to write to".to_owned())),
        },
        "diff" => {
            let side = |name: &str| Input {
                file: matches.get_one::<PathBuf>(name).cloned().unwrap_or_default(),
                ..Input::default()
            };
            diff::print(&side("old"), &side("new"), matches.get_flag("exit-code"))
        }
        "explain" => {
            let codes = matches.get_many::<String>("code").into_iter().flatten();
            codes.map(|code| daemon::explain(code)).collect::<Result<Vec<_>, _>>()?;
            Ok(Verdict::Accepted)
        }
        "schema" => {
            let name = matches.get_one::<String>("name").map_or("", String::as_str);
            let schema = super::schema(name)
                .ok_or_else(|| Failure::Other(format!("there is no schema `{name}`")))?;
            output::to_stdout(&format!("{schema:#}\n"));
            Ok(Verdict::Accepted)
        }
        "sample" => {
            output::to_stdout(&sample::sample());
            Ok(Verdict::Accepted)
        }
        _ => {
            output::to_stdout(&lint::list());
            Ok(Verdict::Accepted)
        }
    }
}

/// The commands and their options.
pub(super) fn command() -> Command {
    Command::new(PROGRAM)
        .about("Checks and compiles supervisord.conf")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(check_command())
        .subcommand(
            with_input(Command::new("plan"))
                .about("Print the effective configuration, every value with where it comes from")
                .arg(
                    choice("format", &["full", "json"])
                        .default_value("full")
                        .help("Form of the output"),
                )
                .arg(flag("show-secrets").help("Show passwords and values of the environment")),
        )
        .subcommand(
            with_input(Command::new("build"))
                .about(
                    "Compile a configuration into a plan, from which `supervisord --plan` starts",
                )
                .arg(
                    Arg::new("output")
                        .short('o')
                        .long("output")
                        .value_name("PLAN")
                        .required(true)
                        .value_parser(value_parser!(PathBuf))
                        .help("The file to write"),
                ),
        )
        .subcommand(
            Command::new("diff")
                .about("Say what an update would change, process by process and option by option")
                .arg(side("old").help("The configuration or plan in force"))
                .arg(side("new").help("The configuration or plan to follow it"))
                .arg(flag("exit-code").help("Exit with 1 when they differ")),
        )
        .subcommand(
            Command::new("explain")
                .about("Say what a code stands for, why it is bad and what to write instead")
                .arg(Arg::new("code").required(true).num_args(1..).value_name("CODE")),
        )
        .subcommand(Command::new("rules").about("List every code"))
        .subcommand(
            Command::new("schema")
                .about(
                    "Print a JSON schema: of a configuration, or of what `check` and `plan` print",
                )
                .arg(
                    Arg::new("name")
                        .value_name("NAME")
                        .value_parser(SCHEMAS.map(|(name, _)| name))
                        .default_value("config")
                        .help("What the schema is of"),
                ),
        )
        .subcommand(Command::new("sample").about("Print a configuration to start from"))
}

fn check_command() -> Command {
    let formats: Vec<&str> = Format::ALL.iter().map(|(name, _)| *name).collect();
    with_input(Command::new("check"))
        .about("Say what is wrong with a configuration")
        .mut_arg("file", |file| file.num_args(1..))
        .arg(
            choice("depth", &["syntax", "plan", "host"])
                .default_value("plan")
                .help("How far to go: the lines alone, the whole text, or this machine too"),
        )
        .arg(choice("format", &formats).default_value("full").help("Form of the report"))
        .arg(
            choice("fail-on", &["error", "warning", "info"])
                .default_value("error")
                .help("Least severity that fails"),
        )
        .arg(flag("exit-zero").help("Report only: findings do not fail"))
        .arg(flag("strict").help("Unknown options and sections are errors"))
        .arg(
            Arg::new("stop-timeout")
                .long("stop-timeout")
                .value_name("SECS")
                .value_parser(value_parser!(i64))
                .help("Seconds a shutdown may take"),
        )
        .arg(flag("fix").help("Apply the safe fixes"))
        .arg(flag("unsafe-fixes").help("Apply all fixes"))
        .arg(flag("diff").help("Show what the fixes change instead of applying them"))
}

/// The arguments that say what to compile.
fn with_input(command: Command) -> Command {
    command
        .arg(
            Arg::new("file")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("The configuration file; `-` for standard input"),
        )
        .arg(
            Arg::new("configuration")
                .short('c')
                .long("configuration")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .conflicts_with("file")
                .help("As supervisord takes it"),
        )
        .arg(
            Arg::new("as")
                .long("as")
                .value_name("PATH")
                .value_parser(value_parser!(PathBuf))
                .help("The path standard input goes by, for `%(here)s` and includes"),
        )
        .arg(
            flag("fragment")
                .help("The file is written to be included: judge it behind a bare main file"),
        )
        .arg(
            Arg::new("env-file")
                .long("env-file")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .action(ArgAction::Append)
                .help("Variables, a NAME=VALUE a line"),
        )
        .arg(
            Arg::new("assume-env")
                .long("assume-env")
                .value_name("NAME[=VALUE]")
                .action(ArgAction::Append)
                .help("Take a variable for set"),
        )
}

fn side(name: &'static str) -> Arg {
    Arg::new(name).required(true).value_parser(value_parser!(PathBuf))
}

fn flag(name: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue)
}

fn choice(name: &'static str, values: &[&'static str]) -> Arg {
    Arg::new(name).long(name).value_parser(values.to_vec())
}

fn input(matches: &ArgMatches) -> Result<Input, Failure> {
    let path = |name: &str| matches.get_one::<PathBuf>(name).cloned();
    let many = |name: &str| matches.get_many::<PathBuf>(name).into_iter().flatten().cloned();
    let assumed = matches.get_many::<String>("assume-env").into_iter().flatten();
    Ok(Input {
        file: match path("file").or_else(|| path("configuration")) {
            Some(file) => file,
            None => daemon::search(PROGRAM)?,
        },
        named: path("as"),
        fragment: matches.get_flag("fragment"),
        env_files: many("env-file").collect(),
        assume_env: assumed.map(|text| daemon::assumed(text)).collect(),
        ..Input::default()
    })
}

fn check(matches: &ArgMatches) -> Result<Check, Failure> {
    let word = |name: &str| matches.get_one::<String>(name).map_or("", String::as_str);
    let defaults = Check::default();
    let diff = matches.get_flag("diff");
    let files = matches.get_many::<PathBuf>("file").into_iter().flatten();
    Ok(Check {
        input: input(matches)?,
        further: files.skip(1).cloned().collect(),
        policy: Policy {
            depth: daemon::depth(word("depth")).unwrap_or_default(),
            strict: matches.get_flag("strict"),
            fragment: matches.get_flag("fragment"),
            stop_timeout: matches.get_one("stop-timeout").copied(),
            user_given: false,
        },
        format: Format::find(word("format")).unwrap_or(defaults.format),
        fail_on: daemon::severity(word("fail-on")).unwrap_or(defaults.fail_on),
        exit_zero: matches.get_flag("exit-zero"),
        mend: if matches.get_flag("unsafe-fixes") {
            Mend::Everything
        } else if matches.get_flag("fix") || diff {
            Mend::Safe
        } else {
            Mend::Nothing
        },
        diff,
    })
}
