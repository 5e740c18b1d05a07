//! `sandbar policy`, and policy files of commands and executors: from a file, through a real process.

use crate::support::binary::sandbar;
use crate::support::executor_process::ExecutorProcess;
use crate::support::{
    fault::{Chunk, Response, Script},
    fault_server::FaultServer,
    patience::wait_for,
    sandbox,
};
use sandbar::executor::HttpRequest;
use sandbar::http::Policy;
use serde_json::Value;
use std::io::Write as _;
use tempfile::NamedTempFile;

/// A policy file with this text.
fn file(text: &str) -> (NamedTempFile, String) {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let path = file.path().display().to_string();
    (file, path)
}

/// A server that redirects to the path or the URL in the query.
async fn server() -> FaultServer {
    FaultServer::start(|request| match request.target.split_once('?') {
        Some((_, location)) => Script::respond(Response::redirect(307, location)),
        None => Script::respond(Response::new(200).body("in")),
    })
    .await
}

/// A rule for the origin of a server at loopback, with these lines more.
fn rule(id: &str, server: &FaultServer, lines: &str) -> String {
    let port = server.address().port();
    format!(
        "[[allow]]\nid = \"{id}\"\nscheme = \"http\"\nhost = \"127.0.0.1\"\nport = {port}\n{lines}\n"
    )
}

/// Catches a mistake that passes for a policy, and one whose place is not told.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_checked() {
    let (_file, path) = file("[[allow]]\nid = \"a\"\nscheme = \"https\"\nhosts = \"a.example\"\n");
    let run = sandbar(["policy", "check", &path]).await;
    run.assert_failed(2, &[&format!("{path}:4:1: "), "did you mean `host`?", "policy schema"]);
    let (_file, path) = file("[[allow]]\nid = \"a\"\nscheme = \"https\"\nhost = \"a.example\"\n");
    assert!(sandbar(["policy", "check", &path]).await.output().contains("is a policy"));
    sandbar(["policy", "check", "/nonexistent"]).await.assert_failed(2, &["cannot be read"]);
    let schema = sandbar(["policy", "schema"]).await;
    let schema: Value = serde_json::from_str(schema.output()).unwrap();
    assert!(schema["$defs"]["allow"]["properties"]["host"].is_object());
}

/// Catches an explanation without the rule, without the address, or with the exit code of another verdict.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_explained_without_being_sent() {
    let (_file, path) = file(
        "[[allow]]\nid = \"mcp\"\nscheme = \"https\"\nhost = \"*.example\"\nmethods = [\"POST\"]\n\
         addresses = [\"10.0.0.0/8\"]\n[[deny]]\nid = \"admin\"\npath = \"/admin\"\n",
    );
    let explain =
        async |options: &[&str]| sandbar(["policy", "explain", &path].iter().chain(options)).await;
    let run = explain(&["https://a.example/mcp", "--address", "10.1.2.3"]).await;
    for part in
        ["POST https://a.example/mcp", "allowed by `mcp`", "10.1.2.3 is private", "10.0.0.0/8"]
    {
        assert!(run.output().contains(part), "{part}: {run:?}");
    }
    let run = explain(&["https://a.example/admin"]).await;
    assert_eq!(run.code, Some(6), "{run:?}");
    assert!(run.stdout.contains("denied by the rule `admin`"), "{run:?}");
    let run = explain(&["https://a.example/mcp", "-X", "GET", "--json"]).await;
    assert_eq!(run.code, Some(6), "{run:?}");
    let told = run.json();
    assert_eq!(told["allowed"], false);
    assert_eq!(told["steps"][1]["mismatch"], "method");
    let denial = told["denial"].as_str().unwrap();
    assert!(denial.contains("methods = [\"GET\"]"), "a rule that allows it: {denial}");
    let run = explain(&["https://a.example/mcp", "--address", "::ffff:169.254.169.254"]).await;
    assert_eq!(run.code, Some(6), "{run:?}");
    assert!(run.stdout.contains("link-local or cloud metadata"), "{run:?}");
    explain(&["https://user:hunter2@a.example/"]).await.assert_failed(2, &["user information"]);
}

