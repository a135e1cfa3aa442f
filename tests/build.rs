//! Tells the tests what this machine has: a browser that can be driven (`cfg(browser)`) and
//! axe-core, which looks for barriers (`cfg(axe)`). A test that needs what is not there is listed
//! as ignored, with the reason.

use std::env;
use std::path::PathBuf;

/// Set where a browser has to be there: a test that finds none then fails.
const BROWSER: &str = "PLANVISOR_BROWSER";

/// The path of axe-core's `axe.min.js`.
const AXE: &str = "PLANVISOR_AXE";

fn main() {
    println!("cargo::rustc-check-cfg=cfg(browser, axe)");
    for variable in [BROWSER, AXE, "PATH"] {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = env::split_paths(&path).filter(|folder| folder.is_dir()).collect();
    let driver =
        folders.iter().map(|folder| folder.join("chromedriver")).find(|file| file.exists());
    match &driver {
        Some(driver) => println!("cargo::rerun-if-changed={}", driver.display()),
        // It may be installed later.
        None => folders
            .iter()
            .for_each(|folder| println!("cargo::rerun-if-changed={}", folder.display())),
    }
    let browser = driver.is_some() || env::var_os(BROWSER).is_some();
    if browser {
        println!("cargo::rustc-cfg=browser");
    }
    if browser && env::var_os(AXE).is_some() {
        println!("cargo::rustc-cfg=axe");
    }
}
