//! The exported resource.

use crate::bindings::exports::sandbar::mcp::client::{GuestSession, Session as ExportedSession};
use crate::bindings::sandbar::mcp::types::{
    CallOptions, Error as WitError, Event, Notification, PromptPage, PromptResult,
    ResourceContents, ResourcePage, RpcError, ServerDescription, SessionOptions, ToolPage,
    ToolResult,
};
use crate::shared::Shared;
use crate::{convert, drive, records};
use futures::future::{Either, select};
use sandbar_guest_kit::monotonic_clock;
use sandbar_mcp_core::typed::{self, Reading};
use sandbar_mcp_core::{self as core, Answer, CallId, Error, LogLevel, Outgoing, Params};
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;
use wit_bindgen::StreamReader;

/// A session with one MCP server.
pub(crate) struct Session(Rc<Shared>);

impl Session {
    async fn call(
        &self,
        method: &str,
        params: Params,
        options: CallOptions,
    ) -> Result<Answer, Error> {
        let id = CallId(options.id);
        // Whatever becomes of the call, its listener's stream ends with it.
        let listener = self.0.listeners.of(id);
        let registration = self.0.calls.enter(id)?;
        let key = self.0.core.borrow().cache_key(method, &params);
        if let Some(key) = key.as_ref().filter(|_| !options.fresh)
            && let Some(result) = self.0.core.borrow_mut().kept(key, now())
        {
            return Ok(Answer { result, fresh_for: None });
        }
        let call = self.0.core.borrow_mut().request(Outgoing {
            call: id,
            method: method.to_owned(),
            params,
            progress: options.progress,
            idle_timeout: options.idle_timeout.map(Duration::from_nanos),
            meta: options.meta,
        })?;
        let answer = drive::run_cancellable(&self.0, call, listener, registration).await?;
        if let Some(key) = key {
            self.0.core.borrow_mut().keep(key, &answer, now());
        }
        Ok(answer)
    }

    /// A call whose result is read by `parse` and handed out by `convert`.
    async fn typed<T, W>(
        &self,
        method: &str,
        params: Params,
        options: CallOptions,
        parse: impl FnOnce(String) -> Reading<T>,
        convert: fn(T) -> W,
    ) -> Result<W, WitError> {
        let id = CallId(options.id);
        let answer = self.call(method, params, options).await.map_err(convert::error)?;
        let Reading { value, warning } = parse(answer.result);
        if let Some(text) = warning {
            self.warn(id, &text).await.map_err(convert::error)?;
        }
        Ok(convert(value))
    }

    /// Tells what could not be read of a result, as a part of its call: whoever gives it up does not
    /// wait for a listener that is slow.
    async fn warn(&self, id: CallId, text: &str) -> Result<(), Error> {
        let warning = core::Notification::of_client(None, LogLevel::Warning, text);
        let warning = Event::Notification(convert::notification(warning));
        let mut registration = self.0.calls.enter(id)?;
        let given_up = pin!(registration.given_up());
        let told = pin!(self.0.listeners.tell_session(vec![warning]));
        match select(given_up, told).await {
            Either::Left(_) => Err(Error::Cancelled),
            Either::Right(_) => Ok(()),
        }
    }
}

impl Drop for Session {
    /// What goes on beside the calls ends with the resource, also where nobody closed it.
    fn drop(&mut self) {
        self.0.calls.close();
    }
}

/// On the clock that there is.
fn now() -> Duration {
    Duration::from_nanos(monotonic_clock::now())
}

impl GuestSession for Session {
    async fn open(
        options: SessionOptions,
    ) -> Result<(ExportedSession, ServerDescription, StreamReader<Event>), WitError> {
        let (shared, events) = Shared::new(options).map_err(convert::error)?;
        let shared = Rc::new(shared);
        let known = shared.open().await.map_err(convert::error)?;
        Ok((ExportedSession::new(Self(shared)), convert::description(known), events))
    }

    fn listen(&self, call: u64) -> StreamReader<Notification> {
        self.0.listeners.listen(CallId(call))
    }

    async fn request(
        &self,
        method: String,
        params: Option<String>,
        options: CallOptions,
    ) -> Result<String, WitError> {
        let params = Params::parse(params.as_deref()).map_err(convert::error)?;
        let answer = self.call(&method, params, options).await.map_err(convert::error)?;
        Ok(answer.result)
    }

    async fn list_tools(
        &self,
        cursor: Option<String>,
        options: CallOptions,
    ) -> Result<ToolPage, WitError> {
        let params = Params::cursor(cursor.as_deref());
        self.typed(
            "tools/list",
            params,
            options,
            |json| typed::ToolPage::parse(&json),
            records::tool_page,
        )
        .await
    }

    async fn call_tool(
        &self,
        name: String,
        arguments: Option<String>,
        options: CallOptions,
    ) -> Result<ToolResult, WitError> {
        let params = Params::named(&name, arguments.as_deref()).map_err(convert::error)?;
        // Unlike other results it may be large, and is given away to be read in place.
        let (parse, convert) = (typed::ToolResult::parse, records::tool_result);
        self.typed("tools/call", params, options, parse, convert).await
    }

    async fn list_resources(
        &self,
        cursor: Option<String>,
        options: CallOptions,
    ) -> Result<ResourcePage, WitError> {
        let params = Params::cursor(cursor.as_deref());
        self.typed(
            "resources/list",
            params,
            options,
            |json| typed::ResourcePage::parse(&json),
            records::resource_page,
        )
        .await
    }

    async fn read_resource(
        &self,
        uri: String,
        options: CallOptions,
    ) -> Result<Vec<ResourceContents>, WitError> {
        let params = Params::uri(&uri);
        self.typed(
            "resources/read",
            params,
            options,
            |json| typed::parse_resource_contents(&json, &uri),
            records::all_resource_contents,
        )
        .await
    }

    async fn list_prompts(
        &self,
        cursor: Option<String>,
        options: CallOptions,
    ) -> Result<PromptPage, WitError> {
        let params = Params::cursor(cursor.as_deref());
        self.typed(
            "prompts/list",
            params,
            options,
            |json| typed::PromptPage::parse(&json),
            records::prompt_page,
        )
        .await
    }

    async fn get_prompt(
        &self,
        name: String,
        arguments: Option<String>,
        options: CallOptions,
    ) -> Result<PromptResult, WitError> {
        let params = Params::named(&name, arguments.as_deref()).map_err(convert::error)?;
        self.typed(
            "prompts/get",
            params,
            options,
            |json| typed::PromptResult::parse(&json),
            records::prompt_result,
        )
        .await
    }

    async fn answer(&self, request: u64, answer: Result<String, RpcError>) -> Result<(), WitError> {
        let answer = answer.map_err(convert::rpc_error_from_wit);
        match self.0.listeners.answered(request, answer).map_err(convert::error)? {
            Some(answered) => drive::answer(&self.0, answered).await.map_err(convert::error),
            None => Ok(()),
        }
    }

    fn cancel(&self, call: u64) {
        self.0.calls.cancel(CallId(call));
        // Of a call that was not made, and will not be, nobody is told anything.
        drop(self.0.listeners.of(CallId(call)));
    }

    async fn close(&self) -> Result<(), WitError> {
        drive::close(&self.0).await;
        Ok(())
    }
}