/// Catches a policy file of a client command that is parsed and not enforced: at the method, at the path,
/// at a redirect within the origin and out of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_command_dials_within_its_policy_file() {
    let (server, other) = (server().await, server().await);
    let (_file, narrow) = file(&rule("narrow", &server, "methods = [\"GET\"]\npath = \"/mcp\""));
    let fetch = async |policy: &str, url: &str, options: &[&str]| {
        sandbar(["fetch", url, "--policy", policy].iter().chain(options)).await
    };
    assert_eq!(fetch(&narrow, &server.url("/mcp"), &[]).await.output(), "in");
    assert_eq!(fetch(&narrow, &server.url("/mcp?/mcp/x"), &[]).await.output(), "in");
    let before = server.connections();
    for (url, options) in [
        (server.url("/other"), &[][..]),
        (server.url("/mcp/..%2fother"), &[]),
        (server.url("/mcp"), &["-d", "x"]),
        (other.url("/mcp"), &[]),
    ] {
        let run = fetch(&narrow, &url, options).await;
        run.assert_failed(6, &["denied by policy", "a rule that allows it"]);
    }
    assert_eq!(server.connections(), before);
    fetch(&narrow, &server.url("/mcp?/other"), &[]).await.assert_failed(6, &["another path"]);
    // To another origin only where the first rule says so, and another allows it.
    let away = server.url(&format!("/mcp?{}", other.url("/mcp")));
    let both = |lines: &str| rule("first", &server, lines) + &rule("second", &other, "");
    let (_file, same) = file(&both(""));
    fetch(&same, &away, &[]).await.assert_failed(6, &["is not allowed"]);
    assert_eq!(other.connections(), 0);
    let (_file, listed) = file(&both("redirects = \"listed\""));
    assert_eq!(fetch(&listed, &away, &[]).await.output(), "in");
    let (_file, none) = file(&both("redirects = \"none\""));
    let run = fetch(&none, &server.url("/mcp?/mcp/x"), &[]).await;
    run.assert_failed(6, &["rule `first`", "redirects = \"same-origin\""]);
}

/// Catches a name that is looked up and dialled at an address that the file has not, and a rule that denies
/// an address and is passed over.
#[tokio::test(flavor = "multi_thread")]
async fn addresses_of_names_are_those_of_the_file() {
    let server = server().await;
    let port = server.address().port();
    let url = format!("http://localhost:{port}/");
    let allow = |addresses: &str| {
        format!(
            "[[allow]]\nid = \"a\"\nscheme = \"http\"\nhost = \"localhost\"\nport = {port}\n{addresses}\n"
        )
    };
    for (text, code) in [
        (allow(""), 0),
        (allow("addresses = [\"127.0.0.0/8\"]"), 0),
        (allow("addresses = [\"any\"]"), 0),
        (allow("addresses = [\"public\", \"10.0.0.0/8\"]"), 6),
        (allow("") + "[[deny]]\nid = \"d\"\naddresses = [\"loopback\"]\n", 6),
        (allow("") + "[[deny]]\nid = \"d\"\nhost = \"*.localhost\"\n", 0),
    ] {
        let (_file, path) = file(&text);
        let run = sandbar(["fetch", &url, "--policy", &path]).await;
        assert_eq!(run.code, Some(code), "{text}: {run:?}");
    }
}

