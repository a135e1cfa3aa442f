//! The request target, decoded the way the routes match it (HTTP-015 to HTTP-023), and the
//! parameters of forms (WEB-002, WEB-003).

use std::borrow::Cow;

use hyper::Uri;

/// A request target after percent-decoding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The path, decoded once, without parameters.
    pub path: String,
    /// What follows the first `?`, still encoded.
    pub query: String,
}

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// The XML-RPC endpoint.
    Rpc,
    /// The stream of a process log; what follows `/logtail…/`, decoded twice.
    ProcessLog(Option<String>),
    /// The stream of the activity log.
    MainLog,
    /// Everything else: pages and their assets.
    Web,
}

impl Target {
    /// Decodes a request target. A target with a host in it is somebody else's (HTTP-022).
    pub fn parse(uri: &Uri) -> Option<Target> {
        if uri.scheme().is_some() || uri.authority().is_some() {
            return None;
        }
        let decoded = percent_decode(uri.path());
        let (path, mut query) = match decoded.split_once('?') {
            Some((path, query)) => (path, query.to_owned()),
            None => (&*decoded, String::new()),
        };
        if let Some(rest) = uri.query() {
            if !query.is_empty() {
                query.push('?');
            }
            query.push_str(rest);
        }
        let path = path.split('#').next().unwrap_or_default().to_owned();
        Some(Target { path, query })
    }

    /// The route by the prefix of the path.
    pub fn route(&self) -> Route {
        if self.path.starts_with("/RPC2") {
            Route::Rpc
        } else if self.path.starts_with("/logtail") {
            let path = self.path.split(';').next().unwrap_or_default();
            let twice = percent_decode(path.trim_start_matches('/'));
            Route::ProcessLog(twice.split_once('/').map(|(_, rest)| rest.to_owned()))
        } else if self.path.starts_with("/mainlogtail") {
            Route::MainLog
        } else {
            Route::Web
        }
    }
}

/// The parameters of a query or a form, in their order, empty ones left out.
pub fn parameters(text: &str) -> impl Iterator<Item = (String, String)> + '_ {
    text.split('&').filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        if value.is_empty() {
            return None;
        }
        Some((form_decode(name), form_decode(value)))
    })
}

/// Encodes text for use as a part of a path or query: everything but letters, digits and `_.-~`.
pub fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"_.-~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

fn form_decode(text: &str) -> String {
    percent_decode(&text.replace('+', " ")).into_owned()
}

/// Resolves `%XX`; what is no such sequence stays, bytes that are no UTF-8 become U+FFFD.
fn percent_decode(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let value = (bytes[at] == b'%')
            .then(|| text.get(at + 1..at + 3))
            .flatten()
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        decoded.push(value.unwrap_or(bytes[at]));
        at += if value.is_some() { 3 } else { 1 };
    }
    Cow::Owned(String::from_utf8_lossy(&decoded).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(uri: &str, expected: Route) {
        let target = Target::parse(&uri.parse().expect("a target")).expect("a path");
        assert_eq!(target.route(), expected, "{uri}");
    }

    fn log(rest: &str) -> Route {
        Route::ProcessLog(Some(rest.to_owned()))
    }

    #[test]
    fn the_endpoint_is_a_prefix() {
        // RPC-002, RPC-003, HTTP-015
        for uri in ["/RPC2", "/RPC2/", "/RPC2/foo", "/RPC2xyz?a=b", "/%52PC2"] {
            check(uri, Route::Rpc);
        }
        check("//RPC2", Route::Web);
        check("/rpc2", Route::Web);
    }

    #[test]
    fn log_streams() {
        // HTTP-017, HTTP-023, HTTP-063, HTTP-065
        check("/logtail/x", log("x"));
        check("/logtail/g%3Ap/stderr?q", log("g:p/stderr"));
        check("/logtail/%2573", log("s"));
        check("/logtailxyz/x", log("x"));
        check("/logtail", Route::ProcessLog(None));
        check("/mainlogtailxyz", Route::MainLog);
    }

    #[test]
    fn absolute_targets_are_not_ours() {
        // HTTP-022
        assert_eq!(Target::parse(&"http://h/RPC2".parse().expect("a uri")), None);
    }

    #[test]
    fn an_encoded_question_mark_separates() {
        // HTTP-023
        let target = Target::parse(&"/index.html%3Fa=1?b=2".parse().expect("a uri"));
        let expected = Target { path: "/index.html".into(), query: "a=1?b=2".into() };
        assert_eq!(target, Some(expected));
    }

    #[test]
    fn form_parameters() {
        // WEB-002, WEB-003
        let found: Vec<_> = parameters("a=1&b=&c&d=x+y%21%zz&e=%ff").collect();
        let expected = [("a", "1"), ("d", "x y!%zz"), ("e", "\u{fffd}")];
        assert_eq!(found, expected.map(|(k, v)| (k.to_owned(), v.to_owned())));
        assert_eq!(percent_encode("g:ä b"), "g%3A%C3%A4%20b");
    }
}
