//! The peer: `rmcp` with a pooled HTTP client.

use anyhow::{Context as _, Result, bail, ensure};
use rmcp::model::{
    CallToolRequestParams, CallToolResult, ContentBlock, JsonObject, ProgressNotificationParam,
    ProtocolVersion,
};
use rmcp::service::{
    ClientLifecycleMode, ClientServiceExt as _, NotificationContext, RunningService,
};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::{ClientHandler, RoleClient};
use sandbar::types::Era;
use std::sync::Arc;
use tokio::sync::watch;

/// More than any result here; see the candidate.
const MESSAGE_BYTES: usize = 256 * 1024 * 1024;

/// A connected client.
pub(crate) struct Peer {
    service: RunningService<RoleClient, Observer>,
    progress: watch::Receiver<Progress>,
}

/// What has been reported so far.
#[derive(Clone, Copy, Debug, Default)]
struct Progress {
    last: f64,
    reports: u32,
    in_order: bool,
}

/// How the reports of one call arrived.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counted {
    pub(crate) in_order: bool,
    pub(crate) all_before_return: bool,
}

/// Watches progress.
struct Observer(Arc<watch::Sender<Progress>>);

impl ClientHandler for Observer {
    async fn on_progress(
        &self,
        params: ProgressNotificationParam,
        _context: NotificationContext<RoleClient>,
    ) {
        self.0.send_modify(|seen| {
            seen.in_order &= params.progress > seen.last;
            seen.last = params.progress;
            seen.reports += 1;
        });
    }
}

/// One pool for all clients of a bench, as the candidate has one.
pub(crate) fn pool() -> Result<reqwest::Client> {
    Ok(reqwest::Client::builder().tcp_nodelay(true).build()?)
}

impl Peer {
    pub(crate) async fn connect(pool: &reqwest::Client, url: &str, era: Era) -> Result<Self> {
        let config = StreamableHttpClientTransportConfig::with_uri(url)
            .max_sse_event_size(MESSAGE_BYTES)
            .max_json_response_size(MESSAGE_BYTES);
        let transport = StreamableHttpClientTransport::with_client(pool.clone(), config);
        let lifecycle = match era {
            Era::Legacy => ClientLifecycleMode::Initialize,
            Era::Modern => ClientLifecycleMode::Discover {
                preferred_versions: vec![ProtocolVersion::V_2026_07_28],
            },
        };
        let (sender, progress) = watch::channel(Progress::default());
        let observer = Observer(Arc::new(sender));
        let service = observer.serve_with_lifecycle(transport, lifecycle).await;
        Ok(Self { service: service.context("rmcp cannot connect")?, progress })
    }

    /// Calls a tool and returns the size of its text.
    pub(crate) async fn call(&self, tool: &'static str, arguments: &str) -> Result<usize> {
        let result = self.request(tool, arguments).await?;
        match result.content.as_slice() {
            [ContentBlock::Text(text)] => Ok(text.text.len()),
            other => bail!("one text expected, got {} contents", other.len()),
        }
    }

    /// Calls `count` and waits until every step has been reported, which may be after the call
    /// has returned.
    pub(crate) async fn count(&self, steps: u32) -> Result<Counted> {
        let mut progress = self.progress.clone();
        self.service.service().0.send_replace(Progress { in_order: true, ..Progress::default() });
        self.request("count", &format!(r#"{{"steps":{steps}}}"#)).await?;
        let all_before_return = progress.borrow().reports == steps;
        let seen = *progress.wait_for(|seen| seen.reports == steps).await?;
        Ok(Counted { in_order: seen.in_order, all_before_return })
    }

    async fn request(&self, tool: &'static str, arguments: &str) -> Result<CallToolResult> {
        let arguments: JsonObject = serde_json::from_str(arguments)?;
        let params = CallToolRequestParams::new(tool).with_arguments(arguments);
        let result = self.service.peer().call_tool(params).await?;
        ensure!(result.is_error != Some(true), "{tool} failed");
        Ok(result)
    }

    pub(crate) async fn close(self) -> Result<()> {
        self.service.cancel().await?;
        Ok(())
    }
}
