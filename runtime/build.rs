//! How the daemon is linked.

fn main() {
    // A table of the places the loader adjusts, a tenth as long as the usual one; it stays in
    // memory. A linker that does not know of it says so and does without.
    println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    println!("cargo::rerun-if-changed=build.rs");
}
