//! `diff`: what becomes of the running daemon when one plan follows another. Either side is a
//! configuration or a compiled plan.

use std::fmt::Write;
use std::path::Path;

use super::check::render_errors;
use super::{Failure, Input, Verdict, output};
use crate::host::Host;
use crate::plan::codec::{self, CodecError};
use crate::plan::diff::{GroupChange, GroupDiff, OptionDiff, PlanDiff, ProcessDiff, diff};
use crate::plan::{Listen, Plan, ServerPlan};
use crate::schema::Reload;
use crate::schema::value::Shown;
use crate::{Depth, plan};

/// Prints the difference. Differing is [`Verdict::Refused`] only when `fails`.
pub(super) fn print(old: &Input, new: &Input, fails: bool) -> Result<Verdict, Failure> {
    let (old, new) = match (load(old)?, load(new)?) {
        (Ok(old), Ok(new)) => (old, new),
        (Err(verdict), _) | (_, Err(verdict)) => return Ok(verdict),
    };
    let difference = diff(&old, &new);
    output::to_stdout(&text(&difference, &old, &new));
    let same = difference.is_empty();
    Ok(if same || !fails { Verdict::Accepted } else { Verdict::Refused })
}

/// The plan of one side, or the verdict on a side that has none.
fn load(input: &Input) -> Result<Result<Plan, Verdict>, Failure> {
    let desk = input.desk()?;
    let failed = |error| Failure::File(input.file.clone(), error);
    let bytes = desk.read(&input.root()).map_err(failed)?;
    match codec::decode(&bytes) {
        Ok(plan) => return Ok(Ok(plan)),
        // Then it is a configuration.
        Err(CodecError::Foreign | CodecError::Truncated { .. })
            if !bytes.starts_with(b"PLANVSR") => {}
        Err(error) => {
            return Err(Failure::Other(format!("{}: {error}", input.file.display())));
        }
    }
    let mut compiled = input.compile(&desk, Depth::Plan);
    Ok(compiled.plan.take().ok_or_else(|| render_errors(input, &compiled, &desk)))
}

fn text(difference: &PlanDiff, old: &Plan, new: &Plan) -> String {
    let mut out = String::new();
    options(&mut out, "[supervisord]", &difference.daemon, Reload::word);
    sections(&mut out, &old.servers, &new.servers, |server| server.section.clone(), server_options);
    sections(
        &mut out,
        &old.interfaces,
        &new.interfaces,
        |it| format!("rpcinterface:{}", it.name),
        |interface| vec![("supervisor.rpcinterface_factory", interface.factory.clone())],
    );
    for group in &difference.groups {
        match group {
            GroupDiff::Added(group) => {
                let _ = writeln!(out, "+ group {}", group.name);
                members(&mut out, '+', group);
            }
            GroupDiff::Removed(group) => {
                let _ = writeln!(out, "- group {}", group.name);
                members(&mut out, '-', group);
            }
            GroupDiff::Changed(change) => changed_group(&mut out, change),
        }
    }
    if out.is_empty() && !difference.is_empty() {
        out.push_str("~ the order of groups, or what is logged at the start\n");
    }
    out
}

/// Servers or interfaces, which only a start of the daemon opens.
fn sections<S: PartialEq>(
    out: &mut String,
    old: &[S],
    new: &[S],
    name: fn(&S) -> String,
    options: fn(&S) -> Vec<(&'static str, String)>,
) {
    let of = |list: &[S], wanted: &S| list.iter().position(|one| name(one) == name(wanted));
    for section in new {
        let Some(before) = of(old, section).map(|at| &old[at]) else {
            let _ = writeln!(out, "+ [{}] (daemon)", name(section));
            continue;
        };
        if before == section {
            continue;
        }
        let _ = writeln!(out, "~ [{}]", name(section));
        for ((option, old), (_, new)) in options(before).into_iter().zip(options(section)) {
            if old != new {
                let hidden = option == "password";
                let change =
                    if hidden { "its value".to_owned() } else { format!("{old} -> {new}") };
                let _ = writeln!(out, "      {option}: {change} (daemon)");
            }
        }
    }
    for gone in old.iter().filter(|section| of(new, section).is_none()) {
        let _ = writeln!(out, "- [{}] (daemon)", name(gone));
    }
}

/// The options of a server, the same ones for servers of a kind.
fn server_options(server: &ServerPlan) -> Vec<(&'static str, String)> {
    let none = || "(none)".to_owned();
    let mut options = match &server.listen {
        Listen::Inet { host, port } => vec![("port", format!("{host}:{port}"))],
        Listen::Unix { file, chmod, chown } => vec![
            ("file", file.display().to_string()),
            ("chmod", format!("{chmod:04o}")),
            ("chown", chown.as_ref().map_or_else(none, |owner| owner.text.clone())),
        ],
    };
    let credentials = server.credentials.as_ref();
    options.push(("username", credentials.map_or_else(none, |it| it.username.clone())));
    options.push(("password", credentials.map_or_else(none, |it| it.password.0.to_string())));
    options
}

fn members(out: &mut String, sign: char, group: &plan::GroupPlan) {
    for process in &group.processes {
        let _ = writeln!(out, "  {sign} {}:{}", group.name, process.name);
    }
}

fn changed_group(out: &mut String, change: &GroupChange) {
    let how = if change.replaces {
        "replaced by an update"
    } else {
        "kept by an update; to apply it, remove and add the group"
    };
    let word = if change.replaces { Reload::word } else { |_| "not by an update" };
    let _ = writeln!(out, "~ group {} ({how})", change.new.name);
    options(out, "", &change.options, word);
    for process in &change.processes {
        let name = &change.new.name;
        let _ = match process {
            ProcessDiff::Added(process) => writeln!(out, "  + {name}:{process}"),
            ProcessDiff::Removed(process) => writeln!(out, "  - {name}:{process}"),
            ProcessDiff::Changed(process, changed) => {
                options(out, &format!("  {name}:{process}"), changed, word);
                Ok(())
            }
        };
    }
}

fn options(
    out: &mut String,
    title: &str,
    changed: &[OptionDiff],
    word: fn(Reload) -> &'static str,
) {
    if changed.is_empty() {
        return;
    }
    if !title.is_empty() {
        let _ =
            writeln!(out, "{} {}", if title.starts_with(' ') { "  ~" } else { "~" }, title.trim());
    }
    for option in changed {
        let (old, new) = (shown(&option.old), shown(&option.new));
        let change = if old == new { "its values".to_owned() } else { format!("{old} -> {new}") };
        let _ = writeln!(out, "      {}: {change} ({})", option.name, word(option.reload));
    }
}

fn shown(value: &Shown) -> String {
    match value {
        Shown::Unset => "(none)".to_owned(),
        Shown::Boolean(flag) => flag.to_string(),
        Shown::Number(number) => number.to_string(),
        Shown::Text(text) => text.clone(),
        Shown::List(items) if items.is_empty() => "(none)".to_owned(),
        Shown::List(items) => items.join(","),
        Shown::Numbers(numbers) => numbers.iter().map(i64::to_string).collect::<Vec<_>>().join(","),
    }
}

/// Compiles `input` and writes its plan to `target`.
pub(super) fn build(input: &Input, target: &Path) -> Result<Verdict, Failure> {
    let plan = match load(input)? {
        Ok(plan) => plan,
        Err(verdict) => return Ok(verdict),
    };
    let bytes = codec::encode(&plan).map_err(|error| Failure::Other(error.to_string()))?;
    output::to_file(target, &bytes).map_err(|error| Failure::File(target.to_owned(), error))?;
    Ok(Verdict::Accepted)
}
