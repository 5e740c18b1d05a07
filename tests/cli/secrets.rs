//! What must not be shown.

use crate::support::binary::{command, ended};
use crate::support::{
    fault::{Response, Script},
    fault_server::FaultServer,
};
use std::io::Write;

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
            assert!(run.stderr.contains("TRACE"), "the trace is what could hold it");
            assert!(!run.stdout.contains("s3cret"), "{}", run.stdout);
            let leak = run.stderr.lines().find(|line| line.contains("s3cret"));
            assert_eq!(leak, None);
        }
        for request in server.requests() {
            assert_eq!(request.field("authorization"), Some("Bearer s3cret"));
        }
    }
}
