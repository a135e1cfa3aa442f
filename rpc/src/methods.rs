//! The methods of the interface: one row each, from which follow the typed [`Call`], the checks of
//! its arguments and what `system.listMethods`, `methodSignature` and `methodHelp` answer.
//! Carrying a call out is the daemon's business: it matches on [`Call`], so a new row does not
//! compile until it has its code there.

mod argument;
mod contract;

use std::fmt;

pub use argument::{
    Calls, Characters, GroupName, Integer, MethodName, ProcessName, Signal, Text, Wait,
};

pub use contract::Contract;

use argument::{Argument, Arguments};

use crate::fault::{Fault, Refusal};
use crate::value::Value;
use crate::xml::MethodCall;

/// One parameter of a method.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name; arguments are positional, so this is documentation.
    pub name: &'static str,
    /// Its XML-RPC type, as `methodSignature` names it.
    pub kind: &'static str,
    /// Whether it must be given.
    pub required: bool,
    /// What it is.
    pub doc: &'static str,
}

/// Where a method belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Namespace {
    /// The daemon's own methods. Clients know them by the name of each section that configures the
    /// interface (RPC-075), `supervisor` as a rule.
    Supervisor,
    /// What every XML-RPC server should have (RPC-124).
    System,
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Namespace::Supervisor => "supervisor",
            Namespace::System => "system",
        })
    }
}

/// What the table says of one method.
#[derive(Clone, Copy, Debug)]
pub struct MethodSpec {
    /// Where it belongs; its full name is this, a dot and its name.
    pub namespace: Namespace,
    /// The name after the dot.
    pub name: &'static str,
    /// Older names after the dot.
    pub aliases: &'static [&'static str],
    /// What the method does.
    pub doc: &'static [&'static str],
    /// Its parameters in order.
    pub parameters: &'static [Parameter],
    /// The XML-RPC type of its result, as `methodSignature` names it.
    pub returns: &'static str,
    /// What its result is.
    pub result: &'static str,
    /// Whether the answer may have to wait (RPC-254).
    pub deferred: bool,
}

