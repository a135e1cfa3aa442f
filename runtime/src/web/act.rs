//! What the forms of our own pages do: one verb on a process, a group, a selection or everything.
//! Nothing here waits for a start; the page shows how it goes on.

use std::rc::Rc;

use rpc::methods::Signal;
use rpc::namespec::{self, Namespec};
use rpc::{Fault, FaultCode};
use tokio::task::JoinSet;

use super::form::Form;
use crate::api::{Daemon, system};
use crate::supervisor::message::{ProcessStatus, Reply, Request, Target};

/// What became of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Report {
    /// One line for people.
    pub(super) message: String,
    /// Whether all of it succeeded.
    pub(super) ok: bool,
}

/// What a form asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Verb {
    Start,
    Stop,
    Restart,
    Clear,
    Signal(String),
}

/// One name and what became of it.
type Entry = (String, Result<(), String>);

/// Carries out what `form` orders. The button says `verb` or `verb:target`; without a target the
/// ticked boxes count.
pub(super) async fn carry_out<D: Daemon>(daemon: Rc<D>, form: &Form) -> Report {
    let order = form.get("do").unwrap_or_default();
    let (verb, own) = match order.split_once(':') {
        Some((verb, target)) => (verb, Some(target)),
        None => (order, None),
    };
    if verb == "update" {
        return update(&*daemon).await;
    }
    if verb == "clearmain" {
        return report(
            "process",
            "cleared",
            vec![("activity log".to_owned(), text(daemon.clear_log().await))],
        );
    }
    let Some((verb, done)) = verb_of(verb, form) else {
        return failure(format!("there is no action `{verb}`"));
    };
    let targets = own.map_or_else(|| selection(form.all("target")), |one| vec![target(one)]);
    if targets.is_empty() {
        return failure("select at least one process".to_owned());
    }
    let mut entries = Vec::new();
    for target in targets {
        entries.extend(apply(&daemon, &verb, target).await);
    }
    report("process", done, entries)
}

fn verb_of(verb: &str, form: &Form) -> Option<(Verb, &'static str)> {
    Some(match verb {
        "start" => (Verb::Start, "started"),
        "stop" => (Verb::Stop, "asked to stop"),
        "restart" => (Verb::Restart, "restarted"),
        "clear" => (Verb::Clear, "cleared"),
        "signal" => (Verb::Signal(form.get("signal").unwrap_or("HUP").to_owned()), "signalled"),
        _ => return None,
    })
}

/// The ticked boxes: all of them when everything is ticked, groups without their members.
fn selection<'a>(values: impl Iterator<Item = &'a str>) -> Vec<Target> {
    let mut targets: Vec<Target> = values.map(target).collect();
    if targets.contains(&Target::All) {
        return vec![Target::All];
    }
    let groups: Vec<Target> =
        targets.iter().filter(|target| matches!(target, Target::Group(_))).cloned().collect();
    targets.retain(|target| match target {
        Target::Process(name) => {
            !groups.contains(&Target::Group(Namespec::parse(name).group.to_owned()))
        }
        Target::Group(_) | Target::All => true,
    });
    targets
}

fn target(text: &str) -> Target {
    if text == "*" {
        return Target::All;
    }
    let namespec = Namespec::parse(text);
    match namespec.process {
        Some(_) => Target::Process(text.to_owned()),
        None => Target::Group(namespec.group.to_owned()),
    }
}

async fn apply<D: Daemon>(daemon: &Rc<D>, verb: &Verb, target: Target) -> Vec<Entry> {
    let name = shown(&target);
    let request = match verb {
        Verb::Start => Request::Start { target, wait: false },
        Verb::Stop => Request::Stop { target, wait: false },
        Verb::Signal(signal) => {
            let signal = Signal { text: signal.clone(), number: signal.trim().parse().ok() };
            Request::Signal { target, signal: system::signal(signal) }
        }
        Verb::Clear => return clear(daemon, target).await,
        Verb::Restart => return restart(daemon, target).await,
    };
    entries(name, daemon.request(request).await)
}

async fn clear<D: Daemon>(daemon: &Rc<D>, target: Target) -> Vec<Entry> {
    let name = shown(&target);
    let request = match target {
        Target::All => Request::ClearAllLogs,
        Target::Process(name) => Request::ClearLogs { name },
        Target::Group(_) => {
            let mut all = Vec::new();
            for member in members(&**daemon, &target).await {
                let name = namespec::display(&member.group, &member.name);
                let cleared = daemon.request(Request::ClearLogs { name: name.clone() }).await;
                all.extend(entries(name, cleared));
            }
            return all;
        }
    };
    entries(name, daemon.request(request).await)
}

