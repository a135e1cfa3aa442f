//! Every generated page in the repository is what its table renders. `UPDATE=1` rewrites them.

use std::fs;

/// Asserts that the file holds `rendered`, or makes it so.
#[track_caller]
fn check(path: &str, rendered: &str) {
    let file = crate::workspace().join(path);
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder for the page");
        fs::write(&file, rendered).expect("a page that can be written");
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    assert!(committed == rendered, "{path} is out of date; run the tests with UPDATE=1");
}

#[test]
fn the_interface() {
    check("docs/reference/rpc.md", &rpc::reference::reference());
}

#[test]
fn the_actions() {
    check("docs/reference/ctl.md", &ctl::generated::reference());
}

#[test]
fn the_sample() {
    check("docs/reference/sample.conf", &compiler::schema::sample::sample());
}

#[test]
fn completions_and_manual_pages() {
    for shell in ctl::generated::Shell::ALL {
        let path = format!("docs/reference/completions/{}", shell.file());
        check(&path, &ctl::generated::completions(shell));
    }
    check("docs/reference/supervisorctl.1", &ctl::generated::manual_page());
    check("docs/reference/supervisorc.1", &compiler::cli::manual_page());
    check("docs/reference/supervisord.1", &runtime::manual_page());
}

#[test]
fn the_diagnostics() {
    check("docs/reference/lints.md", &compiler::lint::reference());
}

#[test]
fn the_states_and_the_events() {
    check("docs/reference/states.md", &runtime::supervisor::state::reference());
    check("docs/reference/events.md", &runtime::events::reference());
}

#[test]
fn the_options() {
    check("docs/reference/options.md", &compiler::schema::render::reference());
}

#[test]
fn the_schemas() {
    for (name, file) in
        [("config", "schema.json"), ("report", "report.schema.json"), ("plan", "plan.schema.json")]
    {
        let schema = compiler::cli::schema(name).expect("a schema of that name");
        check(&format!("docs/reference/{file}"), &format!("{schema:#}\n"));
    }
}
