//! `sandbar fetch`: an exchange, and where its body goes as it arrives.

use crate::args::FetchArgs;
use crate::connection::{granted, policy_for, sandbar, target};
use crate::failure::{Failure, exit};
use crate::limits::REQUEST_BODY_BYTES;
use crate::parse::{Header, read_value};
use crate::process::interruptible;
use crate::show::{DownloadBar, TerminalDecoder};
use http::StatusCode;
use sandbar::Sandbar;
use sandbar::executor::{Body, HttpRequest, Streamed};
use sandbar::http::Policy;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::fs::File;
use tokio::io::{AsyncWrite, AsyncWriteExt as _, Stdout};

/// A fetch, with all that was typed read and checked.
pub(crate) struct Fetch {
    request: HttpRequest,
    policy: Policy,
    sandbar: Sandbar,
    timeout: Option<Duration>,
    writing: Writing,
}

/// What is written of a response, and where to.
struct Writing {
    output: Option<PathBuf>,
    include: bool,
    fail: bool,
}

impl Fetch {
    /// Reads and checks what was typed.
    pub(crate) fn resolve(args: FetchArgs) -> Result<Self, Failure> {
        let granted = granted(&args.grant)?;
        Ok(Self {
            request: request(&args)?,
            policy: policy_for(&args.url, granted.as_ref())?,
            sandbar: sandbar(None, target(&args.target)?, granted, &args.plugins)?,
            timeout: args.timeout,
            writing: Writing { output: args.output, include: args.include, fail: args.fail },
        })
    }

    /// Fetches, and writes what comes.
    pub(crate) async fn run(self) -> Result<u8, Failure> {
        let Self { request, policy, sandbar, timeout, writing } = self;
        interruptible(timeout, async {
            let executor = sandbar.executor(policy).await?;
            // Methods without an effect (RFC 9110 section 9.2.1) are safe to repeat.
            let is_safe = matches!(request.method.as_str(), "GET" | "HEAD" | "OPTIONS" | "TRACE");
            let failed = if is_safe { Failure::Session } else { Failure::Effect };
            writing.write(executor.request_stream(request).await.map_err(failed)?).await
        })
        .await?;
        Ok(exit::OK)
    }
}

impl Writing {
    async fn write(&self, response: Streamed) -> Result<(), Failure> {
        let Streamed { status, fields, mut body, .. } = response;
        if self.fail && status >= 400 {
            return Err(Failure::HttpStatus { status });
        }
        let mut sink = Sink::open(self.output.as_deref()).await?;
        let bar = self.output.is_some().then(|| DownloadBar::new(content_length(&fields)));
        if self.include {
            sink.write(&head(status, &fields)).await?;
        }
        let copied = copy(&mut body, &mut sink, bar.as_ref()).await;
        // The bar must be gone before a failure is told.
        drop(bar);
        // What had come is kept whatever ended it, and why it ended is the first thing to tell.
        let finished = sink.finish().await;
        copied.and(finished)
    }
}

/// The method that is asked for: content means POST.
pub(crate) fn method(args: &FetchArgs) -> &str {
    let usual = if args.data.is_some() { "POST" } else { "GET" };
    args.method.as_deref().unwrap_or(usual)
}

fn request(args: &FetchArgs) -> Result<HttpRequest, Failure> {
    let read = |data: &str| read_value("--data", data, REQUEST_BODY_BYTES, io::stdin());
    let body = args.data.as_deref().map(read).transpose()?.map(|(_, body)| body);
    let mut fields = Vec::new();
    for header in &args.headers {
        let Header { name, value } = Header::parse(header)?;
        fields.push((name, value));
    }
    Ok(HttpRequest {
        method: method(args).to_owned(),
        fields,
        body,
        follow_redirects: !args.no_redirects,
        connect_timeout: args.connect_timeout,
        idle_timeout: args.idle_timeout,
        ..HttpRequest::get(&args.url)
    })
}

