//! What is asked of the person at the keyboard in the middle of an action. The line editor of the
//! shell is `shell`'s.

mod terminal;

pub(crate) use terminal::Terminal;

/// Someone to ask; tests put prepared answers in their place.
pub(crate) trait Console {
    /// Shows a question and reads a line, without its end.
    fn ask(&mut self, question: &str) -> Answer;

    /// The same without echo.
    fn ask_secretly(&mut self, question: &str) -> Answer;
}

/// What was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// A line.
    Line(String),
    /// The end of the input.
    End,
    /// Ctrl-C.
    Interrupted,
}
