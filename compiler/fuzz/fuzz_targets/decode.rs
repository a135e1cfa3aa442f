//! Any bytes are a plan or a named error, and a plan that was read is written back as it was.
#![no_main]

use compiler::plan::codec::{decode, encode};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(plan) = decode(bytes) {
        let again = encode(&plan).expect("a plan that was read can be written");
        assert_eq!(decode(&again), Ok(plan));
    }
});
