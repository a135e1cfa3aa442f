//! The way from a received call to a typed one, with the checks in their order, and what the daemon
//! tells of its methods.

use super::argument::{Arguments, MethodName};
use super::{Call, Method, Namespace};
use crate::fault::{Fault, FaultCode, Refusal};
use crate::xml::MethodCall;

/// Under which names and conditions calls are accepted.
#[derive(Clone, Copy, Debug)]
pub struct Contract<'a> {
    /// The names the `supervisor` methods answer under, one for each section that configures
    /// them (RPC-075).
    pub namespaces: &'a [String],
    /// Whether the daemon is stopping or restarting.
    pub stopping: bool,
}

impl Contract<'_> {
    /// Makes a typed call of a received one. Checked in this order: the method exists, the number
    /// of arguments, the daemon is not stopping, the arguments themselves (RPC-081).
    ///
    /// # Errors
    /// The fault of the first check that fails.
    pub fn parse(&self, call: MethodCall) -> Result<Call, Refusal> {
        let method = Method::find(&call.method, self.namespaces)
            .ok_or(Fault::bare(FaultCode::UnknownMethod))?;
        if !method.accepts(call.params.len()) {
            return Err(Fault::bare(FaultCode::IncorrectParameters).into());
        }
        if self.stopping && method.is_refused_in_shutdown() {
            return Err(Fault::bare(FaultCode::ShutdownState).into());
        }
        Call::convert(method, &mut Arguments::new(call.params))
    }

    /// What `system.listMethods` answers: all names, aliases included, sorted (RPC-124).
    #[must_use]
    pub fn list_methods(&self) -> Vec<String> {
        let mut names = Vec::new();
        for spec in Method::ALL.iter().map(|method| method.spec()) {
            let system = [spec.namespace.to_string()];
            let spaces = match spec.namespace {
                Namespace::Supervisor => self.namespaces,
                Namespace::System => &system,
            };
            for space in spaces {
                let own = std::iter::once(&spec.name).chain(spec.aliases);
                names.extend(own.map(|name| format!("{space}.{name}")));
            }
        }
        names.sort();
        names.dedup();
        names
    }

    /// What `system.methodHelp` answers.
    ///
    /// # Errors
    /// Fault 4 for an unknown method.
    pub fn method_help(&self, name: &MethodName) -> Result<String, Fault> {
        self.documented(name).map(Method::help)
    }

    /// What `system.methodSignature` answers.
    ///
    /// # Errors
    /// Fault 4 for an unknown method.
    pub fn method_signature(&self, name: &MethodName) -> Result<Vec<&'static str>, Fault> {
        self.documented(name).map(Method::signature)
    }

    fn documented(&self, name: &MethodName) -> Result<Method, Fault> {
        let found = name.0.as_deref().and_then(|name| Method::find(name, self.namespaces));
        found.ok_or(Fault::bare(FaultCode::SignatureUnsupported))
    }
}
