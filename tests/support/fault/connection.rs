//! One accepted connection, and the scripts that run on it.

use std::sync::Arc;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    journal::{EarlyClose, Journal},
    read_request::{ReadError, read_request},
    request::RecordedRequest,
    response::Response,
    script::{Ending, Script, Step},
    socket_queue,
    wire::Wire,
};
use crate::support::limits::MAX_READ_AHEAD_BYTES;

pub(crate) struct Connection {
    stream: TcpStream,
    /// What has been read beyond the last request.
    incoming: Vec<u8>,
    number: usize,
    requests: usize,
    journal: Arc<Journal>,
}

/// The connection cannot be used any more.
enum Over {
    /// It ended as the script or HTTP wants it.
    InOrder,
    /// The client closed it in the middle of things.
    ClientGone,
}

impl From<std::io::Error> for Over {
    fn from(_: std::io::Error) -> Self {
        Self::ClientGone
    }
}

impl Connection {
    pub(crate) fn new(stream: TcpStream, number: usize, journal: Arc<Journal>) -> Self {
        Self { stream, incoming: Vec::new(), number, requests: 0, journal }
    }

    /// Answers every request with the script that `script_for` chooses.
    pub(crate) async fn serve_requests(
        mut self,
        script_for: &(dyn Fn(&RecordedRequest) -> Script + Sync),
    ) {
        let over = loop {
            let request = match self.read_request().await {
                Ok(request) => request,
                Err(over) => break over,
            };
            if let Err(over) = self.run(script_for(&request)).await {
                break over;
            }
        };
        self.note(over);
    }

    /// Runs one script from the first byte on, and then closes the connection.
    pub(crate) async fn serve_script(mut self, script: Script) {
        let over = match self.run(script).await {
            Ok(()) => self.close().await,
            Err(over) => over,
        };
        self.note(over);
    }

    fn note(&self, over: Over) {
        if matches!(over, Over::ClientGone) {
            self.journal
                .closed_early(EarlyClose { connection: self.number, requests: self.requests });
        }
    }

    async fn read_request(&mut self) -> Result<RecordedRequest, Over> {
        match read_request(&mut self.stream, &mut self.incoming, self.number).await {
            Ok(request) => {
                self.requests += 1;
                self.journal.request_read(request.clone());
                Ok(request)
            }
            Err(ReadError::Closed) => Err(Over::InOrder),
            Err(ReadError::Truncated) => Err(Over::ClientGone),
            Err(ReadError::Malformed(reason)) => {
                // The test sees an answer that it did not script, with the reason in it.
                let refusal = Response::new(400).body(reason);
                self.write(&Wire::from(refusal).into_bytes()).await?;
                Err(self.close().await)
            }
        }
    }

    async fn run(&mut self, script: Script) -> Result<(), Over> {
        for step in script.steps {
            self.step(step).await?;
        }
        match script.ending {
            Ending::KeepAlive => Ok(()),
            Ending::Close => Err(self.close().await),
            Ending::Reset => {
                self.stream.set_zero_linger()?;
                Err(Over::InOrder)
            }
            Ending::Hang => {
                self.client_closed().await;
                Err(Over::ClientGone)
            }
            Ending::WaitForClientClose => {
                self.client_closed().await;
                Err(Over::InOrder)
            }
        }
    }

    async fn step(&mut self, step: Step) -> Result<(), Over> {
        match step {
            Step::ReadRequest => self.read_request().await.map(|_| ()),
            Step::AwaitHead => self.await_head().await,
            Step::Send(wire) => self.write(&wire.into_bytes()).await,
            Step::SendSplit { wire, at } => self.write_split(&wire.into_bytes(), &at).await,
            Step::SendBytewise { wire, gate } => {
                for byte in wire.into_bytes() {
                    self.unless_client_closes(gate.pass()).await?;
                    self.write(&[byte]).await?;
                }
                Ok(())
            }
            Step::SendRepeatedly { bytes, times } => {
                for _ in 0..times {
                    self.write(&bytes).await?;
                }
                Ok(())
            }
            Step::Pass(gate) => self.unless_client_closes(gate.pass()).await,
            Step::Pause(silence) => self.unless_client_closes(tokio::time::sleep(silence)).await,
        }
    }

    /// What has been read is kept for whoever reads the request.
    async fn await_head(&mut self) -> Result<(), Over> {
        while !self.incoming.windows(4).any(|window| window == b"\r\n\r\n") {
            if self.stream.read_buf(&mut self.incoming).await? == 0 {
                return Err(Over::ClientGone);
            }
        }
        Ok(())
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Over> {
        Ok(self.stream.write_all(bytes).await?)
    }

    async fn write_split(&mut self, bytes: &[u8], at: &[usize]) -> Result<(), Over> {
        let client = self.stream.peer_addr()?;
        let server = self.stream.local_addr()?;
        let ends = at.iter().copied().chain([bytes.len()]);
        let mut start = 0;
        for end in ends {
            self.write(&bytes[start..end]).await?;
            socket_queue::emptied(client, server).await;
            start = end;
        }
        Ok(())
    }

    async fn unless_client_closes(&mut self, event: impl Future<Output = ()>) -> Result<(), Over> {
        tokio::select! {
            () = event => Ok(()),
            () = self.client_closed() => Err(Over::ClientGone),
        }
    }

    /// Returns when the client has closed its end. What it sends until then is kept.
    async fn client_closed(&mut self) {
        while self.incoming.len() < MAX_READ_AHEAD_BYTES {
            let read = self.stream.read_buf(&mut self.incoming).await;
            if !matches!(read, Ok(1..)) {
                return;
            }
        }
        std::future::pending().await
    }

    /// Sends FIN and waits for the client's: a socket that is dropped with unread bytes in it
    /// would send a reset, and the client could lose what it has not read yet.
    async fn close(&mut self) -> Over {
        if self.stream.shutdown().await.is_err() {
            return Over::InOrder;
        }
        loop {
            self.incoming.clear();
            let read = self.stream.read_buf(&mut self.incoming).await;
            if !matches!(read, Ok(1..)) {
                return Over::InOrder;
            }
        }
    }
}
