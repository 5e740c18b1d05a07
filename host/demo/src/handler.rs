//! One MCP session of the demo server, or one request in the stateless modes.
#![expect(
    deprecated,
    reason = "MCP deprecates logging from 2026-07-28 on, but clients still have to handle it"
)]

use std::sync::{
    Arc, LazyLock,
    atomic::{AtomicU8, Ordering},
};

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    handler::server::router::{prompt::PromptRouter, tool::ToolRouter},
    model::{
        Implementation, ListResourceTemplatesResult, ListResourcesResult, LoggingLevel,
        LoggingMessageNotificationParam, PaginatedRequestParams, ProtocolVersion,
        ReadResourceRequestParams, ReadResourceResponse, ServerCapabilities, ServerConfig,
        SetLevelRequestParams,
    },
    prompt_handler,
    service::RequestContext,
    tool_handler,
};

use super::{activity::Activity, resources};

// The stateless modes make a handler for every request; the routers hold the schemas of all
// tools and prompts, which are the same each time.
static TOOLS: LazyLock<ToolRouter<DemoHandler>> = LazyLock::new(DemoHandler::tool_router);
static PROMPTS: LazyLock<PromptRouter<DemoHandler>> = LazyLock::new(DemoHandler::prompt_router);

const INSTRUCTIONS: &str = "A server to try Sandbar with. Nothing it does has consequences.";

pub(super) struct DemoHandler {
    activity: Arc<Activity>,
    /// Least severe level that this session wants to hear of, set by `logging/setLevel`.
    session_log_level: AtomicU8,
}

impl DemoHandler {
    pub(super) fn new(activity: Arc<Activity>) -> Self {
        Self { activity, session_log_level: AtomicU8::new(LoggingLevel::Info as u8) }
    }

    pub(super) fn activity(&self) -> &Activity {
        &self.activity
    }

    /// Sends one log message at level `info`, if the caller wants to hear of that level.
    pub(super) async fn log(&self, text: &str, context: &RequestContext<RoleServer>) {
        if !self.wants_log(LoggingLevel::Info, context) {
            return;
        }
        let message = LoggingMessageNotificationParam::new(LoggingLevel::Info, text.into())
            .with_logger("demo");
        // A log message that cannot be delivered has nobody left to be reported to.
        let _ = context.peer.notify_logging_message(message).await;
    }

    /// From 2026-07-28 on a server must not log unless the request names a level; before that
    /// the level belongs to the session and the server chooses the first one.
    fn wants_log(&self, level: LoggingLevel, context: &RequestContext<RoleServer>) -> bool {
        let is_modern = context
            .protocol_version()
            .is_some_and(|version| version >= ProtocolVersion::V_2026_07_28);
        let threshold = if is_modern {
            context.meta.log_level().map(|level| level as u8)
        } else {
            Some(self.session_log_level.load(Ordering::Relaxed))
        };
        threshold.is_some_and(|threshold| level as u8 >= threshold)
    }
}

#[tool_handler(router = TOOLS)]
#[prompt_handler(router = PROMPTS)]
impl ServerHandler for DemoHandler {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_prompts()
            .enable_resources()
            .enable_logging()
            .build();
        ServerConfig::new(capabilities)
            .with_server_info(Implementation::new("sandbar-demo", env!("CARGO_PKG_VERSION")))
            .with_instructions(INSTRUCTIONS)
    }

    async fn set_level(
        &self,
        request: SetLevelRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.session_log_level.store(request.level as u8, Ordering::Relaxed);
        Ok(())
    }

    async fn list_resources(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(ListResourcesResult::with_all_items(resources::list()))
    }

    async fn list_resource_templates(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Ok(ListResourceTemplatesResult::with_all_items(resources::templates()))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        resources::read(&request.uri).map(Into::into)
    }
}
