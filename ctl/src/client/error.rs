//! The ways a call can fail, with the class names and texts the original prints for them: scripts
//! look for both.

use std::io;

use rpc::{FaultCode, ReceivedFault};

use crate::target::BadUrl;

/// A call that brought no result. Displays as the text of the original's exception.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// The daemon answered with a fault.
    #[error("{}", fault_text(.0))]
    Fault(#[from] ReceivedFault),
    /// The daemon answered with another HTTP status than 200.
    #[error("<ProtocolError for 127.0.0.1/RPC2: {code} {reason}>")]
    Protocol {
        /// The status.
        code: u16,
        /// Its reason phrase.
        reason: String,
    },
    /// The connection failed.
    #[error("{}", io_text(.0))]
    Io(#[from] io::Error),
    /// The host name means nothing.
    #[error("[Errno {code}] {reason}")]
    Resolve {
        /// The number `getaddrinfo` gives.
        code: i32,
        /// Its text for the number.
        reason: String,
    },
    /// The daemon hung up instead of answering.
    #[error("Remote end closed connection without response")]
    Disconnected,
    /// The URL leads nowhere.
    #[error(transparent)]
    Url(#[from] BadUrl),
    /// The answer is no XML-RPC.
    #[error(transparent)]
    Decode(#[from] rpc::xml::DecodeError),
    /// An argument cannot be sent.
    #[error("int exceeds XML-RPC limits")]
    Encode(#[from] rpc::xml::EncodeError),
    /// The answer has another shape than the method promises.
    #[error(transparent)]
    Mismatch(#[from] rpc::value::Mismatch),
    /// A result in an array carries a code its action does not know (CTL-057).
    #[error("Unknown result code {code} for {name}")]
    Result {
        /// The code.
        code: i64,
        /// The process.
        name: String,
    },
    /// Input ended where an answer was asked for (CTL-040).
    #[error("EOF when reading a line")]
    EndOfInput,
    /// Ctrl-C was pressed while the call was under way.
    #[error("interrupted")]
    Interrupted,
}

impl CallError {
    /// The name of the original's class for this error.
    pub(crate) fn class(&self) -> &'static str {
        match self {
            CallError::Fault(_) => "xmlrpc.client.Fault",
            CallError::Protocol { .. } => "xmlrpc.client.ProtocolError",
            CallError::Io(error) => io_class(error),
            CallError::Resolve { .. } => "socket.gaierror",
            CallError::Disconnected => "http.client.RemoteDisconnected",
            CallError::Decode(rpc::xml::DecodeError::NotUtf8) => "UnicodeDecodeError",
            CallError::Decode(_) => "xml.parsers.expat.ExpatError",
            CallError::Encode(_) => "OverflowError",
            CallError::Mismatch(_) => "TypeError",
            CallError::Url(_) | CallError::Result { .. } => "ValueError",
            CallError::EndOfInput => "EOFError",
            CallError::Interrupted => "KeyboardInterrupt",
        }
    }

    /// The fault, when it is one of the interface's.
    pub(crate) fn fault(&self) -> Option<FaultCode> {
        if let CallError::Fault(fault) = self { fault.known() } else { None }
    }

    /// Whether this HTTP status was answered.
    pub(crate) fn is_status(&self, status: u16) -> bool {
        matches!(self, CallError::Protocol { code, .. } if *code == status)
    }

    /// The error of the operating system, if it is one.
    pub(crate) fn io_kind(&self) -> Option<io::ErrorKind> {
        if let CallError::Io(error) = self { Some(error.kind()) } else { None }
    }

    /// Whether the daemon was not reached at all.
    pub(crate) fn is_unreached(&self) -> bool {
        matches!(
            self,
            CallError::Io(_)
                | CallError::Resolve { .. }
                | CallError::Disconnected
                | CallError::Url(_)
        )
    }
}

fn fault_text(fault: &ReceivedFault) -> String {
    format!("<Fault {}: {}>", fault.code, rpc::value::Quoted(&fault.text))
}

fn io_text(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(code) => format!("[Errno {code}] {}", io_reason(error)),
        None => error.to_string(),
    }
}

/// The text of the operating system, without the number Rust appends.
pub(crate) fn io_reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}

fn io_class(error: &io::Error) -> &'static str {
    #[expect(clippy::wildcard_enum_match_arm, reason = "most kinds have no class of their own")]
    match error.kind() {
        io::ErrorKind::NotFound => "FileNotFoundError",
        io::ErrorKind::PermissionDenied => "PermissionError",
        io::ErrorKind::ConnectionRefused => "ConnectionRefusedError",
        io::ErrorKind::ConnectionReset => "ConnectionResetError",
        io::ErrorKind::ConnectionAborted => "ConnectionAbortedError",
        io::ErrorKind::BrokenPipe => "BrokenPipeError",
        io::ErrorKind::TimedOut => "TimeoutError",
        io::ErrorKind::NotADirectory => "NotADirectoryError",
        _ => "OSError",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(error: impl Into<CallError>, expected: &str) {
        let error = error.into();
        assert_eq!(format!("<class '{}'>, {error}", error.class()), expected);
    }

    #[test]
    fn errors_look_like_the_originals() {
        // CTL-027, CTL-036, CTL-041, CTL-042
        check(
            io::Error::from_raw_os_error(111),
            "<class 'ConnectionRefusedError'>, [Errno 111] Connection refused",
        );
        check(
            io::Error::from_raw_os_error(2),
            "<class 'FileNotFoundError'>, [Errno 2] No such file or directory",
        );
        check(io::Error::from_raw_os_error(113), "<class 'OSError'>, [Errno 113] No route to host");
        let text = "SHUTDOWN_STATE".to_owned();
        check(
            ReceivedFault { code: 6, text },
            "<class 'xmlrpc.client.Fault'>, <Fault 6: 'SHUTDOWN_STATE'>",
        );
        let reason = "Internal Server Error".to_owned();
        check(
            CallError::Protocol { code: 500, reason },
            "<class 'xmlrpc.client.ProtocolError'>, \
             <ProtocolError for 127.0.0.1/RPC2: 500 Internal Server Error>",
        );
        check(
            BadUrl::Protocol("https://x".to_owned()),
            "<class 'ValueError'>, Unknown protocol for serverurl https://x",
        );
    }
}
