//! Standard input and output as a pipe.

use crate::limits::STDIO_BUFFER_BYTES;
use sandbar::executor::Pipe;
use tokio::io::{AsyncWrite, AsyncWriteExt as _, DuplexStream};
use tokio::task::JoinHandle;

/// Both, and the task that copies what the pipe sends to standard output: it ends when all of it is
/// there.
pub(crate) struct Stdio {
    pub(crate) pipe: Pipe,
    pub(crate) copying: JoinHandle<()>,
}

impl Stdio {
    pub(crate) fn open() -> Self {
        let (stdout, copying) = buffered(tokio::io::stdout());
        Self { pipe: Pipe::over(tokio::io::stdin(), stdout), copying }
    }
}

/// A writer, and the task that copies what it takes to `destination`.
fn buffered<W>(mut destination: W) -> (DuplexStream, JoinHandle<()>)
where
    W: AsyncWrite + Send + Unpin + 'static,
{
    let (writer, mut written) = tokio::io::duplex(STDIO_BUFFER_BYTES);
    let copying = tokio::spawn(async move {
        // A failure closes the pipe, and that ends the connection.
        if tokio::io::copy(&mut written, &mut destination).await.is_ok() {
            let _ = destination.flush().await;
        }
    });
    (writer, copying)
}
