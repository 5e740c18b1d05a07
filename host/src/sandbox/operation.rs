//! The operations of an MCP session, one type for each export that it calls.

use crate::handler::Notification;
use crate::sandbox::bindings::{McpClient, mcp};
use crate::sandbox::job::Operation;
use crate::sandbox::session::McpSession;
use crate::sandbox::state::State;
use tokio::sync::mpsc;
use wasmtime::component::{Accessor, ResourceAny};

/// What a session answers.
pub(crate) type Outcome<T> = Result<T, mcp::Error>;

/// An export of the session resource.
pub(crate) trait Export: Send + 'static {
    /// What it returns.
    type Output: Send + 'static;

    /// Calls it.
    fn call(
        self,
        accessor: &Accessor<State>,
        client: &McpClient,
        session: ResourceAny,
        options: mcp::CallOptions,
    ) -> impl Future<Output = wasmtime::Result<Outcome<Self::Output>>> + Send;
}

/// A call of an export, and who wants its notifications.
pub(crate) struct McpCall<E> {
    pub(crate) export: E,
    pub(crate) options: mcp::CallOptions,
    pub(crate) subscriber: Option<mpsc::Sender<Notification>>,
}

impl<E: Export> Operation<McpSession> for McpCall<E> {
    type Output = Outcome<E::Output>;

    async fn run(
        self,
        accessor: &Accessor<State>,
        context: &McpSession,
    ) -> wasmtime::Result<Self::Output> {
        let call = self.options.id;
        if let Some(subscriber) = self.subscriber {
            accessor.with(|mut access| access.data_mut().subscribers.add(call, subscriber));
        }
        let client = context.client();
        let outcome = self.export.call(accessor, client, context.session, self.options).await;
        accessor.with(|mut access| access.data_mut().subscribers.remove(call));
        outcome
    }
}

/// Defines an export: its name, its arguments, its output, and the function.
macro_rules! export {
    ($(#[$doc:meta])* $name:ident { $($argument:ident: $type:ty),* } -> $output:ty = $function:ident) => {
        $(#[$doc])*
        pub(crate) struct $name {
            $(pub(crate) $argument: $type,)*
        }

        impl Export for $name {
            type Output = $output;

            async fn call(
                self,
                accessor: &Accessor<State>,
                client: &McpClient,
                session: ResourceAny,
                options: mcp::CallOptions,
            ) -> wasmtime::Result<Outcome<$output>> {
                client.session().$function(accessor, session, $(self.$argument,)* options).await
            }
        }
    };
}

export! {
    /// Any request.
    Request { method: String, params: Option<String> } -> String = call_request
}
export! {
    /// One page of `tools/list`.
    ListTools { cursor: Option<String> } -> mcp::ToolPage = call_list_tools
}
export! {
    /// `tools/call`.
    CallTool { name: String, arguments: Option<String> } -> mcp::ToolResult = call_call_tool
}
export! {
    /// One page of `resources/list`.
    ListResources { cursor: Option<String> } -> mcp::ResourcePage = call_list_resources
}
export! {
    /// `resources/read`.
    ReadResource { uri: String } -> Vec<mcp::ResourceContents> = call_read_resource
}
export! {
    /// One page of `prompts/list`.
    ListPrompts { cursor: Option<String> } -> mcp::PromptPage = call_list_prompts
}
export! {
    /// `prompts/get`.
    GetPrompt { name: String, arguments: Option<String> } -> mcp::PromptResult = call_get_prompt
}
