//! The text form of "this process" and "all processes of this group". Whether they exist is not
//! known here.

/// A process or a whole group, as clients name it (RPC-083 to RPC-091).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Namespec<'a> {
    /// The name of the group.
    pub group: &'a str,
    /// The name of the process in the group; `None` for all of them.
    pub process: Option<&'a str>,
}

impl<'a> Namespec<'a> {
    /// Reads `process`, `group:process`, `group:*` or `group:`. Only the first colon splits.
    #[must_use]
    pub fn parse(text: &'a str) -> Namespec<'a> {
        match text.split_once(':') {
            Some((group, "" | "*")) => Namespec { group, process: None },
            Some((group, process)) => Namespec { group, process: Some(process) },
            None => Namespec { group: text, process: Some(text) },
        }
    }
}

/// A process as it is displayed: `process` when the group has the same name, else
/// `group:process` (RPC-090).
#[must_use]
pub fn display(group: &str, process: &str) -> String {
    if group == process { process.to_owned() } else { format!("{group}:{process}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, group: &str, process: Option<&str>) {
        assert_eq!(Namespec::parse(text), Namespec { group, process });
    }

    #[test]
    fn first_colon_splits() {
        // RPC-083, RPC-084, RPC-085, RPC-088
        check("x", "x", Some("x"));
        check("g:p", "g", Some("p"));
        check("g:p:q", "g", Some("p:q"));
        check("g:*", "g", None);
        check("g:", "g", None);
        check(":", "", None);
        check("", "", Some(""));
    }

    #[test]
    fn equal_names_are_shown_once() {
        // CFG-321, RPC-090
        assert_eq!(display("web", "web"), "web");
        assert_eq!(display("web", "web_0"), "web:web_0");
    }
}
