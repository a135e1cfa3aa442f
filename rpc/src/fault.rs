//! The faults of the interface: codes, names and texts. When each is raised is the daemon's
//! business.

use std::fmt;

/// Declares [`FaultCode`]: each row is the variant, the number on the wire and the name that
/// starts the fault's text.
macro_rules! fault_codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $code:literal, $name:literal;)+) => {
        /// What a [`Fault`] says went wrong (RPC-053 to RPC-071).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum FaultCode {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl FaultCode {
            /// Every code, by number.
            pub const ALL: &[FaultCode] = &[$(FaultCode::$variant),+];

            /// The number on the wire.
            #[must_use]
            pub fn code(self) -> i32 {
                match self { $(FaultCode::$variant => $code,)+ }
            }

            /// The name the fault's text starts with.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(FaultCode::$variant => $name,)+ }
            }

            /// The code with this number.
            #[must_use]
            pub fn from_code(code: i64) -> Option<FaultCode> {
                match code { $($code => Some(FaultCode::$variant),)+ _ => None }
            }
        }
    };
}

fault_codes! {
    /// No such namespace or method.
    UnknownMethod = 1, "UNKNOWN_METHOD";
    /// Wrong number or type of arguments.
    IncorrectParameters = 2, "INCORRECT_PARAMETERS";
    /// Offset and length of a log read contradict each other.
    BadArguments = 3, "BAD_ARGUMENTS";
    /// The method asked about has no signature or does not exist.
    SignatureUnsupported = 4, "SIGNATURE_UNSUPPORTED";
    /// The daemon is stopping or restarting.
    ShutdownState = 6, "SHUTDOWN_STATE";
    /// No such process or group.
    BadName = 10, "BAD_NAME";
    /// No such signal.
    BadSignal = 11, "BAD_SIGNAL";
    /// A file (log, command, pipe) is missing.
    NoFile = 20, "NO_FILE";
    /// The command cannot be executed.
    NotExecutable = 21, "NOT_EXECUTABLE";
    /// Something else failed.
    Failed = 30, "FAILED";
    /// The process ended while it was waited for.
    AbnormalTermination = 40, "ABNORMAL_TERMINATION";
    /// The process could not be spawned.
    SpawnError = 50, "SPAWN_ERROR";
    /// The process runs already.
    AlreadyStarted = 60, "ALREADY_STARTED";
    /// The process does not run.
    NotRunning = 70, "NOT_RUNNING";
    /// Not a fault: the `status` of a success in result arrays (RPC-068).
    Success = 80, "SUCCESS";
    /// The group is active already.
    AlreadyAdded = 90, "ALREADY_ADDED";
    /// The group cannot be removed, a member still runs.
    StillRunning = 91, "STILL_RUNNING";
    /// The configuration does not compile.
    CantReread = 92, "CANT_REREAD";
}

/// A failed call as the daemon answers it. Displays as the `faultString`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What went wrong.
    pub code: FaultCode,
    /// What it went wrong with: a name, a path, a message.
    pub detail: Option<String>,
}

impl Fault {
    /// A fault whose text is the name of its code alone.
    #[must_use]
    pub fn bare(code: FaultCode) -> Fault {
        Fault { code, detail: None }
    }

    /// A fault with a detail after the name of its code.
    #[must_use]
    pub fn new(code: FaultCode, detail: impl Into<String>) -> Fault {
        Fault { code, detail: Some(detail.into()) }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.detail {
            Some(detail) => write!(f, "{}: {detail}", self.code.name()),
            None => f.write_str(self.code.name()),
        }
    }
}

impl std::error::Error for Fault {}

/// Why a call is not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// An ordinary fault.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// Arguments of a kind the interface has no fault for: alone the call is answered with
    /// HTTP status 500 (RPC-019, RPC-078), inside a multicall with fault 30 (RPC-250).
    #[error("{class}: {message}")]
    Unforeseen {
        /// The class of the error as the original's language names it.
        class: &'static str,
        /// What was wrong.
        message: String,
    },
}

impl Refusal {
    /// The fault that takes the call's place in the results of a multicall (RPC-250).
    #[must_use]
    pub fn into_fault(self) -> Fault {
        match self {
            Refusal::Fault(fault) => fault,
            Refusal::Unforeseen { class, message } => {
                Fault::new(FaultCode::Failed, format!("<class '{class}'>:{message}"))
            }
        }
    }
}

/// A fault as a client receives it: the code may be one this version does not know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("<Fault {code}: '{text}'>")]
pub struct ReceivedFault {
    /// The `faultCode`.
    pub code: i64,
    /// The `faultString`.
    pub text: String,
}

impl ReceivedFault {
    /// The code, when it is one of the interface's.
    #[must_use]
    pub fn known(&self) -> Option<FaultCode> {
        FaultCode::from_code(self.code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(code: FaultCode, detail: Option<&str>, expected: (i32, &str)) {
        let fault = Fault { code, detail: detail.map(str::to_owned) };
        assert_eq!((code.code(), fault.to_string().as_str()), expected);
    }

    #[test]
    fn text_is_the_name_and_the_detail() {
        // RPC-053, RPC-059, RPC-071
        check(FaultCode::UnknownMethod, None, (1, "UNKNOWN_METHOD"));
        check(FaultCode::BadName, Some("web:*"), (10, "BAD_NAME: web:*"));
        check(FaultCode::CantReread, Some(""), (92, "CANT_REREAD: "));
    }

    #[test]
    fn numbers_lead_back_to_their_codes() {
        for code in FaultCode::ALL {
            assert_eq!(FaultCode::from_code(code.code().into()), Some(*code));
        }
        // RPC-057
        assert_eq!(FaultCode::from_code(5), None);
    }

    #[test]
    fn unforeseen_arguments_are_fault_30_in_a_multicall() {
        // RPC-250
        let refusal =
            Refusal::Unforeseen { class: "AttributeError", message: "no name".to_owned() };
        assert_eq!(refusal.into_fault().to_string(), "FAILED: <class 'AttributeError'>:no name");
    }
}
