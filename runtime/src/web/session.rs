//! What ties a form to the browser it was sent to: a cookie no page elsewhere can set, and a token
//! made of it that no page elsewhere can read.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read};

use hyper::header::{self, HeaderMap, HeaderValue};
use sha1::{Digest, Sha1};

/// The name of the cookie. Daemons on other ports of the same host see it too, and leave it alone:
/// the token depends on a secret of its own in each.
const COOKIE: &str = "planvisor";

/// Digits of an id and of a token.
const DIGITS: usize = 40;

/// Makes and checks tokens for the life of a daemon.
#[derive(Debug)]
pub(super) struct Sessions {
    secret: [u8; 32],
    next: Cell<u64>,
}

/// The session of one browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Session {
    id: String,
    fresh: bool,
    token: String,
}

impl Sessions {
    /// Sessions with a secret of their own.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub(super) fn new() -> io::Result<Sessions> {
        let mut secret = [0; 32];
        File::open("/dev/urandom")?.read_exact(&mut secret)?;
        Ok(Sessions { secret, next: Cell::new(0) })
    }

    /// The session a request belongs to, or a new one.
    pub(super) fn open(&self, headers: &HeaderMap) -> Session {
        let known = id_of(headers);
        let fresh = known.is_none();
        let id = known.map_or_else(|| self.new_id(), str::to_owned);
        let token = self.digest(&[b"token", id.as_bytes()]);
        Session { id, fresh, token }
    }

    /// Whether `token` was made for the session of this request.
    pub(super) fn accepts(&self, headers: &HeaderMap, token: &str) -> bool {
        let Some(id) = id_of(headers) else {
            return false;
        };
        let expected = self.digest(&[b"token", id.as_bytes()]);
        let pairs = expected.bytes().zip(token.bytes());
        expected.len() == token.len() && pairs.fold(0, |all, (a, b)| all | (a ^ b)) == 0
    }

    fn new_id(&self) -> String {
        let number = self.next.get();
        self.next.set(number + 1);
        self.digest(&[b"id", &number.to_le_bytes()])
    }

    fn digest(&self, parts: &[&[u8]]) -> String {
        let mut hash = Sha1::new();
        hash.update(self.secret);
        for part in parts {
            hash.update(part);
        }
        // The secret on both sides, so that nothing can be appended to what was hashed.
        hash.update(self.secret);
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl Session {
    /// The token for this session's forms.
    pub(super) fn token(&self) -> &str {
        &self.token
    }

    /// The header that makes the browser remember a new session.
    pub(super) fn cookie(&self) -> Option<HeaderValue> {
        let cookie = format!("{COOKIE}={}; HttpOnly; SameSite=Strict", self.id);
        self.fresh.then(|| HeaderValue::from_str(&cookie).ok()).flatten()
    }
}

fn id_of(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    cookies
        .flat_map(|line| line.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find(|(name, id)| *name == COOKIE && id.len() == DIGITS)
        .map(|(_, id)| id)
        .filter(|id| id.bytes().all(|digit| digit.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_cookie(cookie: &str) -> HeaderMap {
        let value = HeaderValue::from_str(cookie).expect("a value");
        HeaderMap::from_iter([(header::COOKIE, value)])
    }

    #[test]
    fn a_token_is_good_for_its_session_only() {
        let sessions = Sessions::new().expect("random bytes");
        let session = sessions.open(&HeaderMap::new());
        let cookie = session.cookie().expect("a new session");
        let pair = cookie.to_str().expect("text").split(';').next().expect("a pair").to_owned();
        let headers = with_cookie(&format!("other=1; {pair}"));
        assert!(sessions.accepts(&headers, session.token()));
        assert_eq!(sessions.open(&headers).cookie(), None);
        assert!(!sessions.accepts(&headers, ""));
        assert!(!sessions.accepts(&HeaderMap::new(), session.token()));
        let other = sessions.open(&HeaderMap::new());
        assert!(!sessions.accepts(&headers, other.token()));
        let elsewhere = Sessions::new().expect("random bytes");
        assert!(!elsewhere.accepts(&headers, session.token()));
    }

    #[test]
    fn neither_scripts_nor_other_sites_get_the_cookie() {
        let session = Sessions::new().expect("random bytes").open(&HeaderMap::new());
        let cookie = session.cookie().expect("a new session");
        let attributes: Vec<_> = cookie.to_str().expect("text").split("; ").skip(1).collect();
        assert_eq!(attributes, ["HttpOnly", "SameSite=Strict"]);
    }

    #[test]
    fn strange_cookies_are_no_sessions() {
        for cookie in ["planvisor=1", "planvisor", "planvisor=<script>", "x=y"] {
            assert_eq!(id_of(&with_cookie(cookie)), None, "{cookie}");
        }
    }
}
