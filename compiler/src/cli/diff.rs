//! `diff`: what becomes of the running daemon when one plan follows another. Either side is a
//! configuration or a compiled plan.

use std::fmt::Write;
use std::path::Path;

use super::check::render_errors;
use super::{Failure, Input, Verdict, output};
use crate::host::Host;
use crate::plan::Plan;
use crate::plan::codec::{self, CodecError};
use crate::plan::diff::{GroupChange, GroupDiff, OptionDiff, PlanDiff, ProcessDiff, diff};
use crate::schema::value::Shown;
use crate::{Depth, plan};

/// Prints the difference. Differing is [`Verdict::Refused`] only when `fails`.
pub(super) fn print(old: &Input, new: &Input, fails: bool) -> Result<Verdict, Failure> {
    let (old, new) = match (load(old)?, load(new)?) {
        (Ok(old), Ok(new)) => (old, new),
        (Err(verdict), _) | (_, Err(verdict)) => return Ok(verdict),
    };
    let difference = diff(&old, &new);
    output::to_stdout(&text(&difference));
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

fn text(difference: &PlanDiff) -> String {
    let mut out = String::new();
    options(&mut out, "[supervisord]", &difference.daemon);
    for (changed, what) in
        [(difference.servers, "the servers"), (difference.interfaces, "the RPC interfaces")]
    {
        if changed {
            let _ = writeln!(out, "~ {what} (daemon)");
        }
    }
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

fn members(out: &mut String, sign: char, group: &plan::GroupPlan) {
    for process in &group.processes {
        let _ = writeln!(out, "  {sign} {}:{}", group.name, process.name);
    }
}

fn changed_group(out: &mut String, change: &GroupChange) {
    let how = if change.replaces { "replaced by an update" } else { "kept by an update" };
    let _ = writeln!(out, "~ group {} ({how})", change.new.name);
    options(out, "", &change.options);
    for process in &change.processes {
        let name = &change.new.name;
        let _ = match process {
            ProcessDiff::Added(process) => writeln!(out, "  + {name}:{process}"),
            ProcessDiff::Removed(process) => writeln!(out, "  - {name}:{process}"),
            ProcessDiff::Changed(process, changed) => {
                options(out, &format!("  {name}:{process}"), changed);
                Ok(())
            }
        };
    }
}

fn options(out: &mut String, title: &str, changed: &[OptionDiff]) {
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
        let _ = writeln!(out, "      {}: {change} ({})", option.name, option.reload.word());
    }
}

fn shown(value: &Shown) -> String {
    match value {
        Shown::Unset => "(none)".to_owned(),
        Shown::Boolean(flag) => flag.to_string(),
        Shown::Number(number) => number.to_string(),
        Shown::Text(text) => text.clone(),
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
