//! Arguments whose meaning is this system's: signals.

use compiler::schema::value::Signal as SignalNumber;
use rpc::methods::Signal;

use crate::supervisor::message::SignalArgument;

/// Names beyond those of the kernel's manual page, with the numbers they stand for (RPC-162).
const ALIASES: [(&str, i32); 5] =
    [("CLD", 17), ("POLL", 29), ("IOT", 6), ("RTMIN", 34), ("RTMAX", 64)];

/// Finds the signal a client means (RPC-159, RPC-160).
#[must_use]
pub fn signal(argument: Signal) -> SignalArgument {
    let number = match argument.number {
        Some(number) => i32::try_from(number).ok().filter(|number| exists(*number)),
        None => named(&argument.text),
    };
    SignalArgument { text: argument.text, number: number.map(SignalNumber) }
}

/// 0 only probes; of the real-time signals the original knows the first and the last.
fn exists(number: i32) -> bool {
    matches!(number, 0..=31 | 34 | 64)
}

fn named(text: &str) -> Option<i32> {
    let upper = text.trim().to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    if let Some((_, number)) = ALIASES.iter().find(|(alias, _)| *alias == name) {
        return Some(*number);
    }
    let signal: nix::sys::signal::Signal = format!("SIG{name}").parse().ok()?;
    Some(signal as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<i32>) {
        let argument = Signal { text: text.to_owned(), number: text.trim().parse().ok() };
        assert_eq!(signal(argument).number.map(|signal| signal.0), expected, "{text}");
    }

    #[test]
    fn names_in_any_form() {
        // RPC-159, RPC-162
        check("HUP", Some(1));
        check(" sigusr1 ", Some(10));
        check("CLD", Some(17));
        check("SIGRTMIN", Some(34));
        check("RTMIN+1", None);
        check("", None);
    }

    #[test]
    fn numbers_that_exist() {
        // RPC-160, ITRAP-020
        check("0", Some(0));
        check("31", Some(31));
        check("34", Some(34));
        for wrong in ["32", "33", "35", "63", "65", "-1", "4294967297"] {
            check(wrong, None);
        }
    }

    #[test]
    fn names_that_are_no_signals() {
        // RPC-161
        check("SIG_IGN", None);
        check("_DFL", None);
    }
}
