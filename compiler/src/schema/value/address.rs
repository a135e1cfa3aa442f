//! The address a TCP server listens on, and who owns a socket file.

use serde::{Deserialize, Serialize};

use super::number::{integer, not_an_integer};
use super::{Invalid, Kind, Shown};
use crate::diagnostic::codes;
use crate::host::Inquiry;
use crate::plan::Owner;

/// Host and port (CFG-295).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InetAddress {
    /// Lower case; empty for all interfaces.
    pub host: String,
    /// Port.
    pub port: u16,
}

impl Kind for InetAddress {
    type Value = InetAddress;

    const NAME: &'static str = "address";

    fn parse(text: &str, _: &Inquiry<'_>) -> Result<InetAddress, Invalid> {
        let Some((host, digits)) = text.rsplit_once(':') else {
            let port = port(text).map_err(|invalid| Invalid {
                original: format!("not a valid port number: {} ", grammar::python_repr(text)),
                ..invalid
            })?;
            return Ok(InetAddress { host: String::new(), port });
        };
        let at = host.len() + 1..text.len();
        if digits.is_empty() {
            return Err(Invalid::new(
                codes::BAD_PORT,
                "there is no port after the `:`",
                "no port number specified in ''",
            )
            .at(host.len()..text.len()));
        }
        let port = port(digits).map_err(|invalid| invalid.at(at))?;
        let host = if host == "*" { String::new() } else { host.to_lowercase() };
        Ok(InetAddress { host, port })
    }

    fn show(value: &InetAddress) -> Shown {
        let host = if value.host.is_empty() { "*" } else { &value.host };
        Shown::Text(format!("{host}:{}", value.port))
    }
}

/// A port from 1 to 65535.
pub(crate) fn port(text: &str) -> Result<u16, Invalid> {
    let Some(number) = integer(text) else {
        let invalid = not_an_integer(text, text);
        return Err(Invalid {
            code: codes::BAD_PORT,
            message: format!("`{text}` is not a port").into(),
            ..invalid
        });
    };
    let refuse = |bound: &str| {
        Invalid::new(
            codes::BAD_PORT,
            format!("port {number} is out of range"),
            format!("{number} is {bound}"),
        )
        .help("choose a port from 1 to 65535")
    };
    match u16::try_from(number) {
        Ok(0) => Err(refuse("below lower bound (1)")),
        Ok(port) => Ok(port),
        Err(_) if number < 0 => Err(refuse("below lower bound (1)")),
        Err(_) => Err(refuse("above upper bound (65535)")),
    }
}

/// CFG-287. The option that uses it words the refusal, so `original` holds only the text.
impl Kind for Owner {
    type Value = Owner;

    const NAME: &'static str = "user[:group]";

    fn parse(text: &str, inquiry: &Inquiry<'_>) -> Result<Owner, Invalid> {
        let refuse = |what: String, at| Err(Invalid::new(codes::UNKNOWN_USER, what, text).at(at));
        let (user, group) = match text.split_once(':') {
            Some((user, group)) => (user, Some(group)),
            None => (text, None),
        };
        let Ok(found) = inquiry.user(user) else {
            return refuse(format!("there is no user `{user}`"), 0..user.len());
        };
        let gid = match group {
            None => None,
            Some(group) => match inquiry.group(group) {
                Ok(found) => found.map(|found| found.gid),
                Err(_) => {
                    return refuse(
                        format!("there is no group `{group}`"),
                        user.len() + 1..text.len(),
                    );
                }
            },
        };
        let ids = found.map(|found| (found.uid, gid));
        Ok(Owner { text: text.to_owned(), ids })
    }

    fn show(value: &Owner) -> Shown {
        Shown::Text(value.text.clone())
    }
}
