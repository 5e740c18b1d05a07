//! `sandbar call`: arguments, results, tools that fail.

use crate::support::binary::{sandbar, sandbar_with_input};
use crate::support::{
    everything::EverythingServer,
    fault::{McpScript, Response, Script},
    fault_server::FaultServer,
};
use sandbar_demo::{DemoMode, DemoOptions, DemoServer};
use std::io::Write;

async fn demo() -> DemoServer {
    DemoServer::start(DemoOptions::default()).await.unwrap()
}

/// Catches results with decoration around them, which a script would have to take off.
#[tokio::test(flavor = "multi_thread")]
async fn the_text_of_a_result_is_all_that_is_printed() {
    for mode in [DemoMode::StatefulSse, DemoMode::StatelessSse, DemoMode::StatelessJson] {
        for era in ["modern", "legacy"] {
            let options = DemoOptions { mode, ..DemoOptions::default() };
            let server = DemoServer::start(options).await.unwrap();
            let url = server.url();
            let run = sandbar(["call", &url, "echo", "--arg", "message=hi é", "--era", era]).await;
            assert_eq!(run.output(), "hi é\n", "{mode:?} {era}");
            assert_eq!(run.stderr, "");
        }
    }
}

/// Catches values that are typed by their looks: `42` is a string where the schema says so.
#[tokio::test(flavor = "multi_thread")]
async fn arguments_are_typed_by_the_schema_or_by_the_caller() {
    let server = demo().await;
    let url = server.url();
    let run = sandbar(["call", &url, "add", "--arg", "a=40", "-a", "b:=2"]).await;
    assert_eq!(run.output(), "42\n");
    let run = sandbar(["call", &url, "echo", "--arg", "message=42"]).await;
    assert_eq!(run.output(), "42\n");
}

/// Catches one source of arguments that hides another, and input that is not read.
#[tokio::test(flavor = "multi_thread")]
async fn arguments_come_from_a_text_a_file_or_standard_input() {
    let server = demo().await;
    let url = server.url();
    let arguments = r#"{"a":1,"b":2}"#;
    let run = sandbar(["call", &url, "add", "--args", arguments]).await;
    assert_eq!(run.output(), "3\n");

    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(arguments.as_bytes()).unwrap();
    let path = format!("@{}", file.path().display());
    let run = sandbar(["call", &url, "add", "--args", &path, "--arg", "b=10"]).await;
    assert_eq!(run.output(), "11\n");

    let run = sandbar_with_input(&["call", &url, "add", "--args", "-"], arguments).await;
    assert_eq!(run.output(), "3\n");
}

/// Catches JSON that is parsed and printed anew, which loses order, numbers and unknown fields.
#[tokio::test(flavor = "multi_thread")]
async fn with_json_the_result_is_printed_as_the_server_wrote_it() {
    let result = r#"{"z":1.50e2,"content":[{"type":"new","é":"\u00e9"}],"a":12345678901234567890}"#;
    let body = format!(r#"{{"jsonrpc":"2.0","id":{{id}},"result":{result}}}"#);
    let script = McpScript::modern().on("tools/call", Script::respond(Response::json(200, body)));
    let server = FaultServer::start_mcp(script).await;
    let run = sandbar(["call", &server.url("/mcp"), "t", "--json"]).await;
    assert_eq!(run.output(), format!("{result}\n"));
    assert_eq!(run.stderr, "");
}

/// Catches progress that is mixed into the result, or that nobody sees.
#[tokio::test(flavor = "multi_thread")]
async fn progress_goes_to_standard_error() {
    let server = demo().await;
    let call = ["call", &server.url(), "count", "--arg", "steps=3"];
    let run = sandbar(call).await;
    assert_eq!(run.output(), "counted to 3\n");
    for step in 1..=3 {
        assert!(run.stderr.contains(&format!("step {step} of 3")), "{run:?}");
    }
    let run = sandbar(call.into_iter().chain(["--json"])).await;
    assert_eq!(run.json()["content"][0]["text"], "counted to 3");
    let diagnostics = run.diagnostics();
    let progress = diagnostics.iter().filter_map(|line| line.get("progress"));
    let steps: Vec<_> = progress.map(|progress| progress["progress"].as_f64().unwrap()).collect();
    assert_eq!(steps, [1.0, 2.0, 3.0]);
}

/// Catches a failing tool that a script takes for success. What the tool said is its result.
#[tokio::test(flavor = "multi_thread")]
async fn a_tool_that_reports_an_error_exits_with_1() {
    let server = demo().await;
    let run = sandbar(["call", &server.url(), "fail"]).await;
    assert_eq!((run.code, run.stdout.as_str()), (Some(1), "this tool always fails\n"));
    let run = sandbar(["call", &server.url(), "fail", "--json"]).await;
    assert_eq!(run.code, Some(1));
    assert_eq!(run.json()["isError"], true);
}

/// Catches a typing error that costs a look at the manual.
#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_tool_exits_with_2_and_the_nearest_name() {
    let server = demo().await;
    for arguments in [&["--arg", "message=x"][..], &["--args", "{}"], &[]] {
        let url = server.url();
        let call = ["call", &url, "ehco"].into_iter().chain(arguments.iter().copied());
        let run = sandbar(call).await;
        run.assert_failed(2, &["no tool `ehco`", "did you mean `echo`?", "message"]);
    }
}

