//! The XML-RPC interface: a request's bytes in, a response's bytes out. What a call does is the
//! core's business, which bytes it is on the wire that of `rpc`.

mod answer;
pub mod config;
pub mod follow;
pub mod logs;
pub mod process;
pub mod system;
mod text;

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use compiler::Compiled;
use compiler::plan::Plan;
use rpc::fault::Refusal;
use rpc::methods::{Calls, Contract, Signal};
use rpc::xml::{Fragment, decode_call, encode_response};
use rpc::{Call, Fault, FaultCode, MethodCall};
use tokio::sync::broadcast;
use tracing::Level;

pub use self::answer::{Answer, Document};
use self::answer::{Element, Failure, Rendering, Response, TOO_LONG, render_reply};
use crate::supervisor::message::{Channel, Publication, Reply, Request, Target};

/// Bytes of results that are collected in a multicall; those that come after are faults.
const LONGEST_MULTICALL: usize = 32 << 20;

/// The version of the interface (RPC-092).
const API_VERSION: &str = "3.0";

/// The version of supervisor whose behaviour is promised (RPC-093).
const SUPERVISOR_VERSION: &str = "4.3.0";

/// What the interfaces ask of the daemon.
pub trait Daemon: 'static {
    /// Hands a request to the core and waits for its answer.
    fn request(&self, request: Request) -> impl Future<Output = Result<Reply, Fault>>;

    /// The changes from now on; a watcher that lags behind loses the oldest.
    fn watch(&self) -> broadcast::Receiver<Publication>;

    /// The file of the activity log, if it is one, with everything logged so far in it.
    fn log_path(&self) -> impl Future<Output = Option<Arc<Path>>>;

    /// Empties the activity log (RPC-177).
    ///
    /// # Errors
    /// `NO_FILE` when there is no file, `FAILED` when it cannot be removed; both without detail.
    fn clear_log(&self) -> impl Future<Output = Result<(), Fault>>;

    /// What compiles the configuration as a reread would, without staging anything. It reads
    /// files: call it on a thread that may wait.
    fn drafter(&self) -> impl FnOnce() -> Draft + Send + 'static;
}

/// What a reread would find.
#[derive(Debug)]
pub struct Draft {
    /// The configuration, or the compiled plan.
    pub file: PathBuf,
    /// The plan with what the command line fixes, or why there is none if `compiled` does not say.
    pub plan: Result<Plan, String>,
    /// What the compiler made beside the plan; `None` for a plan that was compiled elsewhere.
    pub compiled: Option<Compiled>,
}

/// The interface of one daemon.
#[derive(Debug)]
pub struct Api<D> {
    daemon: Rc<D>,
    namespaces: Vec<String>,
}

/// Why a request is answered with an HTTP error instead of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unanswerable {
    /// It is no call: 400 (RPC-017, RPC-018).
    Malformed,
    /// It fails in a way the interface has no fault for: 500 (RPC-019).
    Unforeseen,
}

impl<D: Daemon> Api<D> {
    /// The interface of `daemon`, whose `supervisor` methods answer under `namespaces` (RPC-075).
    #[must_use]
    pub fn new(daemon: Rc<D>, namespaces: Vec<String>) -> Api<D> {
        Api { daemon, namespaces }
    }

    /// Carries out the call in `body` and writes its response.
    ///
    /// # Errors
    /// When there is no response to write.
    pub async fn respond(&self, body: &[u8]) -> Result<Answer, Unanswerable> {
        let call = decode_call(body).map_err(|error| {
            // The body stays out of the log: it may hold what is meant for a stdin (RPC-270).
            tracing::error!("XML-RPC request data is invalid: {error}");
            Unanswerable::Malformed
        })?;
        let traced = Traced::begin(&call);
        let outcome = self.call(call).await;
        traced.end(&outcome);
        let answer = match outcome {
            Ok(answer) => Ok(answer),
            Err(Failure::Refusal(Refusal::Fault(fault))) => {
                encode_response::<str>(Err(&fault)).map(|bytes| Document::Held(bytes).into())
            }
            Err(Failure::Refusal(unforeseen @ Refusal::Unforeseen { .. })) => {
                tracing::error!("an XML-RPC call cannot be carried out: {unforeseen}");
                return Err(Unanswerable::Unforeseen);
            }
            Err(Failure::Encode(error)) => Err(error),
        };
        answer.map_err(|error| {
            tracing::error!("the result of an XML-RPC call cannot be written: {error}");
            Unanswerable::Unforeseen
        })
    }

