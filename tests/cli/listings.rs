//! Everything that a server offers besides the results of tools.

use crate::support::binary::sandbar;
use crate::support::everything::EverythingServer;
use crate::support::fault::{McpScript, Response, Script};
use crate::support::fault_server::FaultServer;
use sandbar_demo::{DemoOptions, DemoServer};

async fn demo() -> DemoServer {
    DemoServer::start(DemoOptions::default()).await.unwrap()
}

/// Catches a list without what is needed for a call, and one with something else in it.
#[tokio::test(flavor = "multi_thread")]
async fn tools_are_listed_with_their_arguments() {
    let server = demo().await;
    let run = sandbar(["tools", &server.url()]).await;
    for part in ["echo  Send a message back\n", "message  string  required"] {
        assert!(run.output().contains(part), "{run:?}");
    }
    let run = sandbar(["tools", &server.url(), "--json"]).await;
    let tools = run.json()["tools"].as_array().unwrap().clone();
    let echo = tools.iter().find(|tool| tool["name"] == "echo").unwrap();
    assert_eq!(echo["inputSchema"]["required"][0], "message");
    assert_eq!(run.stderr, "");
}

/// Catches a client that talks about itself when asked about the server.
#[tokio::test(flavor = "multi_thread")]
async fn info_says_what_the_server_is_in_each_era() {
    let server = demo().await;
    for (era, version) in [("modern", "2026-07-28"), ("legacy", "2025-11-25")] {
        let run = sandbar(["info", &server.url(), "--era", era]).await;
        assert!(run.output().contains(&format!("era           {era}\n")), "{run:?}");
        assert!(run.output().contains(&format!("version       {version}\n")), "{run:?}");
        let run = sandbar(["info", &server.url(), "--era", era, "--json"]).await;
        let info = run.json();
        assert_eq!((&info["era"], &info["protocolVersion"]), (&era.into(), &version.into()));
        assert_eq!(info["url"], server.url());
        assert!(info["capabilities"]["tools"].is_object(), "{info}");
    }
}

/// Catches resources that are listed and cannot be read by what the list says.
#[tokio::test(flavor = "multi_thread")]
async fn resources_are_listed_and_read() {
    const README: &str =
        "This is the Sandbar demo server. Call `echo`, watch `count`, cancel `slow`.\n";
    let server = demo().await;
    let run = sandbar(["resources", &server.url()]).await;
    assert!(run.output().contains("demo://readme"), "{run:?}");
    let run = sandbar(["resources", &server.url(), "--json"]).await;
    assert_eq!(run.json()["resources"].as_array().unwrap().len(), 2);
    let run = sandbar(["read", &server.url(), "demo://readme"]).await;
    assert_eq!(run.output(), README);
    let run = sandbar(["read", &server.url(), "demo://readme", "--json"]).await;
    assert_eq!(run.json()["contents"][0]["text"], README);
    let hint = "`sandbar resources URL` lists what there is";
    for era in ["modern", "legacy"] {
        let run = sandbar(["read", &server.url(), "demo://nothing", "--era", era]).await;
        run.assert_failed(4, &["no such resource", "demo://nothing", hint]);
    }
    for code in ["-32002", "-32602"] {
        let body =
            format!(r#"{{"jsonrpc":"2.0","id":{{id}},"error":{{"code":{code},"message":"x"}}}}"#);
        let refusal = Script::respond(Response::json(200, body));
        let server =
            FaultServer::start_mcp(McpScript::modern().on("resources/read", refusal)).await;
        let run = sandbar(["read", &server.url("/mcp"), "a:b", "--era", "modern"]).await;
        run.assert_failed(4, &[code, hint]);
    }
}

/// Catches prompts whose arguments do not arrive, and names that nobody corrects.
#[tokio::test(flavor = "multi_thread")]
async fn prompts_are_listed_and_filled_in() {
    let server = demo().await;
    let url = server.url();
    let run = sandbar(["prompts", &url]).await;
    assert!(run.output().contains("greet") && run.stdout.contains("tone"), "{run:?}");
    let run = sandbar(["prompts", &url, "--json"]).await;
    assert_eq!(run.json()["prompts"][0]["name"], "greet");
    let run = sandbar(["prompt", &url, "greet", "--arg", "name=Ada"]).await;
    assert!(run.output().contains("Write a friendly greeting for Ada."), "{run:?}");
    let run = sandbar(["prompt", &url, "greet", "--arg", "name=Ada", "--json"]).await;
    assert_eq!(run.json()["messages"][0]["role"], "user");
    let run = sandbar(["prompt", &url, "gret", "--arg", "name=Ada"]).await;
    run.assert_failed(2, &["no prompt `gret`", "did you mean `greet`?"]);
    let run = sandbar(["prompt", &url, "greet"]).await;
    run.assert_failed(2, &["`greet`", "name"]);
}

/// Catches a part of the protocol that only the library can reach.
#[tokio::test(flavor = "multi_thread")]
async fn templates_completions_and_any_request_can_be_had() {
    let server = EverythingServer::start().await;
    let url = server.url();
    let run = sandbar(["templates", &url]).await;
    assert!(run.output().contains("{resourceId}"), "{run:?}");
    let run = sandbar(["templates", &url, "--json"]).await;
    assert!(run.json()["resourceTemplates"][0]["uriTemplate"].is_string(), "{run:?}");

    let complete = ["complete", &url, "--prompt", "completable-prompt"];
    let run = sandbar(complete.into_iter().chain(["department=S"])).await;
    assert_eq!(run.output(), "Sales\nSupport\n");
    let run = sandbar(complete.into_iter().chain(["name=", "--with", "department=Support"])).await;
    assert_eq!(run.output(), "John\nKim\nLee\n");
    let run = sandbar(complete.into_iter().chain(["department=zzz"])).await;
    assert_eq!((run.output(), run.stderr.contains("no suggestion")), ("", true), "{run:?}");

    let params = r#"{"name":"get-sum","arguments":{"a":2,"b":3}}"#;
    let run = sandbar(["request", &url, "tools/call", params]).await;
    assert!(run.json()["content"][0]["text"].as_str().unwrap().contains('5'), "{run:?}");
    sandbar(["request", &url, "no/such"]).await.assert_failed(4, &["-32601"]);
    sandbar(["request", &url, "tools/list", "[1]"]).await.assert_failed(2, &["not a JSON object"]);
}

/// Catches an argument of a prompt that is misspelled, and that nobody ever sees.
#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_is_not_sent_what_it_does_not_take() {
    let server = EverythingServer::start().await;
    let prompt = ["prompt", &server.url(), "args-prompt"];
    let run = sandbar(prompt.into_iter().chain(["--arg", "city=Paris"])).await;
    assert!(run.output().contains("Paris"), "{run:?}");
    let run = sandbar(prompt.into_iter().chain(["--arg", "town=Paris"])).await;
    run.assert_failed(2, &["no argument `town`", "city"]);
}