/// Declares the methods. A row reads: documentation, `namespace.name` with its aliases, the variant
/// of [`Method`] and [`Call`], its parameters with their kinds and defaults, then the result.
macro_rules! methods {
    ($(
        $(#[doc = $doc:literal])+
        $space:ident . $name:ident $(| $alias:ident)* => $variant:ident $({
            $($(#[doc = $pdoc:literal])+ $param:ident: $kind:ident $(= $default:expr)?,)+
        })? -> $returns:ident $(($waits:ident))? $result:literal;
    )+) => {
        /// The name of a method, without arguments.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Method {
            $($(#[doc = $doc])+ $variant,)+
        }

        /// A call with its arguments checked and converted: everything the daemon can be asked.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Call {
            $($(#[doc = $doc])+ $variant $({
                $($(#[doc = $pdoc])+ $param: $kind,)+
            })?,)+
        }

        impl Method {
            /// Every method, in the order of the manual.
            pub const ALL: &[Method] = &[$(Method::$variant),+];

            /// Its row of the table.
            #[must_use]
            pub fn spec(self) -> &'static MethodSpec {
                match self {
                    $(Method::$variant => &MethodSpec {
                        namespace: methods!(@namespace $space),
                        name: stringify!($name),
                        aliases: &[$(stringify!($alias)),*],
                        doc: &[$($doc),+],
                        parameters: &[$($(Parameter {
                            name: stringify!($param),
                            kind: <$kind as Argument>::KIND,
                            required: methods!(@required $($default)?),
                            doc: concat!($($pdoc),+),
                        },)+)?],
                        returns: stringify!($returns),
                        result: $result,
                        deferred: methods!(@deferred $($waits)?),
                    },)+
                }
            }
        }

        impl Call {
            /// Its method.
            #[must_use]
            pub fn method(&self) -> Method {
                match self { $(Call::$variant $({ $($param: _),+ })? => Method::$variant,)+ }
            }

            /// Converts the arguments, whose number was checked before.
            fn convert(method: Method, arguments: &mut Arguments) -> Result<Call, Refusal> {
                Ok(match method {
                    $(Method::$variant => Call::$variant $({
                        $($param: methods!(@take arguments $($default)?),)+
                    })?,)+
                })
            }
        }
    };
    (@namespace supervisor) => { Namespace::Supervisor };
    (@namespace system) => { Namespace::System };
    (@required) => { true };
    (@required $default:expr) => { false };
    (@deferred) => { false };
    (@deferred deferred) => { true };
    (@take $arguments:ident) => { $arguments.required()? };
    (@take $arguments:ident $default:expr) => { $arguments.optional($default)? };
}

methods! {
    /// Tells the version of this interface.
    supervisor.getAPIVersion | getVersion => GetApiVersion
        -> string "version of the interface";
    /// Tells the version of supervisor the daemon is compatible with.
    supervisor.getSupervisorVersion => GetSupervisorVersion
        -> string "version of supervisor";
    /// Tells the identifier the daemon was configured with.
    supervisor.getIdentification => GetIdentification
        -> string "identifier of the daemon";
    /// Tells the state of the daemon.
    supervisor.getState => GetState
        -> struct "struct of int statecode, string statename";
    /// Tells the process id of the daemon.
    supervisor.getPID => GetPid
        -> int "process id";
    /// Reads a part of the main log of the daemon.
    supervisor.readLog | readMainLog => ReadLog {
        /// byte to start at; negative counts from the end
        offset: Integer,
        /// bytes to read; 0 for all
        length: Integer,
    } -> string "text of the log";
    /// Empties the main log of the daemon.
    supervisor.clearLog => ClearLog
        -> boolean "true unless there is a fault";
    /// Stops all processes, then the daemon.
    supervisor.shutdown => Shutdown
        -> boolean "true unless there is a fault";
    /// Stops all processes, then starts the daemon afresh.
    supervisor.restart => Restart
        -> boolean "true unless there is a fault";
    /// Reads the configuration again and tells which groups differ from the active ones. Starts
    /// and stops nothing.
    supervisor.reloadConfig => ReloadConfig
        -> array "[[added, changed, removed]], each an array of group names";
    /// Activates a group of the configuration read last.
    supervisor.addProcessGroup => AddProcessGroup {
        /// name of the group
        name: GroupName,
    } -> boolean "true unless there is a fault";
    /// Takes a stopped group out of the active ones.
    supervisor.removeProcessGroup => RemoveProcessGroup {
        /// name of the group
        name: GroupName,
    } -> boolean "true unless there is a fault";
    /// Starts a process.
    supervisor.startProcess => StartProcess {
        /// process, group:process or group:*
        name: ProcessName,
        /// answer only when it is up
        wait: Wait = Wait(true),
    } -> boolean (deferred) "true unless there is a fault; for group:* an array of status structs";
    /// Starts the processes of a group.
    supervisor.startProcessGroup => StartProcessGroup {
        /// name of the group
        name: GroupName,
        /// answer only when all are up
        wait: Wait = Wait(true),
    } -> array (deferred) "status structs of the processes started";
    /// Starts every process.
    supervisor.startAllProcesses => StartAllProcesses {
        /// answer only when all are up
        wait: Wait = Wait(true),
    } -> array (deferred) "status structs of the processes started";
    /// Stops a process.
    supervisor.stopProcess => StopProcess {
        /// process, group:process or group:*
        name: ProcessName,
        /// answer only when it is gone
        wait: Wait = Wait(true),
    } -> boolean (deferred) "true unless there is a fault; for group:* an array of status structs";
    /// Stops the processes of a group.
    supervisor.stopProcessGroup => StopProcessGroup {
        /// name of the group
        name: GroupName,
        /// answer only when all are gone
        wait: Wait = Wait(true),
    } -> array (deferred) "status structs of the processes stopped";
    /// Stops every process.
    supervisor.stopAllProcesses => StopAllProcesses {
        /// answer only when all are gone
        wait: Wait = Wait(true),
    } -> array (deferred) "status structs of the processes stopped";
    /// Sends a signal to a process.
    supervisor.signalProcess => SignalProcess {
        /// process, group:process or group:*
        name: ProcessName,
        /// name such as HUP or number such as 1
        signal: Signal,
    } -> boolean "true unless there is a fault; for group:* an array of status structs";
    /// Sends a signal to the processes of a group.
    supervisor.signalProcessGroup => SignalProcessGroup {
        /// name of the group
        name: GroupName,
        /// name such as HUP or number such as 1
        signal: Signal,
    } -> array "status structs of the processes signalled";
    /// Sends a signal to every process.
    supervisor.signalAllProcesses => SignalAllProcesses {
        /// name such as HUP or number such as 1
        signal: Signal,
    } -> array "status structs of the processes signalled";
    /// Tells about a process.
    supervisor.getProcessInfo => GetProcessInfo {
        /// process or group:process
        name: ProcessName,
    } -> struct "process info struct";
    /// Tells about every process.
    supervisor.getAllProcessInfo => GetAllProcessInfo
        -> array "process info structs";
    /// Tells about every process of the configuration read last.
    supervisor.getAllConfigInfo => GetAllConfigInfo
        -> array "config info structs";
    /// Reads a part of the stdout log of a process.
    supervisor.readProcessStdoutLog | readProcessLog => ReadProcessStdoutLog {
        /// process or group:process
        name: ProcessName,
        /// byte to start at; negative counts from the end
        offset: Integer,
        /// bytes to read; 0 for all
        length: Integer,
    } -> string "text of the log";
    /// Reads a part of the stderr log of a process.
    supervisor.readProcessStderrLog => ReadProcessStderrLog {
        /// process or group:process
        name: ProcessName,
        /// byte to start at; negative counts from the end
        offset: Integer,
        /// bytes to read; 0 for all
        length: Integer,
    } -> string "text of the log";
    /// Reads the end of the stdout log of a process, for a client that follows it.
    supervisor.tailProcessStdoutLog | tailProcessLog => TailProcessStdoutLog {
        /// process or group:process
        name: ProcessName,
        /// offset the last call returned
        offset: Integer,
        /// bytes to return at most
        length: Integer,
    } -> array "[string text, int offset, boolean overflow]";
    /// Reads the end of the stderr log of a process, for a client that follows it.
    supervisor.tailProcessStderrLog => TailProcessStderrLog {
        /// process or group:process
        name: ProcessName,
        /// offset the last call returned
        offset: Integer,
        /// bytes to return at most
        length: Integer,
    } -> array "[string text, int offset, boolean overflow]";
    /// Empties the logs of a process.
    supervisor.clearProcessLogs | clearProcessLog => ClearProcessLogs {
        /// process or group:process
        name: ProcessName,
    } -> boolean "true unless there is a fault";
    /// Empties the logs of every process.
    supervisor.clearAllProcessLogs => ClearAllProcessLogs
        -> array (deferred) "status structs of the processes";
    /// Writes to the stdin of a process.
    supervisor.sendProcessStdin => SendProcessStdin {
        /// process or group:process
        name: ProcessName,
        /// text to write; nothing is added
        chars: Characters,
    } -> boolean "true unless there is a fault";
    /// Publishes a REMOTE_COMMUNICATION event.
    supervisor.sendRemoteCommEvent => SendRemoteCommEvent {
        /// type of the event
        type_: Text,
        /// body of the event
        data: Text,
    } -> boolean "true";
    /// Lists the names of the methods.
    system.listMethods => ListMethods
        -> array "names";
    /// Describes a method.
    system.methodHelp => MethodHelp {
        /// name of the method
        name: MethodName,
    } -> string "description";
    /// Tells the types of the result and the parameters of a method.
    system.methodSignature => MethodSignature {
        /// name of the method
        name: MethodName,
    } -> array "types, that of the result first";
    /// Carries out several calls, one after the other. The results stand in the answer as they
    /// are, without an array around each.
    system.multicall => Multicall {
        /// structs of string methodName, array params
        calls: Calls,
    } -> array (deferred) "results; for a fault a struct of int faultCode, string faultString";
}

impl Method {
    /// The method with this full name, where `namespaces` are the names the `supervisor` methods
    /// answer under; `system` is always there (RPC-072 to RPC-075).
    #[must_use]
    pub fn find(name: &str, namespaces: &[impl AsRef<str>]) -> Option<Method> {
        let (space, name) = name.split_once('.')?;
        let namespace = if space == "system" {
            Namespace::System
        } else if namespaces.iter().any(|known| known.as_ref() == space) {
            Namespace::Supervisor
        } else {
            return None;
        };
        let named = |spec: &MethodSpec| spec.name == name || spec.aliases.contains(&name);
        Method::ALL
            .iter()
            .copied()
            .find(|method| method.spec().namespace == namespace && named(method.spec()))
    }

    /// Whether the daemon refuses it with [`ShutdownState`](crate::FaultCode::ShutdownState) while
    /// it stops (RPC-263, RPC-264).
    #[must_use]
    pub fn is_refused_in_shutdown(self) -> bool {
        self.spec().namespace == Namespace::Supervisor && self != Method::SendRemoteCommEvent
    }

    /// What `system.methodHelp` answers: a description, then one tag a line (RPC-191).
    #[must_use]
    pub fn help(self) -> String {
        let spec = self.spec();
        let mut help: Vec<String> = spec.doc.iter().map(|line| line.trim().to_owned()).collect();
        help.push(String::new());
        for parameter in spec.parameters {
            let (kind, name) = (parameter.kind, parameter.name.trim_end_matches('_'));
            help.push(format!("@param {kind} {name} {}", parameter.doc.trim()));
        }
        help.push(format!("@return {} result {}", spec.returns, spec.result));
        help.join("\n")
    }

    /// What `system.methodSignature` answers (RPC-192).
    #[must_use]
    pub fn signature(self) -> Vec<&'static str> {
        let spec = self.spec();
        let parameters = spec.parameters.iter().map(|parameter| parameter.kind);
        std::iter::once(spec.returns).chain(parameters).collect()
    }

    fn accepts(self, arguments: usize) -> bool {
        let parameters = self.spec().parameters;
        let required = parameters.iter().filter(|parameter| parameter.required);
        (required.count()..=parameters.len()).contains(&arguments)
    }
}

/// One element of a multicall: the call, which the daemon parses with its [`Contract`] when its turn
/// has come, or the fault that takes the place of a result where there is no call.
pub type MulticallElement = Result<MethodCall, Fault>;

#[cfg(test)]
mod tests;
