//! `[rpcinterface:x]` and `[ctlplugin:x]`: extensions by the name of a factory.

use crate::schema::section;
use crate::schema::value::Text;

section! {
    /// A namespace of XML-RPC methods.
    pub struct Interface {
        /// The factory; `supervisor.rpcinterface:make_main_rpcinterface` is built in.
        #[key = "supervisor.rpcinterface_factory"]
        factory: Text = required, E4, daemon;
    }
}

section! {
    /// Further actions of the client.
    pub struct CtlPlugin {
        /// The factory.
        #[key = "supervisor.ctl_factory"]
        factory: Text = required, E7, live;
    }
}
