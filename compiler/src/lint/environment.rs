//! `environment` lists as the rules read them: as written, every expansion taken for a plain word.

use grammar::value::{Pair, pairs};

use super::view::{Config, Kind, Section, Written};

/// Calls `visit` for the `environment` of every section that has one which parses and is not plain.
pub(super) fn each(config: &Config<'_>, mut visit: impl FnMut(&Written<'_>, &[Pair<'_>])) {
    let notable =
        config.sections().filter(|section| takes(section) && !section.has_plain_environment());
    for written in notable.filter_map(|section| section.own("environment")) {
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

/// Whether every value is a bare word or properly quoted and holds nothing a rule could speak of,
/// which is worth knowing before the list is taken apart.
pub(super) fn is_plain(value: &str) -> bool {
    let (mut quote, mut before) = (None, b',');
    // An empty value is worth a word unless it is the last.
    let mut empty = false;
    for byte in value.bytes() {
        if empty && !matches!(byte, b' ' | b'\n' | b',') {
            return false;
        }
        let fine = match quote {
            Some(open) if byte == open => {
                quote = None;
                empty = before == open;
                empty || !matches!(before, b'"' | b'\'' | b'\\')
            }
            Some(open) => {
                byte != b'$'
                    && !(before == open && matches!(byte, b'"' | b'\''))
                    && !(before == b'\\' && byte == b'\\')
            }
            None => match byte {
                b'"' | b'\'' => {
                    quote = Some(byte);
                    before == b'='
                }
                b' ' | b'\n' if before == b',' => continue,
                b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => true,
                b'_' | b'/' | b'.' | b'+' | b'-' | b'(' | b')' | b':' | b'%' | b'=' | b',' => true,
                _ => false,
            },
        };
        if !fine {
            return false;
        }
        before = byte;
    }
    quote.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_with_nothing_to_say_of_them() {
        for plain in ["", "A=1", "A=\"b,c='d';e\",B='',\n ", "A=\"b c\", B=%(here)s,C=\"\""] {
            assert!(is_plain(plain), "{plain}");
        }
        for notable in ["A=\"\",B=1", "A=b c", "A=\"$B\"", "A=\"'b\"", "A=\"b", "A=b#c", "A=\"b'\""]
        {
            assert!(!is_plain(notable), "{notable}");
        }
    }
}
