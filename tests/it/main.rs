//! The one integration test binary: every test drives the real programs from outside.

mod corpus;
mod generated;
mod oracle;
mod tidy;

/// The root of the workspace.
fn workspace() -> std::path::PathBuf {
    let tests = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("a workspace above the crate").to_owned()
}
