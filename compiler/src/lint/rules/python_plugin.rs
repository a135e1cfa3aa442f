//! SV047: an extension written in Python.

use crate::diagnostic::codes;
use crate::lint::view::{Kind, Section};
use crate::lint::{Depth, Example, LintContext, Mended, Meta, Rule, text};

/// An extension written in Python.
pub(super) struct PythonPlugin;

static META: Meta = Meta {
    code: codes::PYTHON_PLUGIN,
    depth: Depth::Plan,
    what: "Finds `[rpcinterface:x]` and `[ctlplugin:x]` sections and result handlers that name the \
           Python code of another package.",
    why: "supervisor imports that code into its own process; a daemon and a client that are not \
          written in Python cannot. They start without it: the methods and actions it would add do \
          not exist, and every result of the listener means success.",
    remedy: "Remove the section, and let what calls its methods or actions use those that are built \
             in, or an event listener.",
    seen: &[],
    examples: &[
        Example {
            bad: "[rpcinterface:twiddler]\nsupervisor.rpcinterface_factory=\
                  supervisor_twiddler.rpcinterface:make_twiddler_rpcinterface\n",
            good: "",
            mended: Mended::ByHand,
        },
        Example {
            bad: "[ctlplugin:wildcards]\n\
                  supervisor.ctl_factory=supervisorwildcards:make_wildcards_controllerplugin\n",
            good: "",
            mended: Mended::ByHand,
        },
        Example {
            bad: "[eventlistener:x]\ncommand=/srv/x\nevents=PROCESS_STATE\n\
                  result_handler=package:handler\n",
            good: "[eventlistener:x]\ncommand=/srv/x\nevents=PROCESS_STATE\n",
            mended: Mended::ByHand,
        },
    ],
    clean: &[
        "[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n",
        "[eventlistener:x]\ncommand=/srv/x\nevents=PROCESS_STATE\nresult_handler=supervisor_stdout:event_handler\n",
    ],
};

/// What of another package is built in.
const BUILT_IN: &str = "supervisor_stdout:event_handler";

impl Rule for PythonPlugin {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, cx: &mut LintContext<'_>) {
        for (kind, option, lost) in [
            (Kind::RpcInterface, "supervisor.rpcinterface_factory", "its methods"),
            (Kind::CtlPlugin, "supervisor.ctl_factory", "its actions"),
            (Kind::EventListener, "result_handler", "its judgement"),
        ] {
            let config = cx.config;
            for section in config.of_kind(kind) {
                plugin(cx, section, option, lost);
            }
        }
    }
}

fn plugin(cx: &mut LintContext<'_>, section: &Section<'_>, option: &str, lost: &str) {
    let Some(written) = section.own(option) else { return };
    let factory = &*written.value;
    // What names no code, or code of supervisor's that there is not, is refused anyway.
    let is_foreign = factory.contains(':') && !factory.starts_with("supervisor.");
    if !is_foreign || factory == BUILT_IN || text::is_template(factory) {
        return;
    }
    let found = cx
        .finding(written.span(), format!("`{factory}` is a Python plug-in"))
        .labelled("cannot be loaded")
        .help(format!("remove it if nothing needs {lost}"));
    cx.report(found);
}
