//! What a plugin for HTTP sees, changes and denies, whoever dials.

use super::{ANSWER, assert_denied, builder, everywhere, http, script, server};
use crate::support::fault::{McpScript, RecordedRequest, Response, Script, SseEvent};
use crate::support::fault_server::FaultServer;
use sandbar::executor::HttpRequest;
use sandbar::http::Policy;
use sandbar::{ConnectOptions, Error, HttpError, HttpFailure, Plugin, Processed};
use sandbar_test_programs::HTTP_PLUGIN;

/// What the plugin counted, as it came with a request.
fn asked(request: &RecordedRequest) -> Vec<String> {
    let marks = request.fields.iter().filter(|(name, _)| name == "x-asked");
    marks.map(|(_, value)| String::from_utf8(value.clone()).unwrap()).collect()
}

/// Catches a plugin that is not asked where an executor dials, that is given to one of two sessions,
/// and that starts anew with every request.
#[tokio::test(flavor = "multi_thread")]
async fn every_exchange_of_a_session_passes_its_plugin_whoever_dials() {
    for target in everywhere() {
        let server = server().await;
        let sandbar = builder().plugin(http()).executor(target).build().unwrap();
        for _ in 0..2 {
            let session = sandbar.connect(&server.url("/mcp")).await.unwrap();
            session.call_tool("any", None).await.unwrap();
            session.close().await;
        }
        let marks: Vec<_> = server.requests().iter().map(asked).collect();
        assert_eq!(marks, [["1"], ["2"], ["1"], ["2"]]);
    }
}

/// Catches an executor that follows redirects where no plugin sees them, fields that a plugin adds
/// once for each hop, and a method or content that is lost on the way.
#[tokio::test(flavor = "multi_thread")]
async fn each_hop_of_a_redirect_passes_the_plugin_and_is_else_as_without() {
    for target in everywhere() {
        let script = script();
        let server = FaultServer::start(move |request| {
            let is_call = request.rpc_method().as_deref() == Some("tools/call");
            match request.target.as_str() {
                "/mcp" if is_call => Script::respond(Response::redirect(307, "moved")),
                _ => script.script_for(request),
            }
        })
        .await;
        let sandbar = builder().plugin(http()).executor(target).build().unwrap();
        let options = ConnectOptions::new(server.url("/mcp")).field("authorization", "Bearer t");
        let session = sandbar.connect_with(options).await.unwrap();
        session.call_tool("any", None).await.unwrap();
        let requests = server.requests();
        let [_, first, second] = requests.as_slice() else { panic!("{requests:?}") };
        assert_eq!((first.target.as_str(), second.target.as_str()), ("/mcp", "/moved"));
        assert_eq!((asked(first), asked(second)), (vec!["2".into()], vec!["3".into()]));
        assert_eq!((&first.method, &first.body), (&second.method, &second.body));
        assert_eq!(second.field("authorization"), Some("Bearer t"));
    }
}

/// Catches a redirect that leads elsewhere than the plugin had it lead, and one that gets past the
/// policy because a plugin wrote it.
#[tokio::test(flavor = "multi_thread")]
async fn where_a_plugin_sends_a_request_is_judged_like_any_other() {
    let other = server().await;
    let redirect = |_: &RecordedRequest| Script::respond(Response::redirect(307, "/here"));
    let server = FaultServer::start(redirect).await;
    let sandbar = builder().plugin(http()).build().unwrap();
    for action in [format!("url {}", other.url("/")), format!("location {}", other.url("/"))] {
        let options = ConnectOptions::new(server.url("/mcp")).field("x-plugin", action.clone());
        let denied = sandbar.connect_with(options).await.unwrap_err();
        let Error::Http(HttpFailure { code: HttpError::Denied(reason), .. }) = &denied else {
            panic!("{action}: {denied:?}")
        };
        assert!(reason.contains(&other.url("")), "{reason}");
    }
    assert_eq!(other.connections(), 0);
}

/// Catches a policy that is that of another session, and an origin that one plugin may reach and
/// another gets as well.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_has_the_policy_that_it_was_given_and_no_other() {
    let (other, server) = (server().await, server().await);
    let sandbar = builder().plugin(http()).build().unwrap();
    let url = |text: &str| text.parse::<url::Url>().unwrap();
    let origins = [url(&server.url("/")), url(&other.url("/"))];
    let elsewhere = format!("url {}", other.url("/mcp"));
    let options = ConnectOptions::new(server.url("/mcp")).field("x-plugin", elsewhere);
    let alone = Policy::origins(&origins[..1]).unwrap();
    let both = Policy::origins(&origins).unwrap();
    for options in [options.clone(), options.clone().policy(alone)] {
        let denied = sandbar.connect_with(options).await.unwrap_err();
        let Error::Http(HttpFailure { code: HttpError::Denied(_), .. }) = denied else {
            panic!("{denied:?}")
        };
    }
    assert_eq!(other.connections(), 0);
    sandbar.connect_with(options.clone().policy(both.clone())).await.unwrap();
    assert_eq!(other.connections(), 1);
    let [_, elsewhere] = everywhere();
    let remote = builder().executor(elsewhere).build().unwrap();
    let refused = remote.connect_with(options.policy(both)).await.unwrap_err();
    assert!(matches!(refused, Error::InvalidParams(_)), "{refused:?}");
}