/// Catches arguments that are refused without a word on which would do.
#[tokio::test(flavor = "multi_thread")]
async fn arguments_that_do_not_fit_exit_with_2_and_the_schema() {
    let server = demo().await;
    let url = server.url();
    let schema = ["arguments of `add`", "a  integer  required", "b  integer  required"];
    for (arguments, word) in [
        (&["--arg", "a=1"][..], "missing: b"),
        (&["--arg", "a=one", "--arg", "b=2"], "`a` takes"),
        (&["--arg", "a=1", "--arg", "b=2", "--arg", "c=3"], "no argument `c`"),
    ] {
        let call = ["call", &url, "add"].into_iter().chain(arguments.iter().copied());
        let run = sandbar(call).await;
        run.assert_failed(2, &schema);
        run.assert_failed(2, &[word]);
    }
    // Nothing to type, so that the server is asked at once; this one has its tool say no.
    let run = sandbar(["call", &url, "add", r#"{"a":1}"#]).await;
    assert_eq!(run.code, Some(2), "{run:?}");
    for word in schema.iter().chain(&["missing: b"]) {
        assert!(run.stderr.contains(word), "{run:?}");
    }
}

/// Catches an image that can only be had by taking JSON apart, and files of several that are written
/// over one another.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_text_can_be_written_to_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image.png");
    let path = path.to_str().unwrap();
    let server = EverythingServer::start().await;
    let run = sandbar(["call", &server.url(), "get-tiny-image", "-o", path]).await;
    assert!(run.output().contains("image"), "{run:?}");
    assert!(std::fs::read(path).unwrap().starts_with(b"\x89PNG"));

    let block = r#"{"type":"audio","data":"AAE="},{"type":"image","data":"AgM="},{"type":"resource","resource":{"uri":"a:b","blob":"BA=="}}"#;
    let answer = format!(
        r#"{{"jsonrpc":"2.0","id":{{id}},"result":{{"content":[{block},{{"type":"text","text":"t"}}]}}}}"#
    );
    let answer = Script::respond(Response::json(200, answer));
    let server = FaultServer::start_mcp(McpScript::modern().on("tools/call", answer)).await;
    let run = sandbar(["call", &server.url("/mcp"), "t", "{}", "-o", path]).await;
    run.output();
    for (number, content) in [(1, &[0, 1][..]), (2, &[2, 3]), (3, &[4])] {
        let path = folder.path().join(format!("image-{number}.png"));
        assert_eq!(std::fs::read(path).unwrap(), content);
    }
    let nowhere = sandbar(["call", &server.url("/mcp"), "t", "{}", "-o", "/nowhere/at/all"]).await;
    assert_eq!(nowhere.code, Some(8), "{nowhere:?}");
}

/// Catches a page of words that hides the error that it belongs to.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_error_is_cut_on_a_terminal_and_whole_as_json() {
    let words = "x".repeat(200_000);
    let answer =
        format!(r#"{{"jsonrpc":"2.0","id":{{id}},"error":{{"code":-1,"message":"{words}"}}}}"#);
    let answer = Script::respond(Response::json(200, answer));
    let server = FaultServer::start_mcp(McpScript::modern().on("tools/call", answer)).await;
    let run = sandbar(["call", &server.url("/mcp"), "t", "{}"]).await;
    run.assert_failed(4, &["bytes in all"]);
    assert!(run.stderr.len() < 10_000, "{} bytes", run.stderr.len());
    let run = sandbar(["call", &server.url("/mcp"), "t", "{}", "--json"]).await;
    assert!(run.diagnostics()[0]["error"]["message"].as_str().unwrap().contains(&words));
}

/// Catches `--args` that are sent although they are no object, or that fail after connecting.
#[tokio::test(flavor = "multi_thread")]
async fn arguments_that_cannot_be_read_exit_with_2_before_anything_is_dialled() {
    let server = FaultServer::start(|_| Script::new().hang()).await;
    let url = server.url("/mcp");
    for arguments in ["[1]", "{", "@/nonexistent/file"] {
        sandbar(["call", &url, "t", "--args", arguments]).await.assert_failed(2, &["--args"]);
    }
    let twice = sandbar(["call", &url, "t", "--arg", "a=1", "--arg", "a=2"]).await;
    twice.assert_failed(2, &["`a` twice"]);
    assert_eq!(server.connections(), 0);
}

/// Catches a command line that only knows the demo server.
#[tokio::test(flavor = "multi_thread")]
async fn tools_of_the_everything_server_can_be_called() {
    let server = EverythingServer::start().await;
    let run = sandbar(["call", &server.url(), "echo", "--arg", "message=hi"]).await;
    assert!(run.output().contains("hi"), "{run:?}");
    let run = sandbar(["call", &server.url(), "get-sum", "--arg", "a=2", "--arg", "b=3"]).await;
    assert!(run.output().contains('5'), "{run:?}");
}

/// Catches a result that is printed as if it were what the tool promises, one that is lost because it is
/// not, a schema that is fetched, and a promise that is insisted on though nobody asked.
#[tokio::test(flavor = "multi_thread")]
async fn a_structured_result_is_judged_by_its_schema_where_that_is_wanted() {
    let server = demo().await;
    let call = ["call", &server.url(), "structured", "--validate", "--arg", "city=Ulm"];
    let run = sandbar(call).await;
    assert!(!run.output().is_empty(), "{}", run.stderr);
    assert_eq!(run.stderr, "");

    for (schema, result, told) in [
        (
            r#"{"type":"object","properties":{"n":{"type":"integer"}}}"#,
            r#"{"n":"x"}"#,
            "at /n: it is string",
        ),
        (r#"{"required":["n"]}"#, "{}", "`n` is missing"),
        (r#"{"$ref":"http://169.254.169.254/"}"#, "{}", "nothing is fetched"),
    ] {
        let tools = format!(
            r#"{{"jsonrpc":"2.0","id":{{id}},"result":{{"tools":[{{"name":"t","inputSchema":{{"type":"object","properties":{{"a":{{"type":"integer"}}}}}},"outputSchema":{schema}}}]}}}}"#
        );
        let result = format!(
            r#"{{"jsonrpc":"2.0","id":{{id}},"result":{{"content":[{{"type":"text","text":"done"}}],"structuredContent":{result}}}}}"#
        );
        let script = McpScript::legacy()
            .on("tools/list", Script::respond(Response::json(200, tools)))
            .on("tools/call", Script::respond(Response::json(200, result)));
        let server = FaultServer::start_mcp(script).await;
        let url = server.url("/mcp");
        for json in [false, true] {
            let mut arguments = vec!["call", &url, "t", "--era", "legacy", "--validate"];
            arguments.extend(json.then_some("--json"));
            let run = sandbar(arguments).await;
            assert_eq!(run.code, Some(4), "{run:?}");
            assert!(run.stderr.contains(told) && run.stdout.contains("done"), "{run:?}");
        }
        let run = sandbar(["call", &url, "t", "--era", "legacy", "-a", "a=1"]).await;
        assert_eq!(run.output(), "done\n");
        assert_eq!(run.stderr.contains(told), !told.contains("fetched"), "{}", run.stderr);
        assert_eq!(sandbar(["call", &url, "t", "--era", "legacy"]).await.stderr, "");
    }
}
