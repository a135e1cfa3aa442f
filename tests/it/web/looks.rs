//! How the pages look and read: on a desktop and a phone, light and dark, to people who see and to
//! people who listen.

use super::browser::{Browser, GUISES};
use super::{PROGRAMS, SOON, check};

/// A fleet as one would meet it: groups large and small, trouble, and names of every length.
const FLEET: &str = r#"
[program:api]
command=/bin/sh -c 'echo "api on port 80%(process_num)02d"; exec sleep 1000'
process_name=%(program_name)s-%(process_num)02d
numprocs=4

[program:mailer]
command=/bin/sleep 1000
process_name=%(program_name)s-%(process_num)02d
numprocs=2

[program:thumbnails]
command=/bin/sleep 1000
process_name=%(program_name)s-%(process_num)02d
numprocs=2

[group:workers]
programs=mailer,thumbnails

[program:nginx]
command=/bin/sh nginx.sh

[program:clock]
command=/bin/sh -c 'while :; do date; sleep 1; done'
startsecs=0

[program:flaky]
command=/bin/sh -c 'sleep 0.2; exit 3'
startsecs=0
startretries=100

[program:import-2026-q3]
command=/bin/sh -c 'echo done; exit 0'
autorestart=false
startsecs=0

[program:billing-reconciliation-of-every-customer-in-every-region-of-the-world]
command=/bin/sleep 1000
autostart=false

[program:search-indexer]
command=/usr/local/bin/search-indexer --all
startretries=0

[program:warm-up]
command=/bin/sh -c 'sleep 1; exit 1'
startsecs=5
startretries=500
"#;

const NGINX: &str = r"
request() {
    printf '\033[90m%s\033[0m \033[32m%s\033[0m %s \033[36m%s\033[0m %s\n' '10:19:37' INFO 'GET' $1 '200 in 4 ms'
}
for path in / /assets/app.css /assets/app.js /api/v2/session /api/v2/orders?page=1; do request $path; done
printf '\033[90m10:19:39\033[0m \033[33mWARN\033[0m upstream api-02 answers slowly: 1204 ms\n'
printf '\033[90m10:19:41\033[0m \033[1;31mERROR\033[0m upstream api-03 refused the connection, trying api-00 <retry 1 of 3>\n'
request /api/v2/orders/7731
exec sleep 1000
";

/// A configuration that differs from the fleet, and one that does not compile.
fn edited() -> String {
    let changed = FLEET.replace("numprocs=4", "numprocs=4\nstopwaitsecs=30\nenvironment=A=\"1\"");
    changed.replace("[program:clock]", "[program:metrics]")
}

fn broken() -> String {
    let misspelt = FLEET.replace("autorestart=false", "autorestart=maybe\nstdout_logfle=/tmp/x");
    misspelt.replace("startretries=500", "startretries=many")
}

/// The main pages, by name: its configuration on disk, and its address.
fn pages() -> [(&'static str, String, &'static str); 7] {
    [
        ("processes", FLEET.to_owned(), ""),
        ("trouble", FLEET.to_owned(), "?only=trouble&message=nginx+asked+to+stop"),
        ("log", FLEET.to_owned(), "tail.html?processname=nginx&limit=65536"),
        ("activity", FLEET.to_owned(), "activity.html"),
        ("config", FLEET.to_owned(), "config.html"),
        ("changes", edited(), "config.html"),
        ("diagnostics", broken(), "config.html"),
    ]
}

/// Shows every main page in every guise.
fn every_look(mut see: impl FnMut(&str, &Browser)) {
    check("", |bench, browser| {
        bench.sandbox.write("nginx.sh", NGINX);
        bench.sandbox.write("conf.d/programs.conf", FLEET);
        bench.daemon.ctl(&["update"]);
        bench.daemon.wait_for("search-indexer", "FATAL");
        bench.daemon.wait_for("nginx", "RUNNING");
        bench.daemon.wait_for("api:api-03", "RUNNING");
        for (page, config, address) in pages() {
            bench.sandbox.write("conf.d/programs.conf", config);
            browser.open(&bench.at(address));
            for (guise_name, guise) in GUISES {
                browser.wear(guise);
                browser.wait(SOON, "document.readyState === 'complete'");
                see(&format!("{page}-{guise_name}"), browser);
            }
        }
    });
}

#[test]
#[cfg_attr(not(browser), ignore = "needs chromedriver")]
fn nothing_sticks_out_of_a_screen() {
    every_look(|name, browser| {
        let fits = browser.run(
            "return [document.documentElement.scrollWidth, document.documentElement.clientWidth]",
        );
        assert!(fits[0].as_u64() <= fits[1].as_u64(), "{name}: {fits}");
        browser.picture(name);
    });
}

#[test]
#[cfg_attr(not(axe), ignore = "needs chromedriver, and PLANVISOR_AXE with the path of axe.min.js")]
fn axe_finds_no_barrier() {
    let path = std::env::var_os("PLANVISOR_AXE").expect("PLANVISOR_AXE as at compile time");
    let axe = std::fs::read_to_string(path).expect("axe.min.js");
    every_look(|name, browser| {
        let found =
            browser.run(&format!("{axe}; return axe.run().then((found) => found.violations)"));
        let barriers: Vec<String> = found
            .as_array()
            .expect("violations")
            .iter()
            .map(|rule| {
                format!("{} ({}): {}", rule["id"], rule["impact"], rule["nodes"][0]["html"])
            })
            .collect();
        assert!(barriers.is_empty(), "{name}: {barriers:#?}");
    });
}

#[test]
#[cfg_attr(not(browser), ignore = "needs chromedriver")]
fn everything_that_can_be_operated_has_a_name() {
    check(PROGRAMS, |bench, browser| {
        bench.daemon.wait_for("lone", "RUNNING");
        for page in ["", "tail.html?processname=lone", "activity.html", "config.html"] {
            browser.open(&bench.at(page));
            for (html, label) in browser.labels() {
                assert!(!label.trim().is_empty(), "{page}: {html} has no name");
            }
        }
    });
}