/// Catches a denial that comes after the request, that does not say whose it is, and one that looks
/// as if the server might have acted, or the other way round.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_plugin_denies_is_a_denial_in_its_name() {
    for target in everywhere() {
        let server = server().await;
        let sandbar = builder().plugin(http()).executor(target).build().unwrap();
        let with = |action| ConnectOptions::new(server.url("/mcp")).field("x-plugin", action);
        let error = sandbar.connect_with(with("deny not today")).await.unwrap_err();
        let words = "the plugin `marker` denies it: not today";
        assert_denied(&error, words, Processed::Never);
        assert_eq!(server.connections(), 0);
        let error = sandbar.connect_with(with("deny-answer nor this")).await.unwrap_err();
        let words = "the plugin `marker` denies it: nor this";
        assert_denied(&error, words, Processed::Possibly);
        assert_eq!(server.requests().len(), 1);
    }
}

/// Catches plugins that are asked in another order than they were given in, and the plugins of a
/// session that take the place of those of all.
#[tokio::test(flavor = "multi_thread")]
async fn plugins_are_asked_in_their_order() {
    let server = server().await;
    let [one, two] = ["one", "two"].map(|name| Plugin::new(name, HTTP_PLUGIN));
    let sandbar = builder().plugin(one).build().unwrap();
    let options = ConnectOptions::new(server.url("/mcp")).plugins([two]);
    let session = sandbar.connect_with(options.clone()).await.unwrap();
    assert_eq!(asked(&server.request(0).await), ["1", "1"]);
    assert!(session.stats().plugins_memory_peak > 0);
    for (action, name) in [("deny", "one"), ("deny-answer it", "two")] {
        let options = options.clone().field("x-plugin", action);
        let error = sandbar.connect_with(options).await.unwrap_err().to_string();
        assert!(error.contains(&format!("the plugin `{name}` denies it")), "{error}");
    }
}

/// Catches a stream that is resumed, or a request that is repeated, past the plugin.
#[tokio::test(flavor = "multi_thread")]
async fn a_resumed_stream_passes_the_plugin_again() {
    for target in everywhere() {
        let answer = ANSWER.replace("{id}", "2");
        let cut = Script::respond_with_events([SseEvent::priming("1", 0)]).close();
        let rest = Script::respond_with_events([SseEvent::data(&answer)]).close();
        let script = McpScript::legacy().without_session().on("tools/call", cut).on("GET", rest);
        let server = FaultServer::start_mcp(script).await;
        let sandbar = builder().plugin(http()).executor(target).build().unwrap();
        let session = sandbar.connect(&server.url("/mcp")).await.unwrap();
        let called = session.call_tool("any", None).await;
        let requests = server.requests();
        let resumed = requests.iter().find(|request| request.method == "GET");
        let resumed = resumed.unwrap_or_else(|| panic!("{called:?}, {requests:?}"));
        assert_eq!(resumed.field("last-event-id"), Some("1"));
        assert!(requests.iter().all(|request| asked(request).len() == 1), "{requests:?}");
    }
}

/// Catches exchanges without MCP that no plugin sees, and an executor for others that asks none.
#[tokio::test(flavor = "multi_thread")]
async fn exchanges_without_mcp_pass_the_plugin_here_and_at_an_executor() {
    let answer = |request: &RecordedRequest| match request.target.as_str() {
        "/" => Script::respond(Response::redirect(302, "/next")),
        _ => Script::respond(Response::new(200).body("body")),
    };
    for target in everywhere() {
        let server = FaultServer::start(answer).await;
        let sandbar = builder().plugin(http()).executor(target).build().unwrap();
        let executor = sandbar.executor(Policy::anywhere()).await.unwrap();
        let response = executor.request(HttpRequest::get(server.url("/")), 100).await.unwrap();
        assert_eq!(&response.body[..], b"body");
        assert!(response.fields.iter().any(|(name, _)| name == "x-shown"), "{response:?}");
        assert_eq!(response.url, server.url("/next"));
        let marks: Vec<_> = server.requests().iter().map(asked).collect();
        assert_eq!(marks, [["1"], ["2"]]);
    }
}
