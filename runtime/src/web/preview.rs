//! What the configuration on disk would change, worked out without touching what the daemon has
//! staged. The compilation runs on a thread of its own.

use std::path::Path;
use std::sync::Arc;

use compiler::host::system::SystemHost;
use compiler::lint::{self, Policy};
use compiler::plan::{GroupPlan, Plan, ProcessPlan};
use compiler::report::{Format, Report};
use compiler::{Depth, Options};
use serde_json::{Map, Value};

use super::pages::config::{GroupChange, Kind, Preview, ProcessChange};
use crate::api::Daemon;
use crate::supervisor::message::{Reply, Request};

/// Options whose values may be secret.
const SECRET: [&str; 1] = ["environment"];

/// Compiles the daemon's configuration anew and compares. `None` while the daemon stops.
pub(super) async fn of<D: Daemon>(daemon: &D) -> Option<Preview> {
    let Ok(Reply::Config(view)) = daemon.request(Request::Config).await else {
        return None;
    };
    let root = view.plan.root.clone();
    let shown = root.display().to_string();
    let (next, findings) = tokio::task::spawn_blocking(move || compile(&root)).await.ok()?;
    let accepted = next.is_some();
    let groups = next.map_or_else(Vec::new, |next| differences(&view.active, &next));
    Some(Preview { root: shown, groups, findings, accepted })
}

/// The plan on disk, if it compiles, and what there is to say about it.
fn compile(root: &Path) -> (Option<Plan>, String) {
    let options = Options { depth: Depth::Host, ..Options::default() };
    let compiled = compiler::compile(&SystemHost, root, &options);
    let base = root.parent().unwrap_or(Path::new("/")).to_owned();
    let policy = Policy { depth: Depth::Host, ..Policy::default() };
    let findings = lint::run(&compiled.sources, &SystemHost, policy, &compiled.diagnostics);
    let report = Report::new(&findings, &compiled.sources, base);
    (compiled.plan, report.render(Format::Full, false).trim_end().to_owned())
}

/// What becomes of each group that is not the same in both.
fn differences(active: &[Arc<GroupPlan>], next: &Plan) -> Vec<GroupChange> {
    let mut changes = Vec::new();
    for group in &next.groups {
        match active.iter().find(|old| old.name == group.name) {
            None => changes.push(whole(group, Kind::Added)),
            Some(old) if old != group => changes.push(changed(old, group)),
            Some(_) => {}
        }
    }
    for group in active {
        if !next.groups.iter().any(|new| new.name == group.name) {
            changes.push(whole(group, Kind::Removed));
        }
    }
    changes
}

fn whole(group: &GroupPlan, kind: Kind) -> GroupChange {
    let processes = group.processes.iter().map(|process| unlike(process, kind)).collect();
    GroupChange { name: group.name.to_string(), kind, processes }
}

fn changed(old: &GroupPlan, new: &GroupPlan) -> GroupChange {
    let mut processes = Vec::new();
    for process in &new.processes {
        match old.processes.iter().find(|known| known.name == process.name) {
            None => processes.push(unlike(process, Kind::Added)),
            Some(known) if known != process => processes.push(compare(known, process)),
            Some(_) => {}
        }
    }
    for process in &old.processes {
        if !new.processes.iter().any(|known| known.name == process.name) {
            processes.push(unlike(process, Kind::Removed));
        }
    }
    GroupChange { name: new.name.to_string(), kind: Kind::Changed, processes }
}

fn unlike(process: &ProcessPlan, kind: Kind) -> ProcessChange {
    ProcessChange { name: process.name.to_string(), kind, options: Vec::new() }
}

fn compare(old: &ProcessPlan, new: &ProcessPlan) -> ProcessChange {
    let (before, after) = (options(old), options(new));
    let differing = after.into_iter().filter_map(|(name, new)| {
        let old = before.get(&name).cloned().unwrap_or_default();
        if old == new {
            return None;
        }
        let shown = !SECRET.contains(&name.as_str());
        Some((name, shown.then(|| (text(&old), text(&new)))))
    });
    let options = differing.collect();
    ProcessChange { name: new.name.to_string(), kind: Kind::Changed, options }
}

/// The options of a process by their names.
fn options(process: &ProcessPlan) -> Map<String, Value> {
    match serde_json::to_value(&process.program) {
        Ok(Value::Object(options)) => options,
        Ok(_) | Err(_) => Map::new(),
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
