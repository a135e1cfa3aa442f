//! `environment` lists as the rules read them: as written, every expansion taken for a plain word.

use grammar::value::{Pair, pairs};

use super::view::{Config, Kind, Section, Written};

/// Calls `visit` for the `environment` of every section that has one which parses.
pub(super) fn each(config: &Config<'_>, mut visit: impl FnMut(&Written<'_>, &[Pair<'_>])) {
    for written in config.sections().filter(|section| takes(section)).filter_map(own) {
        let masked = masked(&written.value);
        if let Ok(pairs) = pairs(&masked) {
            visit(written, &pairs);
        }
    }
}

/// Whether the environment of a section sets a variable, as far as the text tells.
pub(super) fn sets(section: &Section<'_>, name: &str) -> bool {
    section.value("environment").is_some_and(|value| {
        pairs(&masked(value)).is_ok_and(|pairs| pairs.iter().any(|pair| pair.key.text == name))
    })
}

/// The text with each expansion turned into word characters, byte for byte as long.
pub(super) fn masked(value: &str) -> String {
    value.replace("%%", "XX").replace("%(", "X(")
}

fn takes(section: &Section<'_>) -> bool {
    section.kind.runs() || matches!(section.kind, Kind::Supervisord | Kind::Default)
}

fn own<'s, 'a>(section: &'s Section<'a>) -> Option<&'s Written<'a>> {
    section.written().iter().find(|written| written.key == "environment")
}
