//! What must not be shown.

use crate::support::binary::{command, ended};
use crate::support::{
    fault::{Response, Script},
    fault_server::FaultServer,
    patience::wait_for,
};
use std::io::Write;
use std::os::unix::fs::PermissionsExt as _;
use tokio::io::{AsyncBufReadExt as _, BufReader};

/// Catches a credential that is not sent, is sent with its line break, or ends up in diagnostics,
/// however talkative they are.
#[tokio::test(flavor = "multi_thread")]
async fn a_header_from_a_file_reaches_the_server_and_nobody_else() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"Bearer s3cret\n").unwrap();
    let header = format!("Authorization=@{}", file.path().display());
    let answers = [
        Script::respond(Response::new(401)),
        Script::new().close(),
        Script::respond(Response::redirect(307, "http://127.0.0.1:9/")),
    ];
    for answer in answers {
        let server = FaultServer::start(move |_| answer.clone()).await;
        for options in [&["--verbose"][..], &["--json"]] {
            let url = server.url("/mcp");
            let arguments = ["tools", &url, "-H", &header].into_iter();
            let child = command(arguments.chain(options.iter().copied()))
                .env("RUST_LOG", "trace")
                .spawn()
                .unwrap();
            let run = ended(child).await;
            assert_ne!(run.code, Some(0), "{run:?}");
            assert!(run.stderr.contains("a request is sent"), "the trace is what could hold it");
            assert!(!run.stdout.contains("s3cret"), "{}", run.stdout);
            let leak = run.stderr.lines().find(|line| line.contains("s3cret"));
            assert_eq!(leak, None);
        }
        for request in server.requests() {
            assert_eq!(request.field("authorization"), Some("Bearer s3cret"));
        }
    }
}

/// Catches a dependency that logs what it passes on: the frames of the delta protocol have the fields of every
/// request, and the handshake has the token of the executor.
#[tokio::test(flavor = "multi_thread")]
async fn neither_an_executor_nor_its_client_logs_a_credential() {
    let mut token = tempfile::NamedTempFile::new().unwrap();
    token.write_all(b"t0ken-of-16-letters").unwrap();
    let token = token.path().display().to_string();
    let server = FaultServer::start(|_| Script::respond(Response::new(200).body("in"))).await;
    let listening = ["executor", "--allow-any", "--token-file", &token];
    let mut executor = command(listening).env("RUST_LOG", "trace").spawn().unwrap();
    let mut lines = BufReader::new(executor.stdout.take().unwrap()).lines();
    let address = wait_for("the URL", lines.next_line()).await.unwrap().unwrap();
    let url = server.url("/");
    let stdio = format!("'{}' executor --stdio --allow-any", env!("CARGO_BIN_EXE_sandbar"));
    for options in [
        &["--executor", &address, "--executor-token-file", &token][..],
        &["--executor-command", &stdio],
    ] {
        let fetch = ["fetch", &url, "-H", "Authorization: Bearer s3cret"];
        let child = command(fetch.iter().chain(options)).env("RUST_LOG", "trace").spawn().unwrap();
        let run = ended(child).await;
        assert_eq!(run.output(), "in");
        for secret in ["s3cret", "t0ken"] {
            let leak = run.stderr.lines().find(|line| line.contains(secret));
            assert_eq!(leak, None, "{options:?}");
        }
    }
    executor.start_kill().unwrap();
    let run = ended(executor).await;
    assert!(run.stderr.contains("a request is sent"), "the trace is what could hold it: {run:?}");
    for secret in ["s3cret", "t0ken"] {
        assert!(!run.stderr.contains(secret), "{run:?}");
    }
}

/// Catches compiled components that are run from where another user could have left them.
#[tokio::test(flavor = "multi_thread")]
async fn a_cache_that_others_can_write_to_is_not_used_and_that_is_said() {
    let server = FaultServer::start(|_| Script::respond(Response::new(200).body("in"))).await;
    let cache = tempfile::tempdir().unwrap();
    let fetch = async || {
        let mut command = command(["fetch", &server.url("/")]);
        ended(command.env("SANDBAR_CACHE_DIR", cache.path()).spawn().unwrap()).await
    };
    std::fs::set_permissions(cache.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    let run = fetch().await;
    assert_eq!(run.output(), "in");
    assert!(run.stderr.contains("can be written to by others: it is not used"), "{run:?}");
    assert_eq!(std::fs::read_dir(cache.path()).unwrap().count(), 0);
    std::fs::set_permissions(cache.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let run = fetch().await;
    assert_eq!((run.output(), run.stderr.as_str()), ("in", ""));
    assert_ne!(std::fs::read_dir(cache.path()).unwrap().count(), 0);
}