/// Writes each chunk before it takes the next: who writes slowly slows the server down.
async fn copy(body: &mut Body, sink: &mut Sink, bar: Option<&DownloadBar>) -> Result<(), Failure> {
    while let Some(chunk) = body.chunk().await {
        let broken_off =
            |error| Failure::BrokenOff { received: body.received(), source: Box::new(error) };
        sink.write(&chunk.map_err(broken_off)?).await?;
        if let Some(bar) = bar {
            bar.set(body.received());
        }
    }
    Ok(())
}

/// The length that the server announced (RFC 9110 section 8.6).
fn content_length(fields: &[(String, Vec<u8>)]) -> Option<u64> {
    let (_, value) = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"))?;
    std::str::from_utf8(value).ok()?.trim().parse().ok()
}

/// The status and the fields, a line each, and an empty line. The version of HTTP is known to who
/// dialled alone, and its own reason phrase means nothing (RFC 9110 section 15.1).
fn head(status: u16, fields: &[(String, Vec<u8>)]) -> Vec<u8> {
    let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let mut head = format!("HTTP {status} {}", reason.unwrap_or_default()).trim_end().to_owned();
    head.push('\n');
    let mut head = head.into_bytes();
    for (name, value) in fields {
        head.extend_from_slice(name.as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value);
        head.push(b'\n');
    }
    head.push(b'\n');
    head
}

/// A place for a body.
enum Sink {
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
    async fn open(path: Option<&Path>) -> Result<Self, Failure> {
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
    async fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
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
    async fn finish(self) -> Result<(), Failure> {
        let Self::Terminal { mut stdout, mut decoder } = self else { return Ok(()) };
        let text = decoder.finish();
        flushed(&mut stdout, text.as_bytes()).await.map_err(Failure::Output)
    }
}

async fn flushed(writer: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<()> {
    writer.write_all(bytes).await?;
    writer.flush().await
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::args::{Cli, Command};
    use clap::Parser as _;

    fn parsed(options: &[&str]) -> HttpRequest {
        let arguments = ["sandbar", "fetch", "http://a/"].iter().chain(options);
        let Command::Fetch(args) = Cli::try_parse_from(arguments).unwrap().command else {
            panic!("another command")
        };
        request(&args).unwrap()
    }

    /// Catches content that is sent with GET, and a method that is not the one asked for.
    #[test]
    fn content_means_post_unless_a_method_is_given() {
        assert_eq!(parsed(&[]).method, "GET");
        assert_eq!(parsed(&["-d", ""]).method, "POST");
        assert_eq!(parsed(&["-d", "x", "-X", "PUT"]).method, "PUT");
    }

    /// Catches options that are read and not passed on.
    #[test]
    fn options_reach_the_request() {
        let request = parsed(&["-H", "a: 1", "-H", "a: 2", "--no-redirects", "-d", "x"]);
        let fields = [("a".to_owned(), b"1".to_vec()), ("a".to_owned(), b"2".to_vec())];
        assert_eq!(request.fields, fields);
        assert!(!request.follow_redirects);
        assert_eq!(request.body.as_deref(), Some(&b"x"[..]));
        assert!(parsed(&[]).follow_redirects);
        let second = std::time::Duration::from_secs(1);
        assert_eq!(parsed(&["--idle-timeout", "1s"]).idle_timeout, Some(second));
        assert_eq!(parsed(&["--connect-timeout", "1s"]).connect_timeout, Some(second));
    }

    /// Catches a head that loses repeated fields, or bytes that are no UTF-8.
    #[test]
    fn a_head_has_every_field_and_ends_with_an_empty_line() {
        let fields = [("a".to_owned(), b"1".to_vec()), ("a".to_owned(), b"\xff".to_vec())];
        assert_eq!(head(404, &fields), b"HTTP 404 Not Found\na: 1\na: \xff\n\n");
        assert_eq!(head(799, &[]), b"HTTP 799\n\n");
    }

    /// Catches a length that is made up where the server gave none.
    #[test]
    fn the_announced_length_is_found() {
        assert_eq!(content_length(&[("content-length".to_owned(), b"12".to_vec())]), Some(12));
        assert_eq!(content_length(&[("content-length".to_owned(), b"12x".to_vec())]), None);
        assert_eq!(content_length(&[]), None);
    }
}
