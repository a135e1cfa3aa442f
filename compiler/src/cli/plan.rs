//! `plan`: the effective configuration, every value with where it comes from.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use super::check::render_errors;
use super::{Failure, Input, Verdict, output};
use crate::plan::{GroupKind, GroupPlan, Plan, ProcessPlan};
use crate::schema::section::{
    Group, InetServer, Interface, Listener, Program, Socket, Supervisord, UnixServer,
};
use crate::schema::value::Environment;
use crate::schema::{OptionSpec, Section};
use crate::settings::{Origin, Typed};
use crate::{Compiled, Depth};

/// Grows when a reader of an older version could misread a newer plan.
pub(super) const VERSION: u32 = 1;

/// Compiles and prints the plan, or what is wrong with it. Values of the environment and passwords
/// are left out unless `secrets`.
pub(super) fn print(input: &Input, json: bool, secrets: bool) -> Result<Verdict, Failure> {
    let desk = input.desk()?;
    let compiled = input.compile(&desk, Depth::Plan);
    let Some(plan) = &compiled.plan else { return Ok(render_errors(input, &compiled, &desk)) };
    let page = Page { input, compiled: &compiled, secrets };
    output::to_stdout(&if json { page.json(plan) } else { page.text(plan) });
    Ok(Verdict::Accepted)
}

struct Page<'a> {
    input: &'a Input,
    compiled: &'a Compiled,
    secrets: bool,
}

/// A value and where it was written.
struct Effective {
    name: &'static str,
    value: Value,
    origin: Option<Value>,
}

impl Page<'_> {
    fn json(&self, plan: &Plan) -> String {
        let section =
            |name: &str| json!({ "section": name, "options": object(self.section(name)) });
        let servers: Vec<_> = plan.servers.iter().map(|server| section(&server.section)).collect();
        let interfaces: Vec<_> = interfaces(plan).map(|name| section(&name)).collect();
        let groups: Vec<Value> = plan.groups.iter().map(|group| self.group(group)).collect();
        let value = json!({
            "version": VERSION,
            "root": plan.root,
            "supervisord": object(self.daemon(plan)),
            "servers": servers,
            "interfaces": interfaces,
            "groups": groups,
        });
        format!("{value:#}\n")
    }

    fn group(&self, group: &GroupPlan) -> Value {
        let process = |process: &ProcessPlan| {
            json!({
                "name": process.name,
                "section": process.section,
                "options": object(self.process(process)),
            })
        };
        let processes: Vec<Value> = group.processes.iter().map(|one| process(one)).collect();
        json!({
            "name": group.name,
            "kind": kind(&group.kind),
            "options": object(self.pool(group)),
            "processes": processes,
        })
    }

    fn daemon(&self, plan: &Plan) -> Vec<Effective> {
        let name = "supervisord";
        self.options(&plan.supervisord, Supervisord::OPTIONS, name, &plan.supervisord.environment)
    }

    fn process(&self, process: &ProcessPlan) -> Vec<Effective> {
        let program = &process.program;
        self.options(program, Program::OPTIONS, &process.section, &program.environment)
    }

    /// The options of a server or an interface.
    fn section(&self, name: &str) -> Vec<Effective> {
        let none = Environment::default();
        match self.compiled.settings.section(name).map(|section| section.typed()) {
            Some(Typed::UnixServer(server)) => {
                self.options(&**server, UnixServer::OPTIONS, name, &none)
            }
            Some(Typed::InetServer(server)) => {
                self.options(&**server, InetServer::OPTIONS, name, &none)
            }
            Some(Typed::Interface(interface)) => {
                self.options(interface, Interface::OPTIONS, name, &none)
            }
            _ => Vec::new(),
        }
    }

    /// The options of a group as a whole: its own section's, or those its only section has beside
    /// the options of its processes.
    fn pool(&self, group: &GroupPlan) -> Vec<Effective> {
        let none = Environment::default();
        let name = format!("group:{}", group.name);
        let settings = &self.compiled.settings;
        if let Some(Typed::Group(written)) = settings.section(&name).map(|it| it.typed()) {
            return self.options(&**written, Group::OPTIONS, &name, &none);
        }
        let Some(section) = group.processes.first().map(|process| &process.section) else {
            return Vec::new();
        };
        let made = settings.section(section).and_then(|it| it.typed().made().first());
        if let Some(listener) = made.and_then(|made| made.listener.as_deref()) {
            return self.options(listener, Listener::OPTIONS, section, &none);
        }
        if let Some(socket) = made.and_then(|made| made.socket.as_deref()) {
            return self.options(socket, Socket::OPTIONS, section, &none);
        }
        let origin = self.origin(section, "priority");
        vec![Effective { name: "priority", value: group.priority.into(), origin }]
    }

    /// The options of a section in the order of the table.
    fn options<S: Section>(
        &self,
        options: &S,
        rows: &'static [OptionSpec],
        section: &str,
        environment: &Environment,
    ) -> Vec<Effective> {
        let effective = rows.iter().enumerate().map(|(row, spec)| {
            let value = match spec.name {
                "environment" => self.environment(environment),
                "password" => self.password(section),
                _ => json!(options.show(row)),
            };
            Effective { name: spec.name, value, origin: self.origin(section, spec.name) }
        });
        effective.collect()
    }

    /// The variables; without their values unless secrets are asked for.
    fn environment(&self, environment: &Environment) -> Value {
        let shown = |value: &str| if self.secrets { Value::from(value) } else { Value::Null };
        let variables = environment.iter().map(|(name, value)| (name.to_owned(), shown(value)));
        Value::Object(variables.collect())
    }

    /// The password of a server, if secrets are asked for.
    fn password(&self, section: &str) -> Value {
        let typed = self.compiled.settings.section(section).map(|section| section.typed());
        let password = match typed {
            Some(Typed::UnixServer(server)) => &server.password,
            Some(Typed::InetServer(server)) => &server.password,
            _ => &None,
        };
        password.as_ref().filter(|_| self.secrets).map_or(Value::Null, |it| Value::from(&*it.0))
    }

    /// Where an option was written; `None` for a default of the table.
    fn origin(&self, section: &str, key: &str) -> Option<Value> {
        if section == "supervisord" && self.input.overrides.contains_key(key) {
            return Some(json!({ "command_line": true }));
        }
        let origin = self.compiled.settings.section(section)?.origin(key);
        let (span, from_default) = match origin {
            Origin::Written(span) => (span, false),
            Origin::DefaultSection(span) => (span, true),
            Origin::Default => return None,
        };
        let sources = &self.compiled.sources;
        let line = sources.position(span.file, span.start).line;
        let mut place = json!({ "file": sources.path(span.file), "line": line });
        if from_default {
            place["default_section"] = true.into();
        }
        Some(place)
    }

    fn text(&self, plan: &Plan) -> String {
        let mut out = String::new();
        section(&mut out, "[supervisord]", self.daemon(plan));
        for server in &plan.servers {
            section(&mut out, &format!("[{}]", server.section), self.section(&server.section));
        }
        for name in interfaces(plan) {
            section(&mut out, &format!("[{name}]"), self.section(&name));
        }
        for group in &plan.groups {
            let title = format!("# group {}: {}", group.name, kind(&group.kind));
            section(&mut out, &title, self.pool(group));
            for process in &group.processes {
                let title = format!("[{}] {}:{}", process.section, group.name, process.name);
                section(&mut out, &title, self.process(process));
            }
        }
        out
    }
}

