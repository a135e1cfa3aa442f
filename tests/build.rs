//! Tells the tests what this machine has: a browser that can be driven (`cfg(browser)`), axe-core,
//! which looks for barriers (`cfg(axe)`), and a library that shows a process another time than the
//! machine's (`cfg(faketime)`). A test that needs what is not there is listed as ignored, with the
//! reason.

use std::env;
use std::path::{Path, PathBuf};

/// Set where a browser has to be there: a test that finds none then fails.
const BROWSER: &str = "PLANVISOR_BROWSER";

/// Set where the library that shows another time has to be there.
const FAKETIME: &str = "PLANVISOR_FAKETIME";

/// The path of axe-core's `axe.min.js`.
const AXE: &str = "PLANVISOR_AXE";

fn main() {
    println!("cargo::rustc-check-cfg=cfg(browser, axe, faketime)");
    for variable in [BROWSER, FAKETIME, AXE, "PATH"] {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = env::split_paths(&path).filter(|folder| folder.is_dir()).collect();
    let has = |program: &str, demand: &str| {
        let found = folders.iter().map(|folder| folder.join(program)).find(|file| file.exists());
        match &found {
            Some(file) => rerun_if_changed(file),
            // It may be installed later.
            None => folders.iter().for_each(|folder| rerun_if_changed(folder)),
        }
        found.is_some() || env::var_os(demand).is_some()
    };
    // It comes with the library.
    if has("faketime", FAKETIME) {
        println!("cargo::rustc-cfg=faketime");
    }
    let browser = has("chromedriver", BROWSER);
    if browser {
        println!("cargo::rustc-cfg=browser");
    }
    if browser && env::var_os(AXE).is_some() {
        println!("cargo::rustc-cfg=axe");
    }
}

fn rerun_if_changed(path: &Path) {
    println!("cargo::rerun-if-changed={}", path.display());
}