/// Catches limits of a rule that are parsed and not kept, for what is sent, for what comes with a length and
/// without, for how long it takes, and for how many there are at a time.
#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_costs_no_more_than_its_rule_allows() {
    let server = FaultServer::start(|request| match request.target.as_str() {
        "/chunked" => {
            let head = Response::new(200).chunks_follow();
            Script::respond(head).send(Chunk::new("12345")).send(Chunk::new("678901")).hang()
        }
        "/slow" => Script::respond(Response::new(200).chunks_follow()).send(Chunk::new("1")).hang(),
        _ => Script::respond(Response::new(200).body("1234567890")),
    })
    .await;
    let limited = |limits: &str| file(&rule("r", &server, &format!("limits = {{ {limits} }}")));
    let fetch = async |policy: &str, path: &str, options: &[&str]| {
        sandbar(["fetch", &server.url(path), "--policy", policy].iter().chain(options)).await
    };
    let (_file, policy) = limited("response_bytes = 10, request_bytes = 3, concurrent = 1");
    assert_eq!(fetch(&policy, "/", &["-d", "123"]).await.output(), "1234567890");
    let run = fetch(&policy, "/", &["-d", "1234"]).await;
    run.assert_failed(4, &["request_bytes", "3"]);
    let run = fetch(&policy, "/chunked", &[]).await;
    assert_eq!((run.code, run.stdout.as_str()), (Some(4), "12345"), "{run:?}");
    assert!(run.stderr.contains("response_bytes"), "{run:?}");
    let (_file, policy) = limited("response_bytes = 9");
    fetch(&policy, "/", &[]).await.assert_failed(4, &["response_bytes", "9"]);
    let (_file, policy) = limited("total_seconds = 1");
    assert_eq!(fetch(&policy, "/slow", &[]).await.code, Some(5));
    // At a time: of one client of an executor.
    let (_file, policy) = limited("concurrent = 1");
    let builder = sandbox::builder()
        .policy(Policy::parse(&policy, &std::fs::read_to_string(&policy).unwrap()).unwrap());
    let executor = builder.build().unwrap().executor(Policy::anywhere()).await.unwrap();
    let first = executor.request_stream(HttpRequest::get(server.url("/slow"))).await.unwrap();
    let refused = executor.request_stream(HttpRequest::get(server.url("/"))).await.unwrap_err();
    assert!(refused.to_string().contains("concurrent"), "{refused}");
    drop(first);
    let again = async {
        while executor.request(HttpRequest::get(server.url("/")), 100).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    wait_for("the place to be free", again).await;
}

/// Catches `--dry-run` that dials, and one that says something else than what would happen.
#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_dials_nothing() {
    let server = server().await;
    let (_file, path) = file(&rule("mcp", &server, "methods = [\"POST\"]\npath = \"/mcp\""));
    let url = server.url("/mcp");
    let run = sandbar(["tools", &url, "--policy", &path, "--dry-run"]).await;
    assert!(run.output().contains("allowed by `the URL` and `mcp`"), "{run:?}");
    let run = sandbar(["fetch", &url, "--policy", &path, "--dry-run"]).await;
    assert_eq!(run.code, Some(6), "{run:?}");
    assert!(run.stdout.contains("another method"), "{run:?}");
    let run = sandbar(["call", &url, "echo", "--dry-run", "--json"]).await;
    assert_eq!(run.json()["allowed"], true);
    assert_eq!(server.connections(), 0);
}

/// Catches an executor that dials before its operator says what, one that drops its file on the way to the
/// dialer, and a path of `--allow` that is passed over.
#[tokio::test(flavor = "multi_thread")]
async fn an_executor_dials_what_its_operator_says_and_else_nothing() {
    let server = server().await;
    let (_file, path) = file(&rule("mcp", &server, "path = \"/mcp\""));
    let allow = server.url("/mcp");
    let fetch = async |executor: &ExecutorProcess, path: &str| {
        sandbar(["fetch", &server.url(path), "--executor", &executor.url]).await
    };
    let bare = ExecutorProcess::start(&[]).await;
    fetch(&bare, "/mcp").await.assert_failed(6, &["allows nothing", "--allow"]);
    assert_eq!(server.connections(), 0);
    for options in [["--policy", &path], ["--allow", &allow]] {
        let executor = ExecutorProcess::start(&options).await;
        assert_eq!(fetch(&executor, "/mcp/x").await.output(), "in", "{options:?}");
        let served = server.requests().len();
        for denied in ["/", "/mcpx", "/mcp/..%2f"] {
            fetch(&executor, denied).await.assert_failed(6, &["denied by policy"]);
        }
        assert_eq!(server.requests().len(), served, "{options:?}");
    }
    let open = ExecutorProcess::start(&["--allow-any"]).await;
    assert_eq!(fetch(&open, "/anything").await.output(), "in");
    let metadata = ["fetch", "http://[::ffff:169.254.169.254]/", "--executor", &open.url];
    sandbar(metadata).await.assert_failed(6, &["link-local or cloud metadata"]);
}
