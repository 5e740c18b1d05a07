//! The exported resource.

use crate::bindings::exports::sandbar::mcp::client::{GuestSession, Session as ExportedSession};
use crate::bindings::sandbar::mcp::types::{
    CallOptions, Error as WitError, PromptPage, PromptResult, ResourceContents, ResourcePage,
    ServerDescription, SessionOptions, ToolPage, ToolResult,
};
use crate::shared::Shared;
use crate::{convert, drive, exchange, records};
use sandbar_mcp_core::{Answer, Error, Outgoing, params, typed};
use std::rc::Rc;

/// A session with one MCP server.
pub(crate) struct Session(Rc<Shared>);

impl Session {
    async fn call(
        &self,
        method: &str,
        params: Option<String>,
        options: CallOptions,
    ) -> Result<Answer, Error> {
        let id = convert::call_id(options.id);
        let registration = self.0.calls.enter(id)?;
        let call = self.0.core.borrow_mut().request(Outgoing {
            call: id,
            method: method.to_owned(),
            params,
            progress: options.progress,
            idle_timeout: options.idle_timeout.map(convert::duration),
        })?;
        drive::run_cancellable(&self.0, call, registration).await
    }

    /// A call whose result is read by `parse` and handed out by `convert`.
    async fn typed<T, W>(
        &self,
        method: &str,
        params: Option<String>,
        options: CallOptions,
        parse: fn(&str) -> Result<T, Error>,
        convert: fn(T) -> W,
    ) -> Result<W, WitError> {
        let answer = self.call(method, params, options).await.map_err(convert::error)?;
        parse(&answer.result).map(convert).map_err(convert::error)
    }
}

impl GuestSession for Session {
    async fn open(options: SessionOptions) -> Result<ExportedSession, WitError> {
        let shared = Rc::new(Shared::new(options).map_err(convert::error)?);
        shared.open().await.map_err(convert::error)?;
        Ok(ExportedSession::new(Self(shared)))
    }

    fn describe(&self) -> ServerDescription {
        convert::description(self.0.core.borrow().description())
    }

    async fn request(
        &self,
        method: String,
        params: Option<String>,
        options: CallOptions,
    ) -> Result<String, WitError> {
        let answer = self.call(&method, params, options).await.map_err(convert::error)?;
        Ok(answer.result)
    }

    async fn list_tools(
        &self,
        cursor: Option<String>,
        options: CallOptions,
    ) -> Result<ToolPage, WitError> {
        let params = params::cursor(cursor.as_deref());
        self.typed("tools/list", params, options, typed::ToolPage::parse, records::tool_page).await
    }

    async fn call_tool(
        &self,
        name: String,
        arguments: Option<String>,
        options: CallOptions,
    ) -> Result<ToolResult, WitError> {
        let params = params::named(&name, arguments.as_deref()).map_err(convert::error)?;
        let answer =
            self.call("tools/call", Some(params), options).await.map_err(convert::error)?;
        // Unlike other results it may be large, and is given away to be read in place.
        typed::ToolResult::parse(answer.result).map(records::tool_result).map_err(convert::error)
    }

    async fn list_resources(
        &self,
        cursor: Option<String>,
        options: CallOptions,
    ) -> Result<ResourcePage, WitError> {
        let params = params::cursor(cursor.as_deref());
        self.typed(
            "resources/list",
            params,
            options,
            typed::ResourcePage::parse,
            records::resource_page,
        )
        .await
    }

    async fn read_resource(
        &self,
        uri: String,
        options: CallOptions,
    ) -> Result<Vec<ResourceContents>, WitError> {
        let params = params::uri(&uri);
        self.typed(
            "resources/read",
            Some(params),
            options,
            typed::parse_resource_contents,
            records::all_resource_contents,
        )
        .await
    }

    async fn list_prompts(
        &self,
        cursor: Option<String>,
        options: CallOptions,
    ) -> Result<PromptPage, WitError> {
        let params = params::cursor(cursor.as_deref());
        self.typed("prompts/list", params, options, typed::PromptPage::parse, records::prompt_page)
            .await
    }

    async fn get_prompt(
        &self,
        name: String,
        arguments: Option<String>,
        options: CallOptions,
    ) -> Result<PromptResult, WitError> {
        let params = params::named(&name, arguments.as_deref()).map_err(convert::error)?;
        self.typed(
            "prompts/get",
            Some(params),
            options,
            typed::PromptResult::parse,
            records::prompt_result,
        )
        .await
    }

    fn cancel(&self, call: u64) {
        self.0.calls.cancel(convert::call_id(call));
    }

    async fn close(&self) -> Result<(), WitError> {
        self.0.calls.close();
        self.0.core.borrow_mut().close();
        drive::cancelled(&self.0).await;
        let farewell = self.0.core.borrow_mut().farewell();
        if let Some(request) = farewell {
            // Servers may refuse a DELETE; there is nothing to do about it.
            let _ = exchange::send(&self.0.endpoint, request).await;
        }
        Ok(())
    }
}
