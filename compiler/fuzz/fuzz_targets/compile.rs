//! Any file compiles to a plan or to an error with the words of the original.
#![no_main]

use std::path::Path;

use compiler::host::memory::MemoryHost;
use compiler::{Options, compile};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let host = MemoryHost::new([("/s.conf", bytes)]);
    let compiled = compile(&host, Path::new("/s.conf"), &Options::default());
    assert_eq!(compiled.plan.is_none(), compiled.original_error().is_some());
});
