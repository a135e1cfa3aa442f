//! Where the daemon is: the URL of the server and how it is taken apart. Connecting is `client`'s.

use std::fmt;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A server and what it wants to see. Its debug form shows no password.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// The URL as configured; messages show it as it is.
    pub(crate) url: String,
    /// User name for the server.
    pub(crate) username: Option<String>,
    /// Password for the server.
    pub(crate) password: Option<String>,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Target").field(&self.url).finish()
    }
}

/// What a URL leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    /// A socket file.
    Unix(PathBuf),
    /// A host and its port.
    Tcp {
        /// Name or address, without the brackets of IPv6.
        host: String,
        /// Port.
        port: u16,
    },
}

/// A URL that leads nowhere (CTL-027).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadUrl {
    /// Neither `http://` nor `unix://`.
    #[error("Unknown protocol for serverurl {0}")]
    Protocol(String),
    /// Not a number where the port stands.
    #[error("Port could not be cast to integer value as '{0}'")]
    Port(String),
    /// A number no port has.
    #[error("Port out of range 0-65535")]
    PortRange,
}

impl Target {
    /// What the URL leads to: path, user information and query of an `http` URL are ignored
    /// (CTL-026).
    pub(crate) fn address(&self) -> Result<Address, BadUrl> {
        if let Some(path) = self.url.strip_prefix("unix://") {
            return Ok(Address::Unix(path.into()));
        }
        let Some(rest) = self.url.strip_prefix("http://") else {
            return Err(BadUrl::Protocol(self.url.clone()));
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let authority = authority.rsplit('@').next().unwrap_or_default();
        let (host, port) = split_port(authority);
        let port = match port {
            None | Some("") => 80,
            Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
                port.parse().map_err(|_| BadUrl::PortRange)?
            }
            Some(port) => return Err(BadUrl::Port(port.to_owned())),
        };
        let host = host.to_ascii_lowercase();
        Ok(Address::Tcp { host, port })
    }

    /// The value of the `Authorization` header of a call (CTL-029).
    pub(crate) fn authorization(&self) -> Option<String> {
        let (username, password) = (self.username.as_ref()?, self.password.as_ref()?);
        Some(format!("Basic {}", STANDARD.encode(format!("{username}:{password}"))))
    }
}

/// Splits `[v6]:port` or `host:port`.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    if let Some((host, rest)) = authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return (host, rest.strip_prefix(':'));
    }
    match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    }
}

/// The scheme of a URL, lower-case; `None` for what is none.
pub(crate) fn scheme(url: &str) -> Option<String> {
    let (scheme, _) = url.split_once(':')?;
    let starts_well = scheme.starts_with(|c: char| c.is_ascii_alphabetic());
    let goes_on_well = scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    (starts_well && goes_on_well).then(|| scheme.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> Target {
        let secret = Some("a:b".to_owned());
        Target { url: url.to_owned(), username: Some(String::new()), password: secret }
    }

    fn check(url: &str, host: &str, port: u16) {
        let host = host.to_owned();
        assert_eq!(target(url).address(), Ok(Address::Tcp { host, port }));
    }

    #[test]
    fn urls_are_taken_apart() {
        // CTL-026
        check("http://localhost", "localhost", 80);
        check("http://Localhost:9001/x/RPC2?y", "localhost", 9001);
        check("http://u:p@host:1", "host", 1);
        check("http://[::1]:9001", "::1", 9001);
        check("http://[::1]", "::1", 80);
        assert_eq!(target("unix://a/b.sock").address(), Ok(Address::Unix("a/b.sock".into())));
    }

    #[test]
    fn other_urls_lead_nowhere() {
        // CTL-027
        for url in ["https://a", "localhost:9001", "HTTP://a", ""] {
            let error = target(url).address().map_err(|error| error.to_string());
            assert_eq!(error, Err(format!("Unknown protocol for serverurl {url}")));
        }
        for port in ["x", "+80", "-1"] {
            let url = format!("http://a:{port}");
            assert_eq!(target(&url).address(), Err(BadUrl::Port(port.to_owned())));
        }
        assert_eq!(target("http://a:65536").address(), Err(BadUrl::PortRange));
    }

    #[test]
    fn schemes() {
        assert_eq!(scheme("UNIX:///x").as_deref(), Some("unix"));
        assert_eq!(scheme("localhost:9001").as_deref(), Some("localhost"));
        for none in ["", "x", ":x", "1a:x", "a b:x"] {
            assert_eq!(scheme(none), None, "{none}");
        }
    }

    #[test]
    fn credentials_are_sent_but_not_shown() {
        // CTL-029, LIB-004
        let target = target("http://h");
        assert_eq!(target.authorization().as_deref(), Some("Basic OmE6Yg=="));
        assert_eq!(format!("{target:?}"), "Target(\"http://h\")");
    }
}
