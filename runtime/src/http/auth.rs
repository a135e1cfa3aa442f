//! Basic authentication: who may go on. What is refused is answered by the caller.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use compiler::plan::Credentials;
use hyper::header::HeaderValue;
use sha1::{Digest, Sha1};

/// What an `Authorization` header is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The request goes on.
    Granted,
    /// Credentials are missing or wrong.
    Denied,
    /// The header cannot be read (HTTP-031, HTTP-032).
    Malformed,
}

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Judges the header of one request by the credentials of its server; without credentials the
/// header is not looked at (LIB-004).
pub(super) fn check(credentials: Option<&Credentials>, header: Option<&HeaderValue>) -> Verdict {
    let Some(credentials) = credentials else {
        return Verdict::Granted;
    };
    let Some(header) = header.and_then(|header| header.to_str().ok()) else {
        return Verdict::Denied;
    };
    let (scheme, code) = header.split_once(' ').unwrap_or((header, ""));
    if !scheme.eq_ignore_ascii_case("basic") || code.trim().is_empty() {
        return Verdict::Denied;
    }
    let Some(text) = decode(code) else {
        return Verdict::Malformed;
    };
    let Some((username, password)) = text.split_once(':') else {
        return Verdict::Malformed;
    };
    let known = same(username, &credentials.username);
    let secret = &credentials.password.0;
    let right = match secret.strip_prefix("{SHA}") {
        Some(hex) => same(&hex_sha1(password), hex),
        None => same(password, secret),
    };
    if known & right { Verdict::Granted } else { Verdict::Denied }
}

/// The text behind base64, which may be folded like the original's.
fn decode(code: &str) -> Option<String> {
    let code: String = code.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    String::from_utf8(LENIENT.decode(code).ok()?).ok()
}

/// Compares without telling by its time where the two differ: digests are compared, all of their
/// bytes.
fn same(given: &str, expected: &str) -> bool {
    let (given, expected) = (Sha1::digest(given), Sha1::digest(expected));
    given.iter().zip(expected.iter()).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

fn hex_sha1(text: &str) -> String {
    Sha1::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::STANDARD;
    use compiler::schema::value::Secret;

    fn check_with(password: &str, header: &str, expected: Verdict) {
        let credentials =
            Credentials { username: "chris".to_owned(), password: Secret(password.to_owned()) };
        let header = HeaderValue::from_str(header).ok();
        assert_eq!(check(Some(&credentials), header.as_ref()), expected, "{header:?}");
    }

    fn basic(text: &str) -> String {
        format!("Basic {}", STANDARD.encode(text))
    }

    #[test]
    fn a_server_without_credentials_ignores_the_header() {
        // LIB-004
        assert_eq!(check(None, None), Verdict::Granted);
        assert_eq!(check(None, Some(&HeaderValue::from_static("Basic Og=="))), Verdict::Granted);
    }

    #[test]
    fn plain_passwords() {
        // HTTP-029, HTTP-033, HTTP-034
        check_with("a:b", &basic("chris:a:b"), Verdict::Granted);
        check_with("a:b", &basic("chris:a:B"), Verdict::Denied);
        check_with("a:b", &basic("Chris:a:b"), Verdict::Denied);
        check_with("pw", &basic("chris:pw").replace("Basic", "bAsIc"), Verdict::Granted);
        check_with("pw", &basic("chris:pw").replace("Basic ", "Basic   "), Verdict::Granted);
    }

    #[test]
    fn hashed_passwords() {
        // HTTP-035, CFG-185, CFG-484
        let hex = "8cb2237d0679ca88db6464eac60da96345513964";
        check_with(&format!("{{SHA}}{hex}"), &basic("chris:12345"), Verdict::Granted);
        check_with(
            &format!("{{SHA}}{hex}"),
            &basic(&format!("chris:{{SHA}}{hex}")),
            Verdict::Denied,
        );
        check_with(
            &format!("{{SHA}}{}", hex.to_uppercase()),
            &basic("chris:12345"),
            Verdict::Denied,
        );
        check_with("{sha}x", &basic("chris:{sha}x"), Verdict::Granted);
    }

    #[test]
    fn unreadable_headers() {
        // HTTP-030, HTTP-031, HTTP-032
        check_with("pw", "Digest abc", Verdict::Denied);
        check_with("pw", "Basic", Verdict::Denied);
        check_with("pw", "Basic !!!", Verdict::Malformed);
        check_with("pw", "Basic /w==", Verdict::Malformed);
        check_with("pw", &basic("nocolon"), Verdict::Malformed);
    }
}
