//! XML-RPC as bytes: decoding calls and responses, encoding both. What a method means is not
//! known here.

mod base64;
mod canonical;
mod read;
mod write;

pub(crate) use read::integer;
pub use read::{DecodeError, Limits};
pub use write::{Encode, EncodeError, Encoder, Fragment, Gap, escape};

use crate::fault::{Fault, ReceivedFault};
use crate::value::{Decode as _, Value};

/// The head of every document written (RPC-042).
const PROLOG: &str = "<?xml version='1.0'?>\n";

/// A call as it was received: its method may not exist, its arguments may not fit.
#[derive(Clone, Debug, PartialEq)]
pub struct MethodCall {
    /// The name as sent; never empty.
    pub method: String,
    /// The arguments, by position.
    pub params: Vec<Value>,
}

/// Reads a call with [`Limits::CALL`] (RPC-018, RPC-022 to RPC-041).
///
/// # Errors
/// When the bytes are no acceptable XML, or name no method; the daemon answers those with HTTP
/// status 400.
pub fn decode_call(bytes: &[u8]) -> Result<MethodCall, DecodeError> {
    match str::from_utf8(bytes).ok().and_then(canonical::read_call) {
        Some(call) => Ok(call),
        None => decode_any_call(bytes),
    }
}

/// The same whatever the layout.
fn decode_any_call(bytes: &[u8]) -> Result<MethodCall, DecodeError> {
    let document = read::read(bytes, &Limits::CALL)?;
    match document.method {
        Some(method) if !method.is_empty() => {
            Ok(MethodCall { method, params: document.params.unwrap_or_default() })
        }
        _ => Err(DecodeError::NoMethodName),
    }
}

/// Reads a response with [`Limits::RESPONSE`]. The inner result is what the server said.
///
/// # Errors
/// When the bytes are no acceptable XML, or hold neither a value nor a fault.
pub fn decode_response(bytes: &[u8]) -> Result<Result<Value, ReceivedFault>, DecodeError> {
    match str::from_utf8(bytes).ok().and_then(canonical::read) {
        Some(value) => Ok(Ok(value)),
        None => decode_any_response(bytes),
    }
}

/// The same whatever the layout.
fn decode_any_response(bytes: &[u8]) -> Result<Result<Value, ReceivedFault>, DecodeError> {
    let document = read::read(bytes, &Limits::RESPONSE)?;
    if let Some(mut fault) = document.fault {
        let code = fault.take_member("faultCode").map(i64::decode);
        let text = fault.take_member("faultString").map(String::decode);
        return match (code, text) {
            (Some(Ok(code)), Some(Ok(text))) => Ok(Err(ReceivedFault { code, text })),
            _ => Err(DecodeError::NoValue),
        };
    }
    let mut params = document.params.unwrap_or_default().into_iter();
    params.next().map(Ok).ok_or(DecodeError::NoValue)
}

/// Writes a call.
///
/// # Errors
/// When an argument has no wire form (RPC-046).
pub fn encode_call(method: &str, params: &[Value]) -> Result<Vec<u8>, EncodeError> {
    let mut out = Encoder::new(PROLOG);
    out.raw("<methodCall>\n<methodName>");
    out.text(method);
    out.raw("</methodName>\n<params>\n");
    for param in params {
        out.raw("<param>\n");
        param.encode(&mut out);
        out.raw("</param>\n");
    }
    out.raw("</params>\n</methodCall>\n");
    out.finish()
}

/// Writes a response (RPC-042, RPC-043). A value is anything that can be encoded: a struct of
/// `types`, a [`Fragment`] made earlier, a [`Value`].
///
/// # Errors
/// When a value has no wire form (RPC-046); the daemon answers those with HTTP status 500.
pub fn encode_response<T: Encode + ?Sized>(
    answer: Result<&T, &Fault>,
) -> Result<Vec<u8>, EncodeError> {
    let mut out = Encoder::new(PROLOG);
    match answer {
        Ok(value) => result(value, &mut out),
        Err(fault) => {
            out.raw("<methodResponse>\n<fault>\n");
            fault.encode(&mut out);
            out.raw("</fault>\n</methodResponse>\n");
        }
    }
    out.finish()
}

/// Writes a response whose value has a [`Gap`] in it: what stands before the text that is missing,
/// and what after it.
///
/// # Errors
/// When the value has no wire form.
pub fn encode_around<T: Encode>(value: &T) -> Result<(Vec<u8>, Vec<u8>), EncodeError> {
    let mut out = Encoder::new(PROLOG);
    result(value, &mut out);
    out.finish_around()
}

fn result<T: Encode + ?Sized>(value: &T, out: &mut Encoder) {
    out.raw("<methodResponse>\n<params>\n<param>\n");
    value.encode(out);
    out.raw("</param>\n</params>\n</methodResponse>\n");
}

#[cfg(test)]
mod tests;
