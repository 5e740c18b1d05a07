//! The `plug-tools` component: `sandbar:mcp/client` over another one, with a plugin asked of what is
//! done with tools.
//!
//! A request for tools that is made as JSON (`session.request`) is made as its typed form, and its
//! result written again from the record that the plugin has seen: there is one way, and nothing of a
//! result gets around it. Everything else is passed on as it is.

mod json;

/// Generated from `wit/`.
#[allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::allow_attributes_without_reason,
    reason = "generated code, differently linted on each target"
)]
mod bindings {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "sandbar:components/plug-tools",
        with: { "sandbar:http/types@0.2.0": sandbar_exchange },
        generate_all,
    });
}

use bindings::exports::sandbar::mcp::client::{Guest, GuestSession, Session as Exported};
use bindings::sandbar::mcp::client::Session;
use bindings::sandbar::mcp::types::{
    CallOptions, Error, Event, Notification, PromptPage, PromptResult, ResourceContents,
    ResourcePage, RpcError, ServerDescription, SessionOptions, ToolPage, ToolResult,
};
use bindings::sandbar::plugin::tools::{self as plugin, Call, Decision};
use sandbar_exchange::{ErrorCode, Failure};
use wit_bindgen::StreamReader;

struct PlugTools;

impl Guest for PlugTools {
    type Session = Plugged;
}

/// A session of the client below.
struct Plugged(Session);

impl GuestSession for Plugged {
    async fn open(
        options: SessionOptions,
    ) -> Result<(Exported, ServerDescription, StreamReader<Event>), Error> {
        let (session, description, events) = Session::open(options).await?;
        Ok((Exported::new(Self(session)), description, events))
    }

    fn listen(&self, call: u64) -> StreamReader<Notification> {
        self.0.listen(call)
    }

    async fn request(
        &self,
        method: String,
        params: Option<String>,
        mut options: CallOptions,
    ) -> Result<String, Error> {
        let id = options.id;
        match method.as_str() {
            "tools/list" => {
                let cursor = json::list_params(params.as_deref(), &mut options);
                let cursor = cursor.inspect_err(|_| self.0.cancel(id))?;
                Ok(json::tool_page(self.list_tools(cursor, options).await?)?)
            }
            "tools/call" => {
                let call = json::call_params(params.as_deref(), &mut options);
                let (tool, arguments) = call.inspect_err(|_| self.0.cancel(id))?;
                Ok(json::tool_result(self.call_tool(tool, arguments, options).await?)?)
            }
            // They return results of tools in forms that no plugin is shown.
            "tasks/get" | "tasks/result" => {
                self.0.cancel(id);
                let reason = format!("`{method}` gets results of tools past a plugin for tools");
                Err(Error::Http(Failure::unsent(ErrorCode::Denied(reason))))
            }
            _ => self.0.request(method, params, options).await,
        }
    }

    async fn list_tools(
        &self,
        cursor: Option<String>,
        options: CallOptions,
    ) -> Result<ToolPage, Error> {
        let page = plugin::listed(&self.0.list_tools(cursor, options).await?);
        json::check_page(&page)?;
        Ok(page)
    }

    async fn call_tool(
        &self,
        tool: String,
        arguments: Option<String>,
        options: CallOptions,
    ) -> Result<ToolResult, Error> {
        let unsent = |reason| Failure::unsent(ErrorCode::Denied(reason));
        let decision = plugin::calling(&Call { tool, arguments }).map_err(unsent);
        if !matches!(decision, Ok(Decision::Proceed(_))) {
            // The call is not made: its listener's stream is to end all the same.
            self.0.cancel(options.id);
        }
        let decision = decision.map_err(Error::Http)?;
        let result = match decision {
            Decision::Answer(result) => result,
            Decision::Proceed(call) => {
                let Call { tool, arguments } = call.clone();
                let result = self.0.call_tool(tool, arguments, options).await?;
                let sent = |reason| Failure::sent(ErrorCode::Denied(reason));
                plugin::called(&call, &result).map_err(sent).map_err(Error::Http)?
            }
        };
        json::check_result(&result)?;
        Ok(result)
    }

    async fn list_resources(
        &self,
        cursor: Option<String>,
        options: CallOptions,
    ) -> Result<ResourcePage, Error> {
        self.0.list_resources(cursor, options).await
    }

    async fn read_resource(
        &self,
        uri: String,
        options: CallOptions,
    ) -> Result<Vec<ResourceContents>, Error> {
        self.0.read_resource(uri, options).await
    }

    async fn list_prompts(
        &self,
        cursor: Option<String>,
        options: CallOptions,
    ) -> Result<PromptPage, Error> {
        self.0.list_prompts(cursor, options).await
    }

    async fn get_prompt(
        &self,
        name: String,
        arguments: Option<String>,
        options: CallOptions,
    ) -> Result<PromptResult, Error> {
        self.0.get_prompt(name, arguments, options).await
    }

    async fn answer(&self, request: u64, answer: Result<String, RpcError>) -> Result<(), Error> {
        self.0.answer(request, answer).await
    }

    fn cancel(&self, call: u64) {
        self.0.cancel(call);
    }

    async fn close(&self) -> Result<(), Error> {
        self.0.close().await
    }
}

bindings::export!(PlugTools with_types_in bindings);