    async fn call(&self, call: MethodCall) -> Result<Answer, Failure> {
        let call = self.parse(call).await?;
        if let Call::Multicall { calls } = call {
            return Ok(Document::Held(self.multicall(calls).await?).into());
        }
        if call == Call::ReloadConfig {
            let reply = self.daemon.request(Request::Reread).await?;
            let pending = reply.pending().to_vec();
            return Ok(Answer { response: render_reply::<Response>(reply)?, pending });
        }
        Ok(self.carry_out::<Response>(call).await?.into())
    }

    /// Carries out calls one after the other, each finished before the next begins (RPC-245).
    async fn multicall(&self, calls: Calls) -> Result<Vec<u8>, Failure> {
        let mut results = Vec::with_capacity(calls.0.len());
        let mut length = 0;
        for call in calls.0 {
            let outcome = match call {
                Ok(_) if length > LONGEST_MULTICALL => {
                    Err(Fault::new(FaultCode::Failed, TOO_LONG).into())
                }
                Ok(call) => match self.parse(call).await {
                    Ok(call) => self.carry_out::<Element>(call).await,
                    Err(refusal) => Err(refusal.into()),
                },
                Err(fault) => Err(fault.into()),
            };
            let result = match outcome {
                Ok(result) => result,
                Err(Failure::Refusal(refusal)) => Fragment::new(&refusal.into_fault())?,
                Err(Failure::Encode(error)) => {
                    Fragment::new(&Fault::new(FaultCode::Failed, error.to_string()))?
                }
            };
            length += result.len();
            results.push(result);
        }
        Ok(encode_response(Ok(results.as_slice()))?)
    }

    /// Checks a call in the order of RPC-081. The shutdown state stands between the number of
    /// arguments and their types, so it is asked for before where there are any.
    async fn parse(&self, call: MethodCall) -> Result<Call, Refusal> {
        let stopping = !call.params.is_empty() && self.refuse_when_stopping().await.is_err();
        self.contract(stopping).parse(call)
    }

