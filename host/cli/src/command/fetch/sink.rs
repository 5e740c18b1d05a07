//! Where a body goes, as it arrives.

use crate::failure::Failure;
use crate::terminal_decoder::TerminalDecoder;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use tokio::fs::File;
use tokio::io::{AsyncWrite, AsyncWriteExt as _, Stdout};

/// A place for a body.
pub(super) enum Sink {
    /// A file, byte for byte.
    File {
        /// Its path, for errors.
        path: PathBuf,
        /// The file.
        file: File,
    },
    /// A pipe or a redirected standard output, byte for byte.
    Stdout(Stdout),
    /// A terminal, which must not obey what a server sends.
    Terminal {
        /// Standard output.
        stdout: Stdout,
        /// Makes text of it.
        decoder: TerminalDecoder,
    },
}

impl Sink {
    /// The file, made or emptied; standard output if there is none.
    pub(super) async fn open(path: Option<&Path>) -> Result<Self, Failure> {
        if let Some(path) = path {
            let failed = |source| Failure::File { path: path.to_owned(), source };
            let file = File::create(path).await.map_err(failed)?;
            return Ok(Self::File { path: path.to_owned(), file });
        }
        let stdout = tokio::io::stdout();
        Ok(if io::stdout().is_terminal() {
            Self::Terminal { stdout, decoder: TerminalDecoder::default() }
        } else {
            Self::Stdout(stdout)
        })
    }

    /// Writes all of it, and returns when it is written: whoever reads along may wait for just
    /// that, and if the command is ended next, what had come is kept.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        match self {
            Self::File { path, file } => flushed(file, bytes)
                .await
                .map_err(|source| Failure::File { path: path.clone(), source }),
            Self::Stdout(stdout) => flushed(stdout, bytes).await.map_err(Failure::Output),
            Self::Terminal { stdout, decoder } => {
                let text = decoder.decode(bytes);
                flushed(stdout, text.as_bytes()).await.map_err(Failure::Output)
            }
        }
    }

    /// Writes what is held back: on a terminal, a character that never ended.
    pub(super) async fn finish(self) -> Result<(), Failure> {
        let Self::Terminal { mut stdout, mut decoder } = self else { return Ok(()) };
        let text = decoder.finish();
        flushed(&mut stdout, text.as_bytes()).await.map_err(Failure::Output)
    }
}

async fn flushed(writer: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<()> {
    writer.write_all(bytes).await?;
    writer.flush().await
}
