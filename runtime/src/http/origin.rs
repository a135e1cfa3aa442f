//! Whether a request that changes something may come from somebody else's web page. Browsers say
//! where a request comes from; scripts say nothing, and nothing is asked of them.

use std::net::IpAddr;

use hyper::header::{self, HeaderMap, HeaderName};

/// Where a request comes from, as far as it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provenance {
    /// One of our own pages, or the address bar.
    Own,
    /// A client that is no browser.
    Tool,
    /// A browser that does not say: over plain HTTP a link on another page looks like that.
    Unproven,
    /// Another web origin, or a name that is not ours (DNS rebinding).
    Foreign,
}

/// What the judgement must know about the server that was reached.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// It is a TCP server that only this machine can reach and that asks for no password, so that
    /// its name is all that tells it from a rebound one.
    pub guarded_by_name: bool,
    /// This machine's name, lower case.
    pub hostname: String,
}

const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// Judges a request by its headers.
pub fn judge(headers: &HeaderMap, reach: &Reach) -> Provenance {
    let origin = text(headers, &header::ORIGIN);
    let site = text(headers, &SITE);
    let is_browser = origin.is_some()
        || site.is_some()
        || text(headers, &header::USER_AGENT).is_some_and(|agent| agent.starts_with("Mozilla/"));
    if !is_browser {
        return Provenance::Tool;
    }
    let claimed = origin.or_else(|| text(headers, &header::REFERER).and_then(origin_of));
    if reach.guarded_by_name && !is_our_name(headers, claimed, reach) {
        return Provenance::Foreign;
    }
    match (site, claimed) {
        (Some("same-origin" | "none"), _) => Provenance::Own,
        (Some(_), _) => Provenance::Foreign,
        (None, Some(origin)) if names_us(headers, origin) => Provenance::Own,
        (None, Some(_)) => Provenance::Foreign,
        (None, None) => Provenance::Unproven,
    }
}

/// Whether the host of `origin` is the one the request was sent to, by its own word or a proxy's.
/// A page elsewhere can set neither header.
fn names_us(headers: &HeaderMap, origin: &str) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else {
        return false;
    };
    let default = if scheme == "https" { ":443" } else { ":80" };
    let bare = |host: &str| host.strip_suffix(default).unwrap_or(host).to_ascii_lowercase();
    [header::HOST, FORWARDED_HOST]
        .into_iter()
        .filter_map(|name| text(headers, &name))
        .any(|host| bare(host) == bare(authority))
}

/// Whether the `Host` can only mean this machine. A page served by `https` cannot have been
/// rebound to a server that speaks no TLS: a proxy stands between.
fn is_our_name(headers: &HeaderMap, claimed: Option<&str>, reach: &Reach) -> bool {
    let Some(host) = text(headers, &header::HOST) else {
        return true;
    };
    if claimed.is_some_and(|origin| origin.starts_with("https://")) {
        return true;
    }
    let name = without_port(host).to_ascii_lowercase();
    let literal = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok();
    literal || name == "localhost" || name.ends_with(".localhost") || name == reach.hostname
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => name,
        Some(_) | None => host,
    }
}

/// Scheme and authority of a URL.
fn origin_of(url: &str) -> Option<&str> {
    let authority = url.find("://")? + 3;
    let end = url[authority..].find(['/', '?', '#']).map_or(url.len(), |at| authority + at);
    Some(&url[..end])
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;

    const MOZILLA: (&str, &str) = ("user-agent", "Mozilla/5.0");

    #[track_caller]
    fn check_at(reach: &Reach, headers: &[(&'static str, &str)], expected: Provenance) {
        let map: HeaderMap = headers
            .iter()
            .map(|(name, value)| {
                (HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value"))
            })
            .collect();
        assert_eq!(judge(&map, reach), expected, "{headers:?}");
    }

    #[track_caller]
    fn check(headers: &[(&'static str, &str)], expected: Provenance) {
        check_at(&Reach::default(), headers, expected);
    }

    #[test]
    fn scripts_are_not_asked() {
        check(&[("host", "h:9001"), ("user-agent", "Python-xmlrpc/3.11")], Provenance::Tool);
        check(&[], Provenance::Tool);
    }

    #[test]
    fn browsers_say_where_they_come_from() {
        // ITRAP-036
        check(&[("sec-fetch-site", "same-origin")], Provenance::Own);
        check(&[("sec-fetch-site", "none")], Provenance::Own);
        check(&[("sec-fetch-site", "cross-site")], Provenance::Foreign);
        check(&[("sec-fetch-site", "same-site")], Provenance::Foreign);
        check(&[("host", "h:9001"), ("origin", "http://h:9001")], Provenance::Own);
        check(&[("host", "h"), ("origin", "http://H:80")], Provenance::Own);
        check(&[("host", "h:9001"), ("origin", "http://h:3000")], Provenance::Foreign);
        check(&[("host", "h"), ("origin", "null")], Provenance::Foreign);
        check(&[("host", "h"), MOZILLA, ("referer", "http://h/?a=1")], Provenance::Own);
        check(&[("host", "h"), MOZILLA, ("referer", "http://evil/h")], Provenance::Foreign);
        check(&[("host", "h"), MOZILLA], Provenance::Unproven);
    }

    #[test]
    fn a_proxy_may_vouch() {
        let proxied =
            [("host", "127.0.0.1:9001"), ("x-forwarded-host", "ui"), ("origin", "https://ui")];
        check(&proxied, Provenance::Own);
        let stripped = [("host", "127.0.0.1:9001"), ("sec-fetch-site", "same-origin"), proxied[2]];
        check(&stripped, Provenance::Own);
    }

    #[test]
    fn rebound_names_are_foreign() {
        let local = Reach { guarded_by_name: true, hostname: "web1".to_owned() };
        for (host, expected) in [
            ("evil.example:9001", Provenance::Foreign),
            ("127.0.0.1:9001", Provenance::Own),
            ("[::1]:9001", Provenance::Own),
            ("localhost", Provenance::Own),
            ("WEB1:9001", Provenance::Own),
        ] {
            check_at(&local, &[("host", host), ("sec-fetch-site", "same-origin")], expected);
        }
        check_at(&local, &[("host", "evil.example")], Provenance::Tool);
        let tls = [("host", "ui"), ("origin", "https://ui"), ("sec-fetch-site", "same-origin")];
        check_at(&local, &tls, Provenance::Own);
    }
}
