//! The reference of the interface in Markdown, generated from its tables.

use std::fmt::Write as _;

use crate::fault::FaultCode;
use crate::methods::{Method, MethodSpec};
use crate::state::{DaemonState, ProcessState};

/// Every method, fault and state.
#[must_use]
pub fn reference() -> String {
    let mut text =
        "# XML-RPC\n\nCalls are posted to `/RPC2`. The `supervisor` methods answer under \
                    the name of each `[rpcinterface:x]` section that asks for them.\n\n## Methods\n"
            .to_owned();
    for method in Method::ALL {
        write_method(&mut text, method.spec());
    }
    text += "\n## Faults\n\n| code | name |\n| --- | --- |\n";
    for fault in FaultCode::ALL {
        row(&mut text, fault.code(), fault.name());
    }
    text += "\n## States of a process\n\n| code | name |\n| --- | --- |\n";
    for state in ProcessState::ALL {
        row(&mut text, state.code(), state.name());
    }
    text += "\n## States of the daemon\n\n| code | name |\n| --- | --- |\n";
    for state in DaemonState::ALL {
        row(&mut text, state.code(), state.name());
    }
    text
}

fn write_method(text: &mut String, spec: &MethodSpec) {
    let parameters: Vec<_> = spec
        .parameters
        .iter()
        .map(|parameter| {
            let name = parameter.name.trim_end_matches('_');
            let optional = if parameter.required { "" } else { "?" };
            format!("{name}{optional}: {}", parameter.kind)
        })
        .collect();
    let (space, name) = (spec.namespace, spec.name);
    let doc: Vec<_> = spec.doc.iter().map(|line| line.trim()).collect();
    line(text, &format!("\n### {space}.{name}\n"));
    line(text, &format!("`{space}.{name}({}) -> {}`\n", parameters.join(", "), spec.returns));
    line(text, &format!("{}\n", doc.join("\n")));
    for parameter in spec.parameters {
        let name = parameter.name.trim_end_matches('_');
        line(text, &format!("- `{name}`: {}", parameter.doc.trim()));
    }
    line(text, &format!("- returns: {}", spec.result));
    if spec.deferred {
        line(text, "- the answer may come late: it is sent when it is true");
    }
    for alias in spec.aliases {
        line(text, &format!("- also called `{space}.{alias}`"));
    }
}

fn line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

fn row(text: &mut String, code: i32, name: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "| {code} | {name} |");
}
