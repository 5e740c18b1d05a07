//! The operations of a session, one type for each export that it calls.

use crate::sandbox::bindings::{McpClient, mcp};
use crate::sandbox::job::Outcome;
use crate::sandbox::state::State;
use wasmtime::component::{Accessor, ResourceAny};

/// Something that a session exports.
pub(crate) trait Operation: Send + 'static {
    /// What it returns.
    type Output: Send + 'static;

    /// Calls the export.
    fn run(
        self,
        accessor: &Accessor<State>,
        client: &McpClient,
        session: ResourceAny,
        options: mcp::CallOptions,
    ) -> impl Future<Output = wasmtime::Result<Outcome<Self::Output>>> + Send;
}

/// Defines an operation: its name, its arguments, its output, and the export.
macro_rules! operation {
    ($(#[$doc:meta])* $name:ident { $($argument:ident: $type:ty),* } -> $output:ty = $export:ident) => {
        $(#[$doc])*
        pub(crate) struct $name {
            $(pub(crate) $argument: $type,)*
        }

        impl Operation for $name {
            type Output = $output;

            async fn run(
                self,
                accessor: &Accessor<State>,
                client: &McpClient,
                session: ResourceAny,
                options: mcp::CallOptions,
            ) -> wasmtime::Result<Outcome<$output>> {
                client.session().$export(accessor, session, $(self.$argument,)* options).await
            }
        }
    };
}

operation! {
    /// Any request.
    Request { method: String, params: Option<String> } -> String = call_request
}
operation! {
    /// One page of `tools/list`.
    ListTools { cursor: Option<String> } -> mcp::ToolPage = call_list_tools
}
operation! {
    /// `tools/call`.
    CallTool { name: String, arguments: Option<String> } -> mcp::ToolResult = call_call_tool
}
operation! {
    /// One page of `resources/list`.
    ListResources { cursor: Option<String> } -> mcp::ResourcePage = call_list_resources
}
operation! {
    /// `resources/read`.
    ReadResource { uri: String } -> Vec<mcp::ResourceContents> = call_read_resource
}
operation! {
    /// One page of `prompts/list`.
    ListPrompts { cursor: Option<String> } -> mcp::PromptPage = call_list_prompts
}
operation! {
    /// `prompts/get`.
    GetPrompt { name: String, arguments: Option<String> } -> mcp::PromptResult = call_get_prompt
}
