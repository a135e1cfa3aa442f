//! The [`Host`](super::Host) of a real machine: the one place of the compiler that reads files,
//! variables and the user database.
