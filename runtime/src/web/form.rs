//! The parameters of a page: those of its address and of the form posted to it (WEB-002).

use crate::http::target::{Target, parameters};

/// Named values in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// The parameters of an address and of a body. Of a name given twice the first wins in the
    /// address, the last in the body, and the body over the address.
    pub(super) fn read(target: &Target, body: &[u8]) -> Form {
        let body = String::from_utf8_lossy(body);
        let mut fields: Vec<_> = parameters(&body).collect();
        fields.reverse();
        fields.extend(parameters(&target.query));
        Form(fields)
    }

    /// The value in force for a name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// All values of a name, those of the body in its order.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        self.0.iter().rev().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(query: &str, body: &str, expected: Option<&str>) {
        let target = Target { path: "/".to_owned(), query: query.to_owned() };
        assert_eq!(Form::read(&target, body.as_bytes()).get("a"), expected);
    }

    #[test]
    fn which_value_wins() {
        // WEB-002
        check("a=1&a=2", "", Some("1"));
        check("a=1", "a=2&a=3", Some("3"));
        check("a=1", "a=", Some("1"));
        check("", "b=1", None);
    }
}
