//! A thread for servers, so that they do not run on the threads of the clients that are measured.

use anyhow::{Context as _, Result};
use sandbar_demo::{DemoMode, DemoOptions, DemoServer};
use std::thread::JoinHandle;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// A runtime on a thread of its own. Dropping it ends what runs there.
#[derive(Debug)]
pub(crate) struct ServerThread {
    handle: Handle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl ServerThread {
    pub(crate) fn start() -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new().name("servers".into()).spawn(move || {
            // An error is the end as well: the other side was dropped.
            let _ = runtime.block_on(stopped);
        })?;
        Ok(Self { handle, stop: Some(stop), thread: Some(thread) })
    }

    /// Runs a future there until it has a result.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Result<T> {
        self.handle.spawn(future).await.context("the server thread has ended")
    }

    pub(crate) async fn demo(&self, mode: DemoMode, nagle: bool) -> Result<DemoServer> {
        let options = DemoOptions { port: 0, mode, nagle };
        Ok(self.run(DemoServer::start(options)).await??)
    }
}

impl Drop for ServerThread {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has said so already.
            let _ = thread.join();
        }
    }
}
