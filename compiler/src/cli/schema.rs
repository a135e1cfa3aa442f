//! The JSON schemas of what the compiler reads and writes: `supervisorc schema`.

use serde_json::{Map, Value, json};

use super::plan::VERSION;
use crate::report;
use crate::schema::section::{
    Group, InetServer, Interface, Listener, Program, Socket, Supervisord, UnixServer,
};
use crate::schema::{OptionSpec, render};

/// A schema by its name.
type Named = (&'static str, fn() -> Value);

/// Every schema: of a configuration, of a report in JSON, and of a plan in JSON.
pub(super) const SCHEMAS: [Named; 3] =
    [("config", render::json_schema), ("report", report::json_schema), ("plan", plan)];

/// What `plan --format json` prints.
fn plan() -> Value {
    let section = |options: &[&[OptionSpec]]| {
        object(&[
            ("section", json!({ "type": "string", "description": "The name in the header." })),
            ("options", any_of(options)),
        ])
    };
    let process = object(&[
        ("name", json!({ "type": "string", "description": "Without its group." })),
        ("section", json!({ "type": "string", "description": "The section that makes it." })),
        ("options", options(Program::OPTIONS)),
    ]);
    let alone = &Group::OPTIONS[crate::schema::row_of(Group::OPTIONS, "priority")..];
    let pools = [Group::OPTIONS, Listener::OPTIONS, Socket::OPTIONS, &alone[..1]];
    let group = object(&[
        ("name", json!({ "type": "string" })),
        ("kind", json!({ "enum": ["program", "eventlistener", "fcgi-program"] })),
        ("options", any_of(&pools)),
        ("processes", json!({ "type": "array", "items": process })),
    ]);
    let servers = section(&[UnixServer::OPTIONS, InetServer::OPTIONS]);
    let mut schema = object(&[
        ("version", json!({ "const": VERSION })),
        ("root", json!({ "type": "string", "description": "The main file." })),
        ("supervisord", options(Supervisord::OPTIONS)),
        ("servers", json!({ "type": "array", "items": servers })),
        ("interfaces", json!({ "type": "array", "items": section(&[Interface::OPTIONS]) })),
        ("groups", json!({ "type": "array", "items": group })),
    ]);
    schema["$schema"] = json!(render::DIALECT);
    schema["title"] = json!("supervisorc plan --format json");
    schema["description"] = json!(
        "The effective configuration: every option with its value and where that was written. \
         Values that are secret are null unless --show-secrets is given."
    );
    schema["$defs"] = json!({ "origin": origin() });
    schema
}

/// Where a value comes from.
fn origin() -> Value {
    let mut written = object(&[
        ("file", json!({ "type": "string" })),
        ("line", json!({ "type": "integer", "minimum": 1 })),
        ("default_section", json!({ "const": true, "description": "Written in [DEFAULT]." })),
    ]);
    written["required"] = json!(["file", "line"]);
    json!({
        "description": "Where the value was written; null for a default.",
        "anyOf": [{ "type": "null" }, written, object(&[("command_line", json!({ "const": true }))])],
    })
}

fn any_of(sections: &[&[OptionSpec]]) -> Value {
    let sections: Vec<Value> = sections.iter().map(|rows| options(rows)).collect();
    json!({ "anyOf": sections })
}

/// The options of a section, each with its value and its origin.
fn options(rows: &[OptionSpec]) -> Value {
    let effective = |row: &OptionSpec| {
        let mut schema = object(&[
            ("value", json!({ "type": [row.json, "null"] })),
            ("origin", json!({ "$ref": "#/$defs/origin" })),
        ]);
        schema["description"] = Value::from(render::doc(row));
        schema
    };
    let rows: Vec<(&str, Value)> = rows.iter().map(|row| (row.name, effective(row))).collect();
    object(&rows)
}

/// An object that has these properties, all of them and no others.
fn object(properties: &[(&str, Value)]) -> Value {
    let required: Vec<&str> = properties.iter().map(|(name, _)| *name).collect();
    let properties: Map<String, Value> =
        properties.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}
