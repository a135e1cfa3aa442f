//! The table as pages: the reference of options and the JSON schema of a configuration.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::section::SECTIONS;
use super::{Default, Expand, OptionSpec, SectionSpec};

/// The version of the schema language the schemas are written in.
pub(crate) const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The reference page of every section and option, in Markdown.
pub fn reference() -> String {
    let mut page = String::from(
        "# Options\n\nEvery section of `supervisord.conf` and every option in it. A value may hold \
         `%(name)s` for the names listed under *expands*; `ENV_x` is the environment variable \
         `x`. *Applies* says how a change takes effect: **live** with a reread, by a **restart** of \
         the process (an update replaces its group), or when the **daemon** is started again.\n",
    );
    for spec in SECTIONS {
        section(&mut page, spec);
    }
    page
}

/// The JSON schema of a configuration read as an object of sections, each an object of options.
pub fn json_schema() -> Value {
    let (mut whole, mut patterns) = (Map::new(), Map::new());
    for spec in SECTIONS {
        if spec.prefix {
            patterns.insert(format!("^{}", spec.name), section_schema(spec));
        } else {
            whole.insert(spec.name.to_owned(), section_schema(spec));
        }
    }
    json!({
        "$schema": DIALECT,
        "title": "supervisord.conf",
        "type": "object",
        "properties": whole,
        "patternProperties": patterns,
        "required": ["supervisord"],
    })
}

fn section(page: &mut String, spec: &SectionSpec) {
    let rest = if spec.name.ends_with(':') { "x" } else { "" };
    let rows = spec.options().map(row).collect::<String>();
    let written = write!(
        page,
        "\n## `[{}{rest}]`\n\n{}\n\n| option | kind | default | expands | applies | what it does |\n\
         | --- | --- | --- | --- | --- | --- |\n{rows}",
        spec.name, spec.doc,
    );
    debug_assert!(written.is_ok(), "writing to a string cannot fail");
}

fn row(option: &OptionSpec) -> String {
    let OptionSpec { name, kind, reload, .. } = option;
    let (default, expands, doc) = (default(option.default), expands(option.expand), doc(option));
    let reload = reload.word();
    format!("| `{name}` | {kind} | {default} | {expands} | {reload} | {doc} |\n")
}

fn default(default: Default) -> String {
    match default {
        Default::Text("") => "empty".to_owned(),
        Default::Text(text) => format!("`{text}`"),
        Default::SameAs(other) => format!("as `{other}`"),
        Default::TempDir => "the directory for temporary files".to_owned(),
        Default::Unset => "–".to_owned(),
        Default::Required => "**required**".to_owned(),
    }
}

fn expands(expand: Expand) -> String {
    let names = expand.names().iter().chain(&["ENV_x"]);
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" ")
}

/// The documentation as one line.
pub(crate) fn doc(option: &OptionSpec) -> String {
    option.doc.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn section_schema(spec: &SectionSpec) -> Value {
    let properties: Map<String, Value> =
        spec.options().map(|option| (option.name.to_owned(), option_schema(option))).collect();
    let is_required = |option: &&OptionSpec| option.default == Default::Required;
    let required: Vec<&str> = spec.options().filter(is_required).map(|it| it.name).collect();
    // Plugins keep options of their own in these sections, so others are no error.
    json!({
        "description": spec.doc,
        "type": "object",
        "properties": properties,
        "required": required,
    })
}

/// Every value is written as text; `x-kind` says what the text means.
fn option_schema(option: &OptionSpec) -> Value {
    let mut schema = json!({
        "description": doc(option),
        "type": "string",
        "x-kind": option.kind,
        "x-reads-as": option.json,
        "x-applies": option.reload.word(),
    });
    if let Default::Text(text) = option.default {
        schema["default"] = json!(text);
    }
    schema
}