    fn contract(&self, stopping: bool) -> Contract<'_> {
        Contract { namespaces: &self.namespaces, stopping }
    }

    /// Fails while the daemon is stopping: for calls that ask nothing else of the core (RPC-263).
    async fn refuse_when_stopping(&self) -> Result<(), Fault> {
        self.daemon.request(Request::State).await.map(drop)
    }

    /// Asks the core and renders its answer.
    async fn ask<R: Rendering>(&self, request: Request) -> Result<R::Output, Failure> {
        render_reply::<R>(self.daemon.request(request).await?)
    }

    /// One arm for each method: what the core is asked, or what is known without it.
    async fn carry_out<R: Rendering>(&self, call: Call) -> Result<R::Output, Failure> {
        use Channel::{Stderr, Stdout};
        match call {
            Call::GetApiVersion => self.constant::<R>(API_VERSION).await,
            Call::GetSupervisorVersion => self.constant::<R>(SUPERVISOR_VERSION).await,
            Call::GetIdentification => self.ask::<R>(Request::Identification).await,
            Call::GetState => self.ask::<R>(Request::State).await,
            Call::GetPid => {
                self.refuse_when_stopping().await?;
                Ok(R::render(&i64::from(std::process::id()))?)
            }
            Call::ReadLog { offset, length } => self.read_main::<R>(offset, length).await,
            Call::ClearLog => {
                self.refuse_when_stopping().await?;
                self.daemon.clear_log().await?;
                Ok(R::render(&true)?)
            }
            Call::Shutdown => self.ask::<R>(Request::Shutdown).await,
            Call::Restart => self.ask::<R>(Request::Restart).await,
            Call::ReloadConfig => self.ask::<R>(Request::Reread).await,
            Call::AddProcessGroup { name } => {
                self.ask::<R>(Request::AddGroup { name: name.0 }).await
            }
            Call::RemoveProcessGroup { name } => {
                self.ask::<R>(Request::RemoveGroup { name: name.0 }).await
            }
            Call::StartProcess { name, wait } => {
                self.ask::<R>(start(Target::Process(name.0), wait.0)).await
            }
            Call::StartProcessGroup { name, wait } => {
                self.ask::<R>(start(Target::Group(name.0), wait.0)).await
            }
            Call::StartAllProcesses { wait } => self.ask::<R>(start(Target::All, wait.0)).await,
            Call::StopProcess { name, wait } => {
                self.ask::<R>(stop(Target::Process(name.0), wait.0)).await
            }
            Call::StopProcessGroup { name, wait } => {
                self.ask::<R>(stop(Target::Group(name.0), wait.0)).await
            }
            Call::StopAllProcesses { wait } => self.ask::<R>(stop(Target::All, wait.0)).await,
            Call::SignalProcess { name, signal } => {
                self.ask::<R>(send(Target::Process(name.0), signal)).await
            }
            Call::SignalProcessGroup { name, signal } => {
                self.ask::<R>(send(Target::Group(name.0), signal)).await
            }
            Call::SignalAllProcesses { signal } => self.ask::<R>(send(Target::All, signal)).await,
            Call::GetProcessInfo { name } => self.ask::<R>(Request::Info { name: name.0 }).await,
            Call::GetAllProcessInfo => self.ask::<R>(Request::AllInfo).await,
            Call::GetAllConfigInfo => self.ask::<R>(Request::Config).await,
            Call::ReadProcessStdoutLog { name, offset, length } => {
                self.read_process::<R>(name, Stdout, offset, length).await
            }
            Call::ReadProcessStderrLog { name, offset, length } => {
                self.read_process::<R>(name, Stderr, offset, length).await
            }
            Call::TailProcessStdoutLog { name, offset, length } => {
                self.tail_process::<R>(name, Stdout, offset, length).await
            }
            Call::TailProcessStderrLog { name, offset, length } => {
                self.tail_process::<R>(name, Stderr, offset, length).await
            }
            Call::ClearProcessLogs { name } => {
                self.ask::<R>(Request::ClearLogs { name: name.0 }).await
            }
            Call::ClearAllProcessLogs => self.ask::<R>(Request::ClearAllLogs).await,
            Call::SendProcessStdin { name, chars } => {
                let data = chars.0.into_bytes();
                self.ask::<R>(Request::SendStdin { name: name.0, data }).await
            }
            Call::SendRemoteCommEvent { type_, data } => {
                self.ask::<R>(Request::RemoteEvent { kind: type_.0, data: data.0 }).await
            }
            Call::ListMethods => Ok(R::render(&self.contract(false).list_methods())?),
            Call::MethodHelp { name } => Ok(R::render(&self.contract(false).method_help(&name)?)?),
            Call::MethodSignature { name } => {
                Ok(R::render(&self.contract(false).method_signature(&name)?)?)
            }
            // Elements that say so were refused by name already.
            Call::Multicall { .. } => Err(Fault::bare(FaultCode::IncorrectParameters).into()),
        }
    }

    /// Answers with a text, unless the daemon is stopping.
    async fn constant<R: Rendering>(&self, text: &str) -> Result<R::Output, Failure> {
        self.refuse_when_stopping().await?;
        Ok(R::render(text)?)
    }
}

fn start(target: Target, wait: bool) -> Request {
    Request::Start { target, wait }
}

fn stop(target: Target, wait: bool) -> Request {
    Request::Stop { target, wait }
}

fn send(target: Target, signal: Signal) -> Request {
    Request::Signal { target, signal: system::signal(signal) }
}

/// The two lines about a call in the activity log (RPC-268, RPC-269). Arguments are not logged. Holds
/// the name of the method if these lines are logged at all.
struct Traced(Option<String>);

impl Traced {
    fn begin(call: &MethodCall) -> Traced {
        let name =
            tracing::event_enabled!(Level::TRACE).then(|| call.method.escape_debug().to_string());
        if let Some(name) = &name {
            tracing::trace!("XML-RPC method called: {name}()");
        }
        Traced(name)
    }

    fn end<T>(self, outcome: &Result<T, Failure>) {
        let Some(name) = self.0 else {
            return;
        };
        match outcome {
            Ok(_) => tracing::trace!("XML-RPC method {name}() returned successfully"),
            Err(Failure::Refusal(Refusal::Fault(fault))) => {
                let code = fault.code.code();
                tracing::trace!("XML-RPC method {name}() returned fault: [{code}] {fault}");
            }
            Err(Failure::Refusal(Refusal::Unforeseen { .. }) | Failure::Encode(_)) => {}
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
