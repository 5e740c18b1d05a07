//! A session with one MCP server.

use crate::budget::Budget;
use crate::call::{Calls, Request};
use crate::changes::Changes;
use crate::error::Error;
use crate::http::{DialStats, Dialer};
use crate::operation::{
    CallTool, GetPrompt, ListPrompts, ListResources, ListTools, ReadResource, Untyped,
};
use crate::pages::{Item, Pages, Stopped, add_records};
use crate::sandbox::bindings::mcp::{
    Prompt, PromptResult, ResourceContents, ResourceLink, ServerDescription, Tool, ToolResult,
};
use crate::sandbox::cpu::CpuBudget;
use crate::sandbox::handler::{Handler, Notification};
use crate::sandbox::limits::SandboxLimits;
use crate::sandbox::memory::MemoryUse;
use crate::sandbox::session::{McpSession, Outcome};
use crate::sandbox::worker::Worker;
use futures::Stream;
use futures::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;

/// A session with one MCP server, in a sandbox of its own.
///
/// A clone is cheap and talks to the same sandbox; calls run concurrently. When
/// the last clone is dropped, the session is closed in the background.
#[derive(Clone)]
pub struct Session(Arc<Inner>);

struct Inner {
    calls: Arc<Calls>,
    description: ServerDescription,
    usage: Usage,
    told: Told,
    /// What is held for it.
    budget: Budget,
}

/// Who is told what a session tells unasked.
pub(crate) struct Told {
    pub(crate) handler: Arc<dyn Handler>,
    /// Where changes at a legacy server are told; none where its stream is not kept.
    pub(crate) changes: Option<Changes>,
}

/// Where a sandbox's use of the machine is read.
pub(crate) struct Usage {
    pub(crate) memory: MemoryUse,
    /// That of each plugin.
    pub(crate) plugins: Vec<MemoryUse>,
    pub(crate) cpu: CpuBudget,
    pub(crate) instantiation: Duration,
    /// None where the exchanges are performed elsewhere.
    pub(crate) dialer: Option<Dialer>,
}

/// What a session has used so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionStats {
    /// The most linear memory that the sandbox had, in bytes.
    pub memory_peak: usize,
    /// The most linear memory that its plugins had, each at its time, in bytes.
    pub plugins_memory_peak: usize,
    /// CPU time of the sandbox, to the nearest 10 ms.
    pub cpu: Duration,
    /// How long the sandbox took to make.
    pub instantiation: Duration,
    /// Bytes that are held for it outside of the sandbox now: notifications that wait for readers, lists
    /// that are put together.
    pub held: usize,
    /// What was dialled from here. Sessions with the same origin count together.
    pub dialed: DialStats,
}

impl Session {
    /// The session that a worker has opened, or why it has not.
    pub(crate) async fn opened(
        worker: Worker<McpSession>,
        outcome: Option<Outcome<ServerDescription>>,
        usage: Usage,
        told: Told,
        limits: &SandboxLimits,
        budget: Budget,
    ) -> Result<Self, Error> {
        let description = match outcome {
            Some(Ok(description)) => description,
            Some(Err(error)) => return Err(error.into()),
            None => return Err(worker.ending().await.into()),
        };
        let calls = Arc::new(Calls::new(worker, limits, budget.clone()));
        Ok(Self(Arc::new(Inner { calls, description, usage, told, budget })))
    }

    /// What the server said of itself when the session was opened. Unverified.
    #[must_use]
    pub fn server(&self) -> &ServerDescription {
        &self.0.description
    }

    /// What the session has used so far.
    #[must_use]
    pub fn stats(&self) -> SessionStats {
        let usage = &self.0.usage;
        SessionStats {
            memory_peak: usage.memory.peak(),
            plugins_memory_peak: usage.plugins.iter().map(MemoryUse::peak).sum(),
            cpu: usage.cpu.used(),
            instantiation: usage.instantiation,
            held: self.0.budget.held(),
            dialed: usage.dialer.as_ref().map(Dialer::stats).unwrap_or_default(),
        }
    }

    /// Any request: `params` is the text of a JSON object, the result is JSON
    /// text as the server wrote it.
    pub fn request(&self, method: impl Into<String>, params: Option<String>) -> Request<String> {
        Request::new(&self.0.calls, Untyped { method: method.into(), params: Ok(params) })
    }

    /// `tools/call`. `arguments` is the text of a JSON object.
    pub fn call_tool(
        &self,
        name: impl Into<String>,
        arguments: Option<String>,
    ) -> Request<ToolResult> {
        Request::new(&self.0.calls, CallTool { name: name.into(), arguments })
    }

    /// `resources/read`.
    pub fn read_resource(&self, uri: impl Into<String>) -> Request<Vec<ResourceContents>> {
        Request::new(&self.0.calls, ReadResource { uri: uri.into() })
    }

    /// `prompts/get`. `arguments` is the text of a JSON object of strings.
    pub fn get_prompt(
        &self,
        name: impl Into<String>,
        arguments: Option<String>,
    ) -> Request<PromptResult> {
        Request::new(&self.0.calls, GetPrompt { name: name.into(), arguments })
    }

