//! The files the pages refer to, embedded, under the addresses the original has for them where it
//! has any (HTTP-055).

use hyper::body::Bytes;
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::{Response, StatusCode};
use sha1::{Digest, Sha1};

use crate::http::reply::{self, Content, Reply};

/// One embedded file.
#[derive(Debug)]
struct Asset {
    path: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
}

/// A module of the script.
macro_rules! script {
    ($name:literal) => {
        Asset {
            path: $name,
            content_type: "text/javascript",
            bytes: include_bytes!(concat!("assets/", $name)),
        }
    };
}

const ASSETS: [Asset; 13] = [
    Asset {
        path: "stylesheets/supervisor.css",
        content_type: "text/css",
        bytes: include_bytes!("assets/planvisor.css"),
    },
    script!("planvisor.js"),
    script!("group.js"),
    script!("order.js"),
    script!("page.js"),
    script!("process.js"),
    script!("processes.js"),
    script!("table.js"),
    script!("forms.js"),
    script!("log.js"),
    script!("colours.js"),
    Asset {
        path: "images/icon.svg",
        content_type: "image/svg+xml",
        bytes: include_bytes!("assets/icon.svg"),
    },
    Asset {
        path: "images/icon.png",
        content_type: "image/png",
        bytes: include_bytes!("assets/icon.png"),
    },
];

/// The file at `path`, or that the browser has it already.
pub(super) fn find(path: &str, headers: &HeaderMap) -> Option<Reply> {
    let asset = ASSETS.iter().find(|asset| asset.path == path)?;
    let tag = tag(asset.bytes);
    let known = headers.get(header::IF_NONE_MATCH);
    let mut found = if known.is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        let mut unchanged = Response::new(Content::Whole(Bytes::new()));
        *unchanged.status_mut() = StatusCode::NOT_MODIFIED;
        unchanged
    } else {
        reply::ok(asset.content_type, Bytes::from_static(asset.bytes))
    };
    found.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        found.headers_mut().insert(header::ETAG, tag);
    }
    Some(found)
}

/// An entity tag made of the content.
fn tag(bytes: &[u8]) -> String {
    let hex: String =
        Sha1::digest(bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{hex}\"")
}