/// The names of the sections of RPC interfaces.
fn interfaces(plan: &Plan) -> impl Iterator<Item = String> {
    plan.interfaces.iter().map(|interface| format!("rpcinterface:{}", interface.name))
}

fn kind(kind: &GroupKind) -> &'static str {
    match kind {
        GroupKind::Program => "program",
        GroupKind::EventListener(_) => "eventlistener",
        GroupKind::Fcgi(_) => "fcgi-program",
    }
}

fn object(options: Vec<Effective>) -> Value {
    let fields = options.into_iter().map(|option| {
        (option.name.to_owned(), json!({ "value": option.value, "origin": option.origin }))
    });
    Value::Object(fields.collect::<Map<_, _>>())
}

/// A title and a line an option: what was written first, then the defaults.
fn section(out: &mut String, title: &str, options: Vec<Effective>) {
    let _ = writeln!(out, "{title}");
    let (written, defaults): (Vec<_>, Vec<_>) =
        options.into_iter().partition(|option| option.origin.is_some());
    let lines: Vec<(String, String)> =
        written.iter().chain(&defaults).map(|option| (line(option), place(option))).collect();
    let width = lines.iter().map(|(line, _)| line.chars().count()).max().unwrap_or(0).min(60);
    for (line, place) in lines {
        let _ = writeln!(out, "  {line:width$}  ; {place}");
    }
    out.push('\n');
}

fn line(option: &Effective) -> String {
    let is_hidden = option.name == "password" && option.origin.is_some() && option.value.is_null();
    let value = if is_hidden { "…".to_owned() } else { plain(&option.value) };
    format!("{} = {value}", option.name)
}

fn place(option: &Effective) -> String {
    let Some(origin) = &option.origin else { return "default".to_owned() };
    if origin.get("command_line").is_some() {
        return "command line".to_owned();
    }
    let of_default = if origin.get("default_section").is_some() { " [DEFAULT]" } else { "" };
    format!("{}:{}{of_default}", plain(&origin["file"]), origin["line"])
}

/// A value in one line; what is left out as `…`.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => "(none)".to_owned(),
        Value::String(text) => text.replace('\n', "\\n"),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(","),
        Value::Object(fields) => {
            let pair = |(name, value): (&String, &Value)| {
                if value.is_null() { format!("{name}=…") } else { format!("{name}={value}") }
            };
            fields.iter().map(pair).collect::<Vec<_>>().join(",")
        }
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}
