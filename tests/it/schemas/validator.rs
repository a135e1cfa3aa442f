//! A validator for as much of JSON Schema as the schemas of the tests use (draft 4 and 2020-12).
//! A keyword it does not know is a panic where it is met, never a document let through.

use std::fmt::Write;

use serde_json::Value;

/// What is wrong with `document`, a line a fault; empty when it is valid.
pub(super) fn faults(schema: &Value, document: &Value) -> String {
    let mut validator = Validator { root: schema, faults: String::new() };
    validator.value(schema, document, "$");
    validator.faults
}

struct Validator<'s> {
    root: &'s Value,
    faults: String,
}

impl Validator<'_> {
    fn value(&mut self, schema: &Value, value: &Value, at: &str) {
        let keywords = schema.as_object().unwrap_or_else(|| panic!("no schema for {at}: {schema}"));
        for (keyword, wanted) in keywords {
            if !self.holds(schema, keyword, wanted, value, at) {
                let _ = writeln!(self.faults, "{at}: {value} is against `{keyword}`: {wanted}");
            }
        }
    }

    /// Whether a keyword of `schema` holds; faults below the value are written down on the way.
    fn holds(
        &mut self,
        schema: &Value,
        keyword: &str,
        wanted: &Value,
        value: &Value,
        at: &str,
    ) -> bool {
        match keyword {
            "$schema" | "$defs" | "id" | "title" | "description" | "default" | "definitions" => {
                true
            }
            "$ref" => {
                let pointer = wanted.as_str().and_then(|it| it.strip_prefix('#'));
                let schema = pointer.and_then(|pointer| self.root.pointer(pointer));
                let schema = schema.unwrap_or_else(|| panic!("{wanted} leads nowhere")).clone();
                self.value(&schema, value, at);
                true
            }
            "type" => is_one_of(wanted, |name| has_type(value, name)),
            "enum" => items(wanted).contains(value),
            "const" => wanted == value,
            "anyOf" => items(wanted).iter().any(|schema| self.accepts(schema, value)),
            "oneOf" => {
                items(wanted).iter().filter(|schema| self.accepts(schema, value)).count() == 1
            }
            "allOf" => {
                items(wanted).iter().for_each(|schema| self.value(schema, value, at));
                true
            }
            "minimum" => value.as_f64().is_none_or(|number| Some(number) >= wanted.as_f64()),
            "maximum" => value.as_f64().is_none_or(|number| Some(number) <= wanted.as_f64()),
            "minItems" => {
                value.as_array().is_none_or(|it| Some(it.len() as u64) >= wanted.as_u64())
            }
            "uniqueItems" => value.as_array().is_none_or(|items| {
                items.iter().enumerate().all(|(at, item)| !items[..at].contains(item))
            }),
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    self.value(wanted, item, &format!("{at}[{index}]"));
                }
                true
            }
            "required" => {
                let has = |name: &str| value.as_object().is_none_or(|it| it.contains_key(name));
                items(wanted).iter().filter_map(Value::as_str).all(has)
            }
            "properties" => {
                for (name, value) in value.as_object().into_iter().flatten() {
                    if let Some(schema) = wanted.get(name) {
                        self.value(schema, value, &format!("{at}.{name}"));
                    }
                }
                true
            }
            "additionalProperties" => {
                for (name, value) in value.as_object().into_iter().flatten() {
                    let declared = schema.get("properties").and_then(|known| known.get(name));
                    match wanted.as_bool() {
                        Some(allowed) if declared.is_none() && !allowed => return false,
                        None if declared.is_none() => {
                            self.value(wanted, value, &format!("{at}.{name}"));
                        }
                        _ => {}
                    }
                }
                true
            }
            "format" => value.as_str().is_none_or(|text| has_format(text, wanted)),
            other => panic!("{at}: the validator does not know `{other}`"),
        }
    }

    fn accepts(&self, schema: &Value, value: &Value) -> bool {
        let mut attempt = Validator { root: self.root, faults: String::new() };
        attempt.value(schema, value, "");
        attempt.faults.is_empty()
    }
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn is_one_of(wanted: &Value, is: impl Fn(&str) -> bool) -> bool {
    if let Some(name) = wanted.as_str() {
        return is(name);
    }
    items(wanted).iter().filter_map(Value::as_str).any(is)
}

fn has_type(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("there is no type `{other}`"),
    }
}

fn has_format(text: &str, format: &Value) -> bool {
    let plain = !text.contains([' ', '"', '<', '>', '\\', '^', '`', '{', '|', '}'])
        && text.chars().all(|c| c.is_ascii_graphic());
    match format.as_str() {
        Some("uri") => plain && text.split_once(':').is_some_and(|(scheme, _)| !scheme.is_empty()),
        Some("uri-reference") => plain,
        other => panic!("the validator does not know the format {other:?}"),
    }
}
