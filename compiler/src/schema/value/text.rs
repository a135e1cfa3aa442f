//! Kinds of text: plain, names, lists, URLs.

use std::path::PathBuf;
use std::sync::Arc;

use super::{Invalid, Kind, Shown, SocketPath};
use crate::diagnostic::codes;
use crate::host::Inquiry;

/// Any text.
pub struct Text;

/// A name of a process or group (CFG-282).
pub struct Name;

/// Texts separated by commas (CFG-283).
pub struct List;

/// Texts separated by commas, in upper case (CFG-238).
pub struct UpperList;

/// The URL a process reaches the daemon at; `AUTO` is `None` (CFG-230).
pub struct ServerUrl;

/// The URL `supervisorctl` reaches the daemon at; the path of `unix://` is made absolute (CFG-195).
pub struct CtlUrl;

/// A file that may be left empty for none (CFG-199).
pub struct HistoryFile;

impl Kind for Text {
    type Value = String;

    const NAME: &'static str = "text";

    fn parse(text: &str, _: &Inquiry<'_>) -> Result<String, Invalid> {
        Ok(text.to_owned())
    }

    fn show(value: &String) -> Shown {
        Shown::Text(value.clone())
    }
}

impl Kind for Name {
    type Value = Arc<str>;

    const NAME: &'static str = "name";

    fn parse(text: &str, _: &Inquiry<'_>) -> Result<Arc<str>, Invalid> {
        let name = grammar::strip(text);
        if !name.bytes().any(|byte| matches!(byte, b' ' | b':' | b'/')) {
            return Ok(Arc::from(name));
        }
        for (character, word) in [(' ', "a blank"), (':', "a `:`"), ('/', "a `/`")] {
            if let Some(at) = name.find(character) {
                let start = text.len() - text.trim_start_matches(grammar::is_space).len() + at;
                let quoted = grammar::python_repr(text);
                return Err(Invalid::new(
                    codes::BAD_NAME,
                    format!("the name `{name}` holds {word}"),
                    format!("Invalid name: {quoted} because of character: '{character}'"),
                )
                .at(start..start + 1));
            }
        }
        Ok(Arc::from(name))
    }

    fn show(value: &Arc<str>) -> Shown {
        Shown::Text(value.to_string())
    }
}

impl Kind for List {
    type Value = Vec<String>;

    const NAME: &'static str = "list";
    const JSON: &'static str = "array";

    fn parse(text: &str, _: &Inquiry<'_>) -> Result<Vec<String>, Invalid> {
        if text.is_empty() {
            return Ok(Vec::new());
        }
        Ok(text.split(',').map(|part| grammar::strip(part).to_owned()).collect())
    }

    fn show(value: &Vec<String>) -> Shown {
        Shown::List(value.clone())
    }
}

impl Kind for UpperList {
    type Value = Vec<String>;

    const NAME: &'static str = "list";
    const JSON: &'static str = "array";

    fn parse(text: &str, inquiry: &Inquiry<'_>) -> Result<Vec<String>, Invalid> {
        let mut names = List::parse(&text.to_uppercase(), inquiry)?;
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    fn show(value: &Vec<String>) -> Shown {
        Shown::List(value.clone())
    }
}

impl Kind for ServerUrl {
    type Value = Option<String>;

    const NAME: &'static str = "URL or AUTO";

    fn parse(text: &str, _: &Inquiry<'_>) -> Result<Option<String>, Invalid> {
        let automatic = grammar::strip(text).eq_ignore_ascii_case("auto");
        Ok((!automatic).then(|| text.to_owned()))
    }

    fn show(value: &Option<String>) -> Shown {
        value.clone().map_or(Shown::Unset, Shown::Text)
    }
}

impl Kind for CtlUrl {
    type Value = String;

    const NAME: &'static str = "URL";

    fn parse(text: &str, inquiry: &Inquiry<'_>) -> Result<String, Invalid> {
        let Some(path) = text.strip_prefix("unix://") else { return Ok(text.to_owned()) };
        let path = super::absolute(&inquiry.working_dir(), &inquiry.expand_home(path));
        Ok(format!("unix://{}", path.display()))
    }

    fn show(value: &String) -> Shown {
        Shown::Text(value.clone())
    }
}

impl Kind for HistoryFile {
    type Value = Option<PathBuf>;

    const NAME: &'static str = "path";

    fn parse(text: &str, inquiry: &Inquiry<'_>) -> Result<Option<PathBuf>, Invalid> {
        if text.is_empty() {
            return Ok(None);
        }
        let path = super::absolute(&inquiry.working_dir(), &inquiry.expand_home(text));
        Ok(Some(path))
    }

    fn show(value: &Option<PathBuf>) -> Shown {
        value.as_ref().map_or(Shown::Unset, SocketPath::show)
    }
}
