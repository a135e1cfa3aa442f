//! `plan`: the effective configuration, every value with where it comes from.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use super::check::render_errors;
use super::{Failure, Input, Verdict, output};
use crate::plan::{GroupKind, GroupPlan, Listen, Plan, ProcessPlan, ServerPlan};
use crate::schema::section::{Program, Supervisord};
use crate::schema::value::Environment;
use crate::schema::{OptionSpec, Section};
use crate::settings::{Origin, Settings};
use crate::{Compiled, Depth};

/// Grows when a reader of an older version could misread a newer plan.
const VERSION: u32 = 1;

/// Compiles and prints the plan, or what is wrong with it. Values of the environment and passwords
/// are left out unless `secrets`.
pub(super) fn print(input: &Input, json: bool, secrets: bool) -> Result<Verdict, Failure> {
    let desk = input.desk()?;
    let compiled = input.compile(&desk, Depth::Plan);
    let Some(plan) = &compiled.plan else { return Ok(render_errors(input, &compiled, &desk)) };
    let page = Page { compiled: &compiled, secrets };
    output::to_stdout(&if json { page.json(plan) } else { page.text(plan) });
    Ok(Verdict::Accepted)
}

struct Page<'a> {
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
        let daemon = self.options(
            &plan.supervisord,
            Supervisord::OPTIONS,
            "supervisord",
            &plan.supervisord.environment,
        );
        let servers: Vec<Value> = plan.servers.iter().map(|server| self.server(server)).collect();
        let groups: Vec<Value> = plan.groups.iter().map(|group| self.group(group)).collect();
        let value = json!({
            "version": VERSION,
            "root": plan.root,
            "supervisord": object(daemon),
            "servers": servers,
            "groups": groups,
        });
        format!("{value:#}\n")
    }

    fn group(&self, group: &GroupPlan) -> Value {
        let processes: Vec<Value> = group
            .processes
            .iter()
            .map(|process| {
                json!({
                    "name": process.name,
                    "section": process.section,
                    "options": object(self.process(process)),
                })
            })
            .collect();
        let mut value = json!({
            "name": group.name, "priority": group.priority, "kind": kind(&group.kind),
        });
        match &group.kind {
            GroupKind::Program => {}
            GroupKind::EventListener(pool) => {
                value["buffer_size"] = pool.buffer_size.into();
                value["events"] = json!(pool.events);
            }
            GroupKind::Fcgi(socket) => value["socket"] = json!(socket.address),
        }
        value["processes"] = processes.into();
        value
    }

    fn server(&self, server: &ServerPlan) -> Value {
        let mut value = match &server.listen {
            Listen::Inet { host, port } => json!({ "host": host, "port": port }),
            Listen::Unix { file, chmod, .. } => {
                json!({ "file": file, "chmod": format!("{chmod:#o}") })
            }
        };
        value["section"] = Value::from(server.section.as_str());
        if let Some(credentials) = &server.credentials {
            let password = &credentials.password.0;
            value["username"] = Value::from(credentials.username.as_str());
            value["password"] =
                if self.secrets { Value::from(password.as_str()) } else { Value::Null };
        }
        value
    }

    fn process(&self, process: &ProcessPlan) -> Vec<Effective> {
        let program = &process.program;
        self.options(program, Program::OPTIONS, &process.section, &program.environment)
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

    /// Where an option was written; `None` for a default of the table.
    fn origin(&self, section: &str, key: &str) -> Option<Value> {
        let settings: &Settings = &self.compiled.settings;
        let origin = settings.section(section)?.origin(key);
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
        let daemon = self.options(
            &plan.supervisord,
            Supervisord::OPTIONS,
            "supervisord",
            &plan.supervisord.environment,
        );
        section(&mut out, "[supervisord]", daemon);
        for server in &plan.servers {
            let Value::Object(fields) = self.server(server) else { continue };
            let _ = writeln!(out, "[{}]", server.section);
            for (name, value) in fields.iter().filter(|(name, _)| *name != "section") {
                let hidden = name == "password" && value.is_null();
                let shown = if hidden { "…".to_owned() } else { plain(value) };
                let _ = writeln!(out, "  {name} = {shown}");
            }
            out.push('\n');
        }
        for group in &plan.groups {
            let _ = writeln!(
                out,
                "# group {}: {}, priority {}",
                group.name,
                kind(&group.kind),
                group.priority
            );
            for process in &group.processes {
                let title = format!("[{}] {}:{}", process.section, group.name, process.name);
                section(&mut out, &title, self.process(process));
            }
        }
        out
    }
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
    format!("{} = {}", option.name, plain(&option.value))
}

fn place(option: &Effective) -> String {
    let Some(origin) = &option.origin else { return "default".to_owned() };
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
