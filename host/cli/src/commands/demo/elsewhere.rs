//! What the demo starts elsewhere: a server that sends its client to the address where clouds keep
//! their credentials, and an executor in a process of its own.

use super::{check, say};
use crate::failure::Failure;
use crate::limits::URL_BYTES;
use axum::Router;
use axum::response::Redirect;
use sandbar::executor::Target;
use sandbar::{Error, HttpError, HttpFailure, Sandbar, SessionStats};
use sandbar_demo::DemoServer;
use std::io;
use std::net::Ipv4Addr;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

const ELSEWHERE: &str = "http://169.254.169.254/latest/meta-data/";

/// Such a server.
pub(super) struct Elsewhere {
    url: String,
    serving: JoinHandle<io::Result<()>>,
}

impl Elsewhere {
    /// Starts it on a free port.
    pub(super) async fn start() -> Result<Self, Failure> {
        let process = |source| Failure::Process { what: "start a second server", source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(process)?;
        let url = format!("http://{}/mcp", listener.local_addr().map_err(process)?);
        let router = Router::new().fallback(async || Redirect::temporary(ELSEWHERE));
        Ok(Self { url, serving: tokio::spawn(axum::serve(listener, router).into_future()) })
    }

    /// Its MCP endpoint.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Connects to it, and shows what becomes of that.
    pub(super) async fn attack(self, sandbar: &Sandbar) -> Result<(), Failure> {
        say("attack", &format!("a server that redirects to {ELSEWHERE}"))?;
        let outcome = sandbar.connect(&self.url).await;
        self.serving.abort();
        match outcome {
            Err(Error::Http(HttpFailure { code: HttpError::Denied(reason), .. })) => {
                say("", &format!("denied: {reason}"))
            }
            outcome => Err(Failure::Demo {
                expected: "the redirect to be denied".to_owned(),
                found: outcome.map_or_else(|error| error.to_string(), |_| "a session".to_owned()),
            }),
        }
    }
}

/// The process. It is killed when this is dropped.
pub(super) struct ExecutorProcess {
    child: Child,
    url: String,
}

impl ExecutorProcess {
    /// Starts this program as an executor that may dial these URLs and nothing else.
    pub(super) async fn start(allowed: &[&str]) -> Result<Self, Failure> {
        let process = |source| Failure::Process { what: "start an executor", source };
        let mut command = Command::new(std::env::current_exe().map_err(process)?);
        command.args(["executor", "--listen", "ws://127.0.0.1:0"]);
        for url in allowed {
            command.args(["--allow", url]);
        }
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(process)?;
        let stdout =
            child.stdout.take().ok_or_else(|| process(io::ErrorKind::BrokenPipe.into()))?;
        let mut line = String::new();
        BufReader::new(stdout.take(URL_BYTES)).read_line(&mut line).await.map_err(process)?;
        Ok(Self { child, url: line.trim().to_owned() })
    }

    /// Who dials: this executor.
    pub(super) fn target(&self) -> Result<Target, Failure> {
        Ok(Target::websocket(&self.url).map_err(Error::from)?)
    }

    /// Introduces it.
    pub(super) fn introduce(&self) -> Result<(), Failure> {
        say("executor", &format!("process {}, at {}", self.id(), self.url))
    }

    /// Says what was dialled, and that this process did not.
    pub(super) fn dialled(&self, stats: &SessionStats, server: &DemoServer) -> Result<(), Failure> {
        let here = stats.dialed.connections_opened;
        check("connections of this process", &here, &0)?;
        check("a connection of the executor", &(server.connections() > 0), &true)?;
        let (executor, demo) = (self.id(), std::process::id());
        say("dialled", &format!("{} by process {executor}, the executor", server.url()))?;
        say(
            "",
            &format!("connections: {}, by process {demo}, this one: {here}", server.connections()),
        )
    }

    /// Kills it, and waits until it is gone.
    pub(super) async fn stop(mut self) -> Result<(), Failure> {
        let process = |source| Failure::Process { what: "stop the executor", source };
        self.child.kill().await.map_err(process)
    }

    fn id(&self) -> u32 {
        self.child.id().unwrap_or_default()
    }
}