    /// Every tool, all pages together. A list without an end is cut off, which the
    /// [`Handler`] is told.
    ///
    /// # Errors
    ///
    /// That of the first page that fails.
    pub async fn list_tools(&self) -> Result<Vec<Tool>, Error> {
        self.all().await
    }

    /// Every resource, all pages together. A list without an end is cut off, which the
    /// [`Handler`] is told.
    ///
    /// # Errors
    ///
    /// That of the first page that fails.
    pub async fn list_resources(&self) -> Result<Vec<ResourceLink>, Error> {
        self.all().await
    }

    /// Every prompt, all pages together. A list without an end is cut off, which the
    /// [`Handler`] is told.
    ///
    /// # Errors
    ///
    /// That of the first page that fails.
    pub async fn list_prompts(&self) -> Result<Vec<Prompt>, Error> {
        self.all().await
    }

    /// The tools, page by page: each when it is asked for, and none of them kept. It ends where
    /// [`list_tools`](Self::list_tools) would cut the list off, and after an error.
    pub fn tools(&self) -> impl Stream<Item = Result<Vec<Tool>, Error>> + Send + use<> {
        self.pages()
    }

    /// The resources, page by page, like [`tools`](Self::tools).
    pub fn resources(&self) -> impl Stream<Item = Result<Vec<ResourceLink>, Error>> + Send + use<> {
        self.pages()
    }

    /// The prompts, page by page, like [`tools`](Self::tools).
    pub fn prompts(&self) -> impl Stream<Item = Result<Vec<Prompt>, Error>> + Send + use<> {
        self.pages()
    }

    async fn all<T: Listed>(&self) -> Result<Vec<T>, Error> {
        let mut pages = Pages::default();
        let mut held = Vec::new();
        while let Some(cursor) = pages.next_cursor() {
            let (items, next) = T::page(&self.0.calls, cursor).await?;
            let before = pages.bytes();
            add_records(&mut pages, items, next);
            match self.0.budget.take(pages.bytes().saturating_sub(before)) {
                Some(page) => held.push(page),
                None => pages.cut_off(Stopped::Held),
            }
        }
        self.tell_stopped::<T>(pages.stopped()).await;
        Ok(pages.finish().0)
    }

    fn pages<T: Listed>(&self) -> impl Stream<Item = Result<Vec<T>, Error>> + Send + use<T> {
        let begun = (self.clone(), Pages::default());
        futures::stream::unfold(begun, |(session, mut pages)| async move {
            let Some(cursor) = pages.next_cursor() else {
                session.tell_stopped::<T>(pages.stopped()).await;
                return None;
            };
            let page = T::page(&session.0.calls, cursor).await.map(|(items, next)| {
                add_records(&mut pages, items, next);
                pages.take_items()
            });
            Some((page, (session, pages)))
        })
    }

    /// Tells the handler where a list is not all.
    async fn tell_stopped<T: Listed>(&self, stopped: Option<Stopped>) {
        if let Some(stopped) = stopped {
            let text = format!("{}: {stopped}; what came until then is kept", T::METHOD);
            self.0.told.handler.notified(Notification::of_client(&text)).await;
        }
    }

    /// Where changes at a legacy server are told, if they are.
    pub(crate) fn changes(&self) -> Option<Changes> {
        self.0.told.changes.clone()
    }

    /// Whether a legacy server tells of no changes, though it is listened to.
    pub(crate) fn is_deaf(&self) -> bool {
        self.0.told.changes.as_ref().is_some_and(Changes::is_deaf)
    }

    /// Waits for the end of the sandbox, and says why it came.
    pub(crate) async fn ended(&self) -> Error {
        self.0.calls.ended().await
    }

    /// Closes the session: calls in flight end with [`Error::Cancelled`] or
    /// [`Error::Closed`], a legacy server is told of them and gets its DELETE,
    /// and the sandbox is gone when this returns. A sandbox that does not
    /// respond is ended.
    pub async fn close(&self) {
        self.0.calls.close().await;
    }
}

/// What comes in pages.
trait Listed: Item + Send + Sized + 'static {
    /// The method that lists it.
    const METHOD: &'static str;

    /// Asks for a page: its items, and what to ask the next one with.
    fn page(
        calls: &Arc<Calls>,
        cursor: Option<String>,
    ) -> BoxFuture<'static, Result<Page<Self>, Error>>;
}

type Page<T> = (Vec<T>, Option<String>);

macro_rules! listed {
    ($item:ty, $method:literal, $operation:ident, $items:ident) => {
        impl Listed for $item {
            const METHOD: &'static str = $method;

            fn page(
                calls: &Arc<Calls>,
                cursor: Option<String>,
            ) -> BoxFuture<'static, Result<Page<Self>, Error>> {
                let request = Request::new(calls, $operation { cursor }).into_future();
                Box::pin(async move { request.await.map(|page| (page.$items, page.next_cursor)) })
            }
        }
    };
}

listed!(Tool, "tools/list", ListTools, tools);
listed!(ResourceLink, "resources/list", ListResources, resources);
listed!(Prompt, "prompts/list", ListPrompts, prompts);

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("server", self.server()).finish_non_exhaustive()
    }
}
