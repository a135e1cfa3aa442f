//! What calls are answered with: whole documents or elements of a multicall, held or sent in pieces.
//! What the values in them are made of is the business of the modules beside this one.

use hyper::body::Bytes;
use jiff::tz::TimeZone;
use rpc::fault::Refusal;
use rpc::types::{ConfigChanges, StateInfo};
use rpc::xml::{Encode, EncodeError, Fragment, encode_around, encode_response};
use rpc::{Fault, FaultCode};
use tokio::sync::mpsc;

use super::text::{self, LongText};
use super::{config, process};
use crate::supervisor::message::Reply;

/// What is said of results that a multicall has no room for.
pub(super) const TOO_LONG: &str = "the result is too long for a multicall";

/// The answer to a call.
#[derive(Debug)]
pub struct Answer {
    /// The response, a document of XML.
    pub response: Document,
    /// After `reloadConfig`, the sections whose changes take effect after a restart only. The
    /// result of the method has no place for them (RUN-360).
    pub pending: Vec<String>,
}

/// A document on its way to a client.
#[derive(Debug)]
pub enum Document {
    /// All of it.
    Held(Vec<u8>),
    /// One around a long part of a log.
    Sent {
        /// Its length in bytes.
        length: u64,
        /// The bytes, as fast as they are taken; fewer when the log cannot be read to its end.
        pieces: mpsc::Receiver<Bytes>,
    },
}

/// Why a call has no result.
pub(super) enum Failure {
    /// It was not carried out.
    Refusal(Refusal),
    /// It was, but what came of it cannot be written.
    Encode(EncodeError),
}

/// What results are written as: whole responses, or parts of the array of a multicall.
pub(super) trait Rendering {
    /// What is written.
    type Output;

    /// Bytes of a log that become part of a value; more are put [around](Rendering::around).
    const LONGEST_HELD: u64;

    /// A value on its own.
    fn render<T: Encode + ?Sized>(value: &T) -> Result<Self::Output, EncodeError>;

    /// A value with a [`Gap`](rpc::xml::Gap) in it, and the text that belongs there, which is too
    /// long to be held.
    fn around<T: Encode>(value: &T, text: LongText) -> Result<Self::Output, Failure>;
}

/// The whole response of a call on its own.
pub(super) enum Response {}

impl Rendering for Response {
    type Output = Document;

    const LONGEST_HELD: u64 = text::PIECE as u64;

    fn render<T: Encode + ?Sized>(value: &T) -> Result<Document, EncodeError> {
        encode_response(Ok(value)).map(Document::Held)
    }

    fn around<T: Encode>(value: &T, text: LongText) -> Result<Document, Failure> {
        let (before, after) = encode_around(value)?;
        let length = (before.len() + after.len()) as u64 + text.written();
        Ok(Document::Sent { length, pieces: text.send(before, after) })
    }
}

/// One element of the results of a multicall.
pub(super) enum Element {}

impl Rendering for Element {
    type Output = Fragment;

    const LONGEST_HELD: u64 = 4 << 20;

    fn render<T: Encode + ?Sized>(value: &T) -> Result<Fragment, EncodeError> {
        Fragment::new(value)
    }

    fn around<T: Encode>(_: &T, _: LongText) -> Result<Fragment, Failure> {
        Err(Fault::new(FaultCode::Failed, TOO_LONG).into())
    }
}

impl From<Document> for Answer {
    fn from(response: Document) -> Answer {
        Answer { response, pending: Vec::new() }
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Failure {
        Failure::Refusal(fault.into())
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Failure {
        Failure::Refusal(refusal)
    }
}

impl From<EncodeError> for Failure {
    fn from(error: EncodeError) -> Failure {
        Failure::Encode(error)
    }
}

/// What the core answers, as the interface tells it.
pub(super) fn render_reply<R: Rendering>(reply: Reply) -> Result<R::Output, Failure> {
    Ok(match reply {
        Reply::Done => R::render(&true)?,
        Reply::State(state) => {
            let statecode = state.code().into();
            R::render(&StateInfo { statecode, statename: state.name().to_owned() })?
        }
        Reply::Text(text) => R::render(&text)?,
        Reply::Process(status) => R::render(&process::info(&status, &TimeZone::system()))?,
        Reply::Processes(all) => {
            let zone = TimeZone::system();
            R::render(&process::Infos { all: &all, zone: &zone })?
        }
        Reply::Config(view) => R::render(&config::infos(&view))?,
        Reply::Statuses(outcomes) => R::render(&process::entries(outcomes))?,
        Reply::Changes { added, changed, removed, pending: _ } => {
            R::render(&ConfigChanges { added, changed, removed })?
        }
        Reply::Path(path) => {
            let path = path.map(|path| path.to_string_lossy().into_owned());
            R::render(&path.unwrap_or_default())?
        }
    })
}
