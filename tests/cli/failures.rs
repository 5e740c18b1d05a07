//! Exit codes and diagnostics.

use crate::support::binary::{Run, sandbar};
use crate::support::{
    fault::{McpScript, Response, Script},
    fault_server::FaultServer,
};
use serde_json::Value;

/// Calls a tool of a server that answers it like this.
async fn call(answer: Script, options: &[&str]) -> Run {
    let script = McpScript::modern().on("tools/call", answer);
    let server = FaultServer::start_mcp(script).await;
    let url = server.url("/mcp");
    sandbar(["call", &url, "t"].into_iter().chain(options.iter().copied())).await
}

/// The only diagnostic of a run with `--json`, as the error that it reports.
fn error(run: &Run) -> Value {
    let [diagnostic] = <[Value; 1]>::try_from(run.diagnostics()).unwrap();
    diagnostic["error"].clone()
}

/// Catches a server that is not running and looks like one that failed.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_be_reached_exits_with_3() {
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{unused}/mcp");
    sandbar(["tools", &url]).await.assert_failed(3, &["error: ", "refused", "hint: "]);
    let run = sandbar(["tools", &url, "--json"]).await;
    run.assert_failed(3, &[]);
    assert_eq!(error(&run)["kind"], "connection-refused");
    let run = sandbar(["tools", "http://sandbar-test.invalid/mcp"]).await;
    run.assert_failed(3, &["does not resolve", "hint: check the spelling"]);
    let server = FaultServer::start_raw(|_| Script::respond(Response::new(400))).await;
    let https = format!("https://{}/mcp", server.address());
    sandbar(["tools", &https]).await.assert_failed(3, &["TLS", "hint: "]);
}

/// Catches a failure of the server that is hidden, or told without what the server said.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_means_failure_exits_with_4() {
    let status = Response::new(503).field("content-type", "text/plain").body("back at noon");
    call(Script::respond(status), &[]).await.assert_failed(4, &["503", "back at noon"]);
    let challenge = Response::new(401).field("www-authenticate", "Bearer realm=\"r\"");
    let run = call(Script::respond(challenge), &[]).await;
    run.assert_failed(
        4,
        &[
            "401",
            "Bearer realm=\"r\"",
            "hint: sign in with `sandbar login URL`, or give a token with --header",
        ],
    );
    let page = Response::new(200).field("content-type", "text/html").body("<html>Log in");
    let run = call(Script::respond(page), &[]).await;
    run.assert_failed(4, &["text/html", "Log in", "hint: is this the MCP endpoint?"]);
    let rpc = r#"{"jsonrpc":"2.0","id":{id},"error":{"code":-5,"message":"no","data":{"x":1}}}"#;
    let answer = Script::respond(Response::json(200, rpc));
    call(answer.clone(), &[]).await.assert_failed(4, &["-5", "no", r#"{"x":1}"#]);
    let run = call(answer, &["--json"]).await;
    run.assert_failed(4, &[]);
    assert_eq!(error(&run)["kind"], "rpc");
    let cut = Script::new().send(Response::json(200, "{").declared_length(9)).close();
    call(cut, &[]).await.assert_failed(4, &["incomplete", "may have run"]);
    let large = Script::respond(Response::json(200, " ".repeat(2000)));
    let run = call(large, &["--max-message-bytes", "1024"]).await;
    run.assert_failed(4, &["max-message-bytes", "1024", "hint: accept larger messages"]);
}

/// Catches a denial that passes for an unreachable server, and one that leaves open what was
/// denied.
#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_to_another_origin_exits_with_6() {
    let other = FaultServer::start(|_| Script::respond(Response::new(200))).await;
    let redirect = Script::respond(Response::redirect(307, &other.url("/mcp")));
    let run = call(redirect.clone(), &[]).await;
    run.assert_failed(6, &["denied by policy", &other.url(""), "give its URL instead"]);
    let run = call(redirect, &["--json"]).await;
    run.assert_failed(6, &[]);
    assert_eq!(error(&run)["kind"], "denied");
    assert_eq!(other.connections(), 0);
}

/// Catches text of a server that passes for our own, or that drives the terminal.
#[tokio::test(flavor = "multi_thread")]
async fn an_error_of_the_server_cannot_write_lines_or_escape_sequences() {
    let rpc = r#"{"jsonrpc":"2.0","id":{id},"error":{"code":-5,"message":"a\nhint: b\u001b[2J"}}"#;
    let run = call(Script::respond(Response::json(200, rpc)), &[]).await;
    run.assert_failed(4, &[]);
    assert!(!run.stderr.contains('\u{1b}'), "{run:?}");
    assert!(!run.stderr.lines().any(|line| line.starts_with("hint: b")), "{run:?}");
}

/// Catches mistakes that get as far as the network.
#[tokio::test(flavor = "multi_thread")]
async fn wrong_usage_exits_with_2() {
    for arguments in [
        &["tools"][..],
        &["tools", "ftp://127.0.0.1/"],
        &["tools", "http://user:secret@127.0.0.1/"],
        &["call", "http://127.0.0.1:9/mcp"],
        &["no-such-command"],
        &["tools", "http://127.0.0.1:9/mcp", "--timeout", "soon"],
        &["tools", "http://127.0.0.1:9/mcp", "-H", "nothing"],
        &["tools", "http://127.0.0.1:9/mcp", "-H", "Content-Length: 3"],
    ] {
        let run = sandbar(arguments.iter().copied()).await;
        run.assert_failed(2, &["error: "]);
        assert!(!run.stderr.contains("secret"), "{run:?}");
    }
}