/// Stops what runs and starts it again, each for itself. A single process is started even if it
/// did not run; of several, what was stopped stays so.
async fn restart<D: Daemon>(daemon: &Rc<D>, target: Target) -> Vec<Entry> {
    let single = matches!(target, Target::Process(_));
    let mut tasks = JoinSet::new();
    for member in members(&**daemon, &target).await {
        let runs = member.state.is_runnable();
        if runs || single {
            let name = namespec::display(&member.group, &member.name);
            tasks.spawn_local(restart_one(Rc::clone(daemon), name, runs));
        }
    }
    let mut entries = Vec::new();
    while let Some(outcome) = tasks.join_next().await {
        entries.extend(outcome.ok());
    }
    if entries.is_empty() && single {
        entries.push((shown(&target), Err("no such process".to_owned())));
    }
    entries.sort();
    entries
}

async fn restart_one<D: Daemon>(daemon: Rc<D>, name: String, runs: bool) -> Entry {
    let target = || Target::Process(name.clone());
    let stopped = match runs {
        true => daemon.request(Request::Stop { target: target(), wait: true }).await.map(drop),
        false => Ok(()),
    };
    // It may have ended by itself meanwhile, which is as good as stopped.
    let outcome = match stopped {
        Err(fault) if fault.code != FaultCode::NotRunning => Err(fault),
        Ok(()) | Err(_) => {
            daemon.request(Request::Start { target: target(), wait: false }).await.map(drop)
        }
    };
    (name, text(outcome))
}

/// The processes a target means now.
async fn members<D: Daemon>(daemon: &D, target: &Target) -> Vec<ProcessStatus> {
    let Ok(Reply::Processes(mut all)) = daemon.request(Request::AllInfo).await else {
        return Vec::new();
    };
    all.retain(|status| match target {
        Target::All => true,
        Target::Group(group) => *status.group == **group,
        Target::Process(name) => {
            let namespec = Namespec::parse(name);
            *status.group == *namespec.group && namespec.process == Some(&*status.name)
        }
    });
    all
}

/// Rereads the configuration and makes what it says active, as `supervisorctl update` does.
async fn update<D: Daemon>(daemon: &D) -> Report {
    let (added, changed, removed) = match daemon.request(Request::Reread).await {
        Ok(Reply::Changes { added, changed, removed, pending: _ }) => (added, changed, removed),
        Ok(_) => return failure("the configuration could not be read".to_owned()),
        Err(fault) => return failure(fault.detail.unwrap_or_else(|| fault.code.name().to_owned())),
    };
    if added.is_empty() && changed.is_empty() && removed.is_empty() {
        return Report { message: "Nothing to update".to_owned(), ok: true };
    }
    let mut entries = Vec::new();
    for name in removed.iter().chain(&changed) {
        let outcome = remove(daemon, name).await;
        if outcome.is_err() || removed.contains(name) {
            entries.push((name.clone(), text(outcome)));
        }
    }
    for name in changed.iter().chain(&added) {
        if !entries.iter().any(|(entry, _)| entry == name) {
            let outcome = daemon.request(Request::AddGroup { name: name.clone() }).await;
            entries.push((name.clone(), text(outcome)));
        }
    }
    report("group", "updated", entries)
}

async fn remove<D: Daemon>(daemon: &D, name: &str) -> Result<(), Fault> {
    let target = Target::Group(name.to_owned());
    daemon.request(Request::Stop { target, wait: true }).await?;
    daemon.request(Request::RemoveGroup { name: name.to_owned() }).await.map(drop)
}

fn entries(name: String, outcome: Result<Reply, Fault>) -> Vec<Entry> {
    match outcome {
        Ok(Reply::Statuses(outcomes)) => outcomes
            .into_iter()
            .map(|outcome| {
                let name = namespec::display(&outcome.group, &outcome.name);
                let success = outcome.status == FaultCode::Success.code();
                (name, if success { Ok(()) } else { Err(outcome.description) })
            })
            .collect(),
        other => vec![(name, text(other))],
    }
}

fn text<T>(outcome: Result<T, Fault>) -> Result<(), String> {
    outcome.map(drop).map_err(|fault| fault.to_string())
}

fn shown(target: &Target) -> String {
    match target {
        Target::Process(name) => name.clone(),
        Target::Group(group) => format!("{group}:*"),
        Target::All => "all".to_owned(),
    }
}

/// A line such as `3 processes asked to stop` or `web:a started; web:b: SPAWN_ERROR: web:b`.
fn report(kind: &str, done: &str, entries: Vec<Entry>) -> Report {
    let (good, bad): (Vec<_>, Vec<_>) = entries.into_iter().partition(|(_, result)| result.is_ok());
    let mut parts = Vec::new();
    match good.as_slice() {
        [] if bad.is_empty() => parts.push("Nothing to do".to_owned()),
        [] => {}
        [(name, _)] => parts.push(format!("{name} {done}")),
        several => {
            let plural = if kind.ends_with('s') { "es" } else { "s" };
            parts.push(format!("{} {kind}{plural} {done}", several.len()));
        }
    }
    let ok = bad.is_empty();
    for (name, result) in bad {
        parts.push(format!("{name}: {}", result.err().unwrap_or_default()));
    }
    Report { message: parts.join("; "), ok }
}

fn failure(message: String) -> Report {
    Report { message, ok: false }
}
