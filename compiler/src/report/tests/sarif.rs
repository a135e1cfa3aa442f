//! The shape of a SARIF log as version 2.1.0 of the standard (section 3) defines the objects we
//! write: which properties each may and must have, and what they hold.

use serde_json::Value;

/// An object of the standard: its properties, each with what it holds; `!` marks a required one,
/// `*` an array.
type Shape = (&'static str, &'static [(&'static str, &'static str)]);

const SHAPES: &[Shape] = &[
    ("sarifLog", &[("$schema", "uri"), ("version!", "version"), ("runs!", "*run")]),
    ("run", &[("tool!", "tool"), ("columnKind", "columnKind"), ("results", "*result")]),
    ("tool", &[("driver!", "toolComponent")]),
    (
        "toolComponent",
        &[
            ("name!", "string"),
            ("version", "string"),
            ("informationUri", "uri"),
            ("rules", "*reportingDescriptor"),
        ],
    ),
    (
        "reportingDescriptor",
        &[
            ("id!", "string"),
            ("name", "string"),
            ("shortDescription", "text"),
            ("defaultConfiguration", "reportingConfiguration"),
        ],
    ),
    ("reportingConfiguration", &[("level", "level")]),
    (
        "result",
        &[
            ("message!", "text"),
            ("ruleId", "string"),
            ("ruleIndex", "index"),
            ("level", "level"),
            ("locations", "*location"),
            ("relatedLocations", "*location"),
            ("fixes", "*fix"),
        ],
    ),
    ("text", &[("text!", "string")]),
    ("location", &[("physicalLocation", "physicalLocation"), ("message", "text")]),
    ("physicalLocation", &[("artifactLocation", "artifactLocation"), ("region", "region")]),
    ("artifactLocation", &[("uri", "uri")]),
    (
        "region",
        &[
            ("startLine", "positive"),
            ("startColumn", "positive"),
            ("endLine", "positive"),
            ("endColumn", "positive"),
        ],
    ),
    ("fix", &[("description", "text"), ("artifactChanges!", "*artifactChange")]),
    (
        "artifactChange",
        &[("artifactLocation!", "artifactLocation"), ("replacements!", "*replacement")],
    ),
    ("replacement", &[("deletedRegion!", "region"), ("insertedContent", "text")]),
];

#[test]
fn a_log_has_the_shape_of_the_standard() {
    let log: Value = serde_json::from_str(&super::rendered(super::Format::Sarif)).unwrap();
    check(&log, "sarifLog", "$");
    let results = log["runs"][0]["results"].as_array().unwrap();
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(results.len(), 4);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
    }
}

fn check(value: &Value, kind: &str, at: &str) {
    if let Some(item) = kind.strip_prefix('*') {
        let items = value.as_array().unwrap_or_else(|| panic!("{at} is no array"));
        for (index, value) in items.iter().enumerate() {
            check(value, item, &format!("{at}[{index}]"));
        }
    } else if let Some((_, properties)) = SHAPES.iter().find(|(name, _)| *name == kind) {
        check_object(value, properties, at);
    } else {
        assert!(is_a(value, kind), "{at} is no {kind}: {value}");
    }
}

fn check_object(value: &Value, properties: &[(&str, &str)], at: &str) {
    let object = value.as_object().unwrap_or_else(|| panic!("{at} is no object"));
    for name in properties.iter().filter_map(|(name, _)| name.strip_suffix('!')) {
        assert!(object.contains_key(name), "{at} lacks {name}");
    }
    for (name, value) in object {
        let known = properties.iter().find(|(known, _)| known.trim_end_matches('!') == name);
        let (_, kind) = known.unwrap_or_else(|| panic!("{at} may not have {name}"));
        check(value, kind, &format!("{at}.{name}"));
    }
}

fn is_a(value: &Value, kind: &str) -> bool {
    let text = value.as_str().unwrap_or_default();
    match kind {
        "string" => value.is_string(),
        "uri" => {
            !text.is_empty() && !text.contains([' ', '"', '<', '>', '\\', '^', '`', '{', '|', '}'])
        }
        "version" => text == "2.1.0",
        "columnKind" => ["utf16CodeUnits", "unicodeCodePoints"].contains(&text),
        "level" => ["none", "note", "warning", "error"].contains(&text),
        "index" => value.as_i64().is_some_and(|index| index >= -1),
        "positive" => value.as_u64().is_some_and(|number| number >= 1),
        _ => false,
    }
}
